/** Each kernel of t-SNE against float64, on odd numbers of points, in one block of columns and in several. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { largestError, runPlan, UNTOUCHED } from "./run.fixture.ts";
import { affinities, bandwidth, conditional, descend, divergence, forces, squaredDistances } from "./tsne.fixture.ts";
import { planTsneAffinities } from "./tsne-affinities.ts";
import { BANDWIDTH_STEPS, planTsneBandwidth } from "./tsne-bandwidth.ts";
import {
  FAR_AWAY,
  partParameters,
  points4Of,
  TSNE_TILE4,
  type TsneColumns,
  tsneBlocks,
  tsneColumns,
} from "./tsne-columns.ts";
import { planTsneDistances } from "./tsne-distances.ts";
import { planTsneDivergence } from "./tsne-divergence.ts";
import { planTsneForces } from "./tsne-forces.ts";
import { planTsneStep } from "./tsne-step.ts";
import { planTsneTotal, TSNE_TOTALS } from "./tsne-total.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

/** The second part of the second of three blocks, where there are so many columns: a dispatch with something on all sides. */
function middle(points: number): TsneColumns {
  const blocks = tsneBlocks(points, points4Of(points) * 64 * Math.max(TSNE_TILE4, Math.ceil(points4Of(points) / 3)));
  return tsneColumns(points, blocks[Math.min(1, blocks.length - 1)]!, 8).at(-1)!;
}

/** Which pair of points the number at a place of a block is of. */
function pairAt({ points, block }: TsneColumns, at: number): readonly [j: number, i: number] {
  const width = 4 * TSNE_TILE4;
  const row = Math.floor(at / width);
  const rows = 4 * points4Of(points);
  return [row % rows, 4 * block.first4 + Math.floor(row / rows) * width + (at % width)];
}

/** The block of a matrix [points, points] as the kernels read it; `outside` where there is no point. */
function blockOf(matrix: ArrayLike<number>, columns: TsneColumns, outside = 0): Float32Array {
  const { points, block } = columns;
  return Float32Array.from({ length: 4 * points4Of(points) * 4 * block.stride4 }, (_, at) => {
    const [j, i] = pairAt(columns, at);
    return i < points && j < points ? matrix[j * points + i]! : outside;
  });
}

/** Points that the columns of a dispatch stand for. */
function ownPoints({ points, from4, count4 }: TsneColumns): number[] {
  return Array.from({ length: 4 * count4 }, (_, lane) => 4 * from4 + lane).filter((i) => i < points);
}

/** Whether a number of a block is one of a dispatch's columns. */
function isOwn(columns: TsneColumns, at: number): boolean {
  const [, i] = pairAt(columns, at);
  return i >= 4 * columns.from4 && i < 4 * (columns.from4 + columns.count4);
}

const DIMS = 3;
const samples = (points: number) => {
  const draw = random(points, "t-SNE");
  const x = Float32Array.from({ length: points * DIMS }, () => draw.normal());
  const y = new Float32Array(8 * points4Of(points)).fill(FAR_AWAY);
  for (let at = 0; at < 2 * points; at++) y[at] = 3 * draw.normal();
  return { x, y, distances: squaredDistances(x, points, DIMS) };
};

/** x of the kernels: [dims, 4 points4]. */
function transposed(x: Float32Array, points: number): Float32Array {
  const width = 4 * points4Of(points);
  const columns = new Float32Array(DIMS * width);
  for (let i = 0; i < points; i++) for (let k = 0; k < DIMS; k++) columns[k * width + i] = x[i * DIMS + k]!;
  return columns;
}

const cases = [7, 41, 203].flatMap((points) => [true, false].map((isProcessor) => [points, isProcessor] as const));

