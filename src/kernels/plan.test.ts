/** Plans, without a GPU: every result has its thread, once, and no dimension of a grid is beyond what WebGPU allows. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ActivationKind } from "../network/network.ts";
import { activationNumber } from "./activation.ts";
import { planAdam } from "./adam.ts";
import { deltaEntryVariants, planDeltaEntry } from "./delta-entry.ts";
import { planDisplace } from "./displace.ts";
import { FUSED_TAIL_LIMITS, fusedTailVariants, packTiles, planFusedTail } from "./fused-tail.ts";
import { planGatherRows } from "./gather-rows.ts";
import { type GemmVariant, gemmVariants, planGemm } from "./gemm.ts";
import { planMaskedGemm } from "./masked-gemm.ts";
import { planMoved } from "./moved.ts";
import { grid, type KernelPlan } from "./plan.ts";
import { planRank } from "./rank.ts";
import { planRemask } from "./remask.ts";
import { planScore } from "./score.ts";
import { planSgd } from "./sgd.ts";
import { planSoftmaxCrossEntropy } from "./softmax-cross-entropy.ts";
import { tallyLayout } from "./tally.ts";
import { MOMENTS_BLOCK, planUnitMoments } from "./unit-moments.ts";

/** The most that WebGPU's default limits allow. */
const MOST_WORKGROUPS = 65_535;
const MOST_THREADS = 256;
const MOST_WORKGROUP_BYTES = 16_384;

const linear = { kind: "linear", alpha: 0 } as const;
const strides = { a: [1, 1], b: [1, 1], c: [1, 1] } as const;
const everyVariant = (columns: number) => [...gemmVariants(true, columns), ...gemmVariants(false, columns)];
const workgroupOf = ({ constants, shader }: KernelPlan) => constants["WORKGROUP"] ?? shader.constants["WORKGROUP"]!;

/** Expects at least `threads` threads along x (and rows of y), and not a workgroup more than it takes. */
function expectFit(plan: KernelPlan, threads: number): void {
  const [x, y] = plan.workgroups;
  const needed = Math.ceil(threads / workgroupOf(plan));
  expect(x * y).toBeGreaterThanOrEqual(needed);
  expect(x * (y - 1)).toBeLessThan(Math.max(1, needed));
  expect(Math.max(x, y)).toBeLessThanOrEqual(MOST_WORKGROUPS);
}

describe("grid", () => {
  test("has a place for each workgroup, and less than a row to spare", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 32768 * 65535 }), (count) => {
        const [x, y] = grid(count);
        expect(x * y).toBeGreaterThanOrEqual(count);
        expect(x * y - count).toBeLessThan(Math.max(1, x));
        expect(Math.max(x, y)).toBeLessThanOrEqual(MOST_WORKGROUPS);
      }),
      { seed: 25, examples: [[0], [1], [32768], [32769], [65535], [65536]] },
    );
  });
});

/** Blocks of c that the threads (or workgroups) of a product own, by the arithmetic of the shaders. */
function tileOf({ rows, columns4, threads }: GemmVariant): [number, number] {
  const [x, y] = threads ?? [1, 1];
  return [rows * y, columns4 * 4 * x];
}

test("a product's tiles cover it once, masked or not, in every variant", () => {
  const sizes = fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 3_000_000 }));
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 300 }), (rows, columns) => {
      for (const variant of everyVariant(columns)) {
        const plan = planGemm({ rows, columns, depth: 3, ...strides }, variant);
        const [tileRows, tileColumns] = tileOf(variant);
        const tiles = Math.ceil(rows / tileRows) * Math.ceil(columns / tileColumns);
        if (variant.threads) {
          const [x, y] = plan.workgroups;
          expect(x * y).toBeGreaterThanOrEqual(tiles);
          expect(x * (y - 1)).toBeLessThan(tiles);
          expect(Math.max(x, y)).toBeLessThanOrEqual(MOST_WORKGROUPS);
        } else expectFit(plan, tiles);
        const masked = planMaskedGemm(
          {
            ...{ masks: rows, maskStart: 0, images: 1, imageStart: 0, columns, depth: 3, ...strides },
            ...{ bias: false, load: linear, store: linear },
          },
          variant,
        );
        expect(masked.workgroups).toEqual(plan.workgroups);
        expect(masked.parameters["rows"]).toBe(rows);
      }
    }),
    { seed: 26, numRuns: 200 },
  );
});

test("tiles keep to the threads and workgroup memory that every adapter has", () => {
  for (const variant of [3, 10, 17, 24, 65].flatMap(everyVariant)) {
    const { shader, constants } = planGemm({ rows: 9, columns: 9, depth: 9, ...strides }, variant);
    const constant = (name: string) => constants[name] ?? shader.constants[name]!;
    for (const name of ["ROWS", "COLUMNS4"]) expect(shader.constants).toHaveProperty(name);
    if (!variant.threads) continue;
    const threads = constant("THREADS_X") * constant("THREADS_Y");
    expect(threads).toBeLessThanOrEqual(MOST_THREADS);
    const [rows, columns] = tileOf(variant);
    expect(constant("DEPTH") * (rows + columns) * 4).toBeLessThanOrEqual(MOST_WORKGROUP_BYTES);
  }
});

test("the safest variant comes first: no barriers for a processor, workgroup memory for a GPU", () => {
  for (const columns of [1, 10, 33, 4096]) {
    expect(gemmVariants(true, columns).every(({ threads }) => threads === null)).toBe(true);
    expect(gemmVariants(false, columns)[0]!.threads).not.toBeNull();
  }
});

test("one thread a group of four samples and mask, in every variant of the fused tail", () => {
  const layout = tallyLayout(10, 10_000, true);
  const base = {
    masks: 210,
    maskStart: 0,
    stride: 10_048,
    width: 10,
    activation: linear,
    layout,
    top5: true,
    loss: false,
    extra: false,
    rowStart: 0,
  };
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 0, max: 70_000 }), (samples, count) => {
      for (const variant of [...fusedTailVariants(true), ...fusedTailVariants(false)]) {
        const { workgroups } = planFusedTail({ ...base, samples, tiles: { start: 0, count } }, variant);
        if (variant.listed) {
          expect(workgroups).toEqual(grid(count));
          continue;
        }
        const groups = Math.ceil(samples / 4);
        expect(workgroups[0] * variant.workgroup * variant.places).toBeGreaterThanOrEqual(groups);
        expect((workgroups[0] - 1) * variant.workgroup * variant.places).toBeLessThan(groups);
        expect(workgroups[1]).toBe(210);
      }
    }),
    { seed: 27 },
  );
  const two = planFusedTail({ ...base, samples: 9 }, { places: 2, workgroup: 32, listed: false });
  expect(two.constants).toMatchObject({ STAGES: 2, WIDTH: 10, CLASSES: 10, PLACES: 2, BITS5: layout.bits5, LOSS: 0 });
  const one = planFusedTail({ ...base, samples: 9, activation: null }, { places: 2, workgroup: 32, listed: true });
  expect(one.constants["STAGES"]).toBe(1);
  expect(one.shader.bindings).toHaveProperty("list");
  expect(FUSED_TAIL_LIMITS.classes).toBeLessThanOrEqual(layout.samples);
});

test("tiles of the listed tail cover each mask's samples once", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 999 }), { minLength: 1, maxLength: 9 }), (lengths) => {
      const list = new Uint32Array(lengths.length + 1);
      lengths.forEach((length, mask) => {
        list[mask + 1] = list[mask]! + length;
      });
      for (const variant of fusedTailVariants(true)) {
        const tiles = packTiles(list, lengths.length, variant);
        const expected = lengths.flatMap((length, mask) => {
          const samplesATile = 4 * variant.places * variant.workgroup;
          return Array.from({ length: Math.ceil(length / samplesATile) }, (_, i) => [mask, (i * samplesATile) / 4]);
        });
        expect([...tiles]).toEqual(expected.flat());
      }
    }),
    { seed: 28 },
  );
});