describe.each(cases)("%i points, on a processor: %s", (points, isProcessor) => {
  const { x, y, distances } = samples(points);
  const columns = middle(points);
  const own = ownPoints(columns);
  const width = 4 * points4Of(points);
  const perplexity = points / 4;
  const { parts, partSize } = partParameters(isProcessor, points);

  test("distances", async () => {
    const blank = blockOf([], columns, UNTOUCHED).fill(UNTOUCHED);
    const plan = planTsneDistances(columns, DIMS, isProcessor);
    const { d } = await runPlan(gpu, plan, { x: transposed(x, points), d: blank });
    const isPair = (at: number) => isOwn(columns, at) && pairAt(columns, at).every((point) => point < points);
    const pairs = (block: Float32Array) => block.filter((_, at) => isPair(at));
    expect(pairs(d)).toHaveLength(points * own.length);
    expect(largestError(pairs(d), pairs(blockOf(distances, columns)))).toBeLessThan(1e-6);
    expect(d.every((value, at) => isOwn(columns, at) || value === UNTOUCHED)).toBe(true);
  });

  test("bandwidths have the perplexity's entropy", async () => {
    const d = blockOf(distances, columns, 7);
    let bands = new Float32Array(5 * width).fill(UNTOUCHED);
    for (let step = 0; step < BANDWIDTH_STEPS; step++) {
      const plan = planTsneBandwidth(columns, { perplexity, first: step === 0 }, isProcessor);
      ({ bands } = await runPlan(gpu, plan, { d, bands }));
    }
    for (const i of own) {
      const row = distances.subarray(i * points, (i + 1) * points);
      const beta = bands[i]!;
      expect(beta / bandwidth(row, i, perplexity)).toBeCloseTo(1, 4);
      const wanted = conditional(row, i, beta);
      expect(wanted.entropy).toBeCloseTo(Math.log(perplexity), 4);
      expect(bands[width + i]! / wanted.sum).toBeCloseTo(1, 5);
      expect(bands[2 * width + i]).toBeCloseTo(wanted.nearest, 5);
    }
    const others = bands.filter(
      (_, at) => at % width < 4 * columns.from4 || at % width >= 4 * (columns.from4 + columns.count4),
    );
    expect(others.every((value) => value === UNTOUCHED)).toBe(true);
  });

  test("affinities are joint, and 0 where there is no pair", async () => {
    const bands = new Float32Array(5 * width).fill(Number.NaN);
    for (let i = 0; i < points; i++) {
      const row = distances.subarray(i * points, (i + 1) * points);
      const beta = bandwidth(row, i, perplexity);
      const { sum, nearest } = conditional(row, i, beta);
      bands[i] = beta;
      bands[width + i] = sum;
      bands[2 * width + i] = nearest;
    }
    const d = blockOf(distances, columns, 7);
    const { p } = await runPlan(gpu, planTsneAffinities(columns, isProcessor), { bands, p: d });
    const wanted = blockOf(affinities(distances, points, perplexity), columns).map((value, at) =>
      isOwn(columns, at) ? value : d[at]!,
    );
    const scale = points * points;
    const scaled = (block: Float32Array) => block.filter((_, at) => isOwn(columns, at)).map((value) => value * scale);
    expect(largestError(scaled(p), scaled(wanted))).toBeLessThan(2e-5);
    for (const [at, value] of wanted.entries()) if (value === 0 || !isOwn(columns, at)) expect(p[at]).toBe(value);
  });

  test("forces and shares of Z, part by part", async () => {
    const p = affinities(distances, points, perplexity);
    const blank = new Float32Array(parts * 5 * width).fill(UNTOUCHED);
    const data = { p: blockOf(p, columns), y, forces: blank };
    const { forces: got } = await runPlan(gpu, planTsneForces(columns, isProcessor), data);
    for (let part = 0; part < parts; part++) {
      // What only the points of the part do to the others.
      const inside = (j: number) => j >= part * partSize && j < (part + 1) * partSize;
      const field = (index: number) => got.subarray((part * 5 + index) * width, (part * 5 + index + 1) * width);
      const wanted = Array.from({ length: 5 }, () => new Float64Array(points));
      for (const i of own) {
        for (let j = 0; j < points; j++) {
          if (!inside(j) || i === j) continue;
          const [dx, dy] = [y[2 * i]! - y[2 * j]!, y[2 * i + 1]! - y[2 * j + 1]!];
          const w = 1 / (1 + dx * dx + dy * dy);
          const pull = p[i * points + j]! * w;
          for (const [index, term] of [pull * dx, pull * dy, w * w * dx, w * w * dy, w].entries())
            wanted[index]![i]! += term;
        }
      }
      const scales = [points, points, 1, 1, 1];
      for (const [index, scale] of scales.entries()) {
        const numbers = (from: ArrayLike<number>) => own.map((i) => scale * from[i]!);
        expect(largestError(numbers(field(index)), numbers(wanted[index]!))).toBeLessThan(5e-6);
      }
      const absent = Array.from({ length: 4 * columns.count4 }, (_, lane) => 4 * columns.from4 + lane).filter(
        (i) => i >= points,
      );
      expect(absent.map((i) => field(4)[i])).toEqual(absent.map(() => 0));
    }
    const isColumn = (at: number) =>
      at % width >= 4 * columns.from4 && at % width < 4 * (columns.from4 + columns.count4);
    expect(got.every((value, at) => isColumn(at) || value === UNTOUCHED)).toBe(true);
  });

  test("a step, from totals of the shares", async () => {
    const p = affinities(distances, points, perplexity);
    const { attraction, repulsion, z } = forces(p, Float64Array.from(y.subarray(0, 2 * points)), points);
    // Any split into parts will do: here each part has its share of the sums.
    const all = new Float32Array(parts * 5 * width);
    const share = (part: number) => (2 * (part + 1)) / (parts * (parts + 1));
    for (let part = 0; part < parts; part++) {
      for (let i = 0; i < points; i++) {
        const sums = [attraction[2 * i]!, attraction[2 * i + 1]!, repulsion[2 * i]!, repulsion[2 * i + 1]!, z[i]!];
        for (const [index, sum] of sums.entries()) all[(part * 5 + index) * width + i] = sum * share(part);
      }
    }
    const blank = new Float32Array(TSNE_TOTALS).fill(UNTOUCHED);
    const { totals } = await runPlan(gpu, planTsneTotal(points, isProcessor), { forces: all, totals: blank });
    const wantedTotals = Float64Array.from(blank, (_, t) =>
      z.filter((_, i) => i % TSNE_TOTALS === t).reduce((a, b) => a + b, 0),
    );
    expect(largestError(totals, wantedTotals)).toBeLessThan(2e-6);

    const draw = random(3, "step");
    const settings = { exaggeration: 12, momentum: 0.8, rate: 50 };
    const velocity = Float32Array.from({ length: 2 * width }, () => draw.normal());
    // Gains at their least, and ordinary ones.
    const gain = Float32Array.from({ length: 2 * width }, (_, at) => (at % 3 === 0 ? 0.01 : 1 + draw.uniform()));
    const plan = planTsneStep(points, settings, isProcessor);
    const got = await runPlan(gpu, plan, { forces: all, totals, y, velocity, gain });
    const state = { y: Float64Array.from(y), velocity: Float64Array.from(velocity), gain: Float64Array.from(gain) };
    const real = (values: Float64Array) => values.subarray(0, 2 * points);
    const real32 = (values: Float32Array) => values.subarray(0, 2 * points);
    descend(p, { y: real(state.y), velocity: real(state.velocity), gain: real(state.gain) }, settings);
    // Beyond the points nothing moves.
    for (const name of ["gain", "velocity", "y"] as const) {
      expect(largestError(real32(got[name]), real(state[name]))).toBeLessThan(1e-5);
      expect(got[name].subarray(2 * points)).toEqual({ y, velocity, gain }[name].subarray(2 * points));
    }
  });

  test("divergence but for log Z", async () => {
    const p = affinities(distances, points, perplexity);
    const whole = tsneColumns(points, { first4: 0, stride4: points4Of(points) }, 4 * points4Of(points))[0]!;
    const blank = new Float32Array(parts * width).fill(UNTOUCHED);
    const plan = planTsneDivergence(whole, isProcessor);
    const { divergence: got } = await runPlan(gpu, plan, { p: blockOf(p, whole), y, divergence: blank });
    const place = Float64Array.from(y.subarray(0, 2 * points));
    const total = forces(p, place, points).z.reduce((a, b) => a + b, 0);
    const sum = got.filter((_, at) => at % width < points).reduce((a, b) => a + b, 0);
    expect(sum + Math.log(total)).toBeCloseTo(divergence(p, place, points), 5);

    const untouched = new Float32Array(parts * width).fill(UNTOUCHED);
    const part = { p: blockOf(p, columns), y, divergence: untouched };
    const { divergence: some } = await runPlan(gpu, planTsneDivergence(columns, isProcessor), part);
    const isColumn = (at: number) =>
      at % width >= 4 * columns.from4 && at % width < 4 * (columns.from4 + columns.count4);
    expect(some.every((value, at) => (isColumn(at) ? value === got[at] : value === UNTOUCHED))).toBe(true);
  });
});