test("one thread a result in the kernels without variants", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 1, max: 900 }), (count, width) => {
      const layout = tallyLayout(width, count, false);
      const gathered = { rows: count, start: 0, features: width, channels: 1, bytes: true, ordered: true };
      expectFit(planGatherRows(gathered), count * Math.ceil(width / 16));
      expectFit(planScore({ masks: 7, images: count, imageStart: 0, rowStart: 0, layout, loss: true }), 7 * count);
      const remasked = {
        rows: count,
        units: width,
        images: count,
        maskStart: 0,
        imageStart: 0,
        sampleStart: 0,
        seed: 1,
      };
      expectFit(planRemask(remasked), count * width);
      expectFit(planSgd(count * width, { learningRate: 1, momentum: 0, weightDecay: 0 }), count * width);
      expectFit(planRank({ images: count, classes: width, imageStride: 1, classStride: 1 }), count);
      expectFit(planSoftmaxCrossEntropy({ rows: count, start: 0, classes: width, scale: 1 }), count);

      const along = (plan: KernelPlan, threads: number, rows: number) => {
        expect(plan.workgroups).toEqual([Math.ceil(threads / workgroupOf(plan)), rows]);
      };
      const displaced = { units: width, samples: count, stride: count, activation: linear, seed: 1, sampleStart: 0 };
      along(planDisplace(displaced), count, width);
      along(planMoved(width, count, count), Math.ceil(count / 32), width);
      along(planUnitMoments(width, count, count, linear), Math.ceil(count / MOMENTS_BLOCK), width);
      for (const variant of deltaEntryVariants) {
        const entered = { masks: 5, maskStart: 0, images: count, imageStart: 0, columns: width, stride: count };
        along(
          planDeltaEntry({ ...entered, activation: linear }, variant),
          Math.ceil(count / variant.images) * Math.ceil(width / 4),
          5,
        );
      }
    }),
    { seed: 28, numRuns: 50 },
  );
});

test("every plan gives each parameter and constant that its shader declares, and no other", () => {
  const layout = tallyLayout(3, 9, true);
  const adam = { learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };
  const shape = { rows: 2, columns: 3, depth: 4, ...strides };
  const masked = { masks: 1, maskStart: 0, images: 2, imageStart: 0, columns: 3, depth: 4, ...strides };
  const plans = [
    ...everyVariant(3).map((variant) => planGemm(shape, variant)),
    ...everyVariant(3).map((variant) =>
      planMaskedGemm({ ...masked, bias: true, load: linear, store: linear }, variant),
    ),
    planAdam(9, adam, 3),
    planSgd(9, { learningRate: 0.1, momentum: 0.9, weightDecay: 0 }),
    planScore({ masks: 1, images: 9, imageStart: 0, rowStart: 0, layout, loss: true }),
    planMoved(3, 9, 64),
    planDisplace({ units: 3, samples: 9, stride: 64, activation: linear, seed: -1, sampleStart: 0 }),
  ];
  for (const { shader, constants, parameters } of plans) {
    const uniform = Object.values(shader.bindings).find(({ kind }) => kind === "uniform")!;
    expect(Object.keys(parameters).sort(), shader.name).toEqual(Object.keys(uniform.fields).sort());
    for (const name of Object.keys(constants)) expect(shader.constants, shader.name).toHaveProperty(name);
    expect(Object.values(parameters).every(Number.isFinite)).toBe(true);
  }
});

test("adam's bias corrections are those of its step", () => {
  const options = { learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };
  const { parameters } = planAdam(9, options, 3);
  expect(parameters["correction1"]).toBeCloseTo(0.271, 12);
  expect(parameters["correction2"]).toBeCloseTo(0.002997001, 12);
  expect(parameters["share2"]).toBeCloseTo(0.001, 15);
});

test("activations have the numbers that the shaders give them", () => {
  const { constants } = planGemm({ rows: 1, columns: 1, depth: 1, ...strides }, gemmVariants(true, 1)[0]!).shader;
  const kinds: ActivationKind[] = ["linear", "relu", "leaky-relu", "sigmoid", "tanh", "gelu", "gelu-tanh", "silu"];
  for (const kind of kinds) {
    expect(activationNumber(kind), kind).toBe(constants[kind.toUpperCase().replace("-", "_")]);
  }
});
