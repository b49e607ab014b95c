/** The GPU's t-SNE against float64, step by step where maps can be compared, and by what they show where they cannot. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { makeDigits } from "../data/digits.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { largestError } from "../kernels/run.fixture.ts";
import { affinities, descend, divergence, squaredDistances } from "../kernels/tsne.fixture.ts";
import { tsneBlockBytes } from "../kernels/tsne-columns.ts";
import { embedTsne, tsneInitial, tsneLearningRate, tsneSchedule } from "./tsne.ts";
import { TsneDescent } from "./tsne-descent.ts";
import { tsneBytes } from "./tsne-memory.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const always = async () => true;

/** A map of so many iterations in float64. */
function oracle(scores: Float32Array, dims: number, perplexity: number, initial: Float32Array, iterations: number) {
  const points = initial.length / 2;
  const p = affinities(squaredDistances(scores, points, dims), points, perplexity);
  const y = Float64Array.from(initial);
  const state = { y, velocity: new Float64Array(2 * points), gain: new Float64Array(2 * points).fill(1) };
  const rate = tsneLearningRate(points);
  for (let i = 0; i < iterations; i++) descend(p, state, { ...tsneSchedule(i, iterations), rate });
  const means = [0, 1].map((axis) => y.reduce((sum, value, at) => sum + (at % 2 === axis ? value : 0), 0) / points);
  return { points: y.map((value, at) => value - means[at % 2]!), divergence: divergence(p, y, points) };
}

describe("41 points of 5 dimensions", () => {
  const [points, dims, perplexity] = [41, 5, 9];
  const draw = random(4, "clusters");
  // Three clusters, on a scale far from 1.
  const scores = Float32Array.from({ length: points * dims }, (_, at) => {
    const cluster = Math.floor(at / dims) % 3;
    return 1000 * (draw.normal() + (at % dims === cluster ? 6 : 0));
  });
  // Of the map's later scale, so that the gradient is of no special kind.
  const spread = Float32Array.from({ length: 2 * points }, () => draw.normal());
  const map = (initial: Float32Array, iterations: number) =>
    embedTsne(gpu, scores, points, dims, { perplexity, iterations, seed: 1, initial }, always);

  test.each([1, 3, 12])("are where float64 has them after %i iterations", async (iterations) => {
    const got = await map(spread, iterations);
    const wanted = oracle(scores, dims, perplexity, spread, iterations);
    expect(largestError(got!.points, wanted.points)).toBeLessThan(1e-4);
    expect(got!.divergence).toBeCloseTo(wanted.divergence, 4);
  });

  // By then rounding has made other maps of them, of like quality: 0.074 here, 0.075 in float64, 1.43 at the beginning.
  test("come to about the divergence of float64 after 400", async () => {
    const initial = tsneInitial(scores, points, dims, 1);
    const got = await map(initial, 400);
    const wanted = oracle(scores, dims, perplexity, initial, 400);
    expect(Math.abs(got!.divergence - wanted.divergence)).toBeLessThan(0.05);
    expect(got!.divergence).toBeLessThan(oracle(scores, dims, perplexity, initial, 0).divergence / 10);
  });
});

/** Share of points whose nearest neighbour has their label. */
function agreement(places: Float32Array, labels: Uint16Array, dims: number): number {
  const points = labels.length;
  const distances = squaredDistances(places, points, dims);
  const nearest = (i: number) => {
    const row = distances.subarray(i * points, (i + 1) * points);
    row[i] = Number.POSITIVE_INFINITY;
    return row.indexOf(Math.min(...row));
  };
  return labels.filter((label, i) => labels[nearest(i)] === label).length / points;
}

test("digits lie beside their like, the same way each time", async () => {
  const points = 400;
  const { values, labels } = makeDigits({ split: "test", samples: points });
  const scores = Float32Array.from(values, (value) => value / 255);
  const options = { perplexity: 30, iterations: 300, seed: 7, initial: null };
  const seen: number[] = [];
  const map = await embedTsne(gpu, scores, points, 784, options, async (iteration, total) => {
    seen.push(iteration / total);
    return true;
  });
  const place = map!.points;
  // Measured: 0.755, and 0.735 of the pixels themselves. The first 400 test images of MNIST: 0.82 and 0.815.
  const ofPixels = agreement(scores, labels, 784);
  expect(agreement(place, labels, 2)).toBeGreaterThan(Math.max(0.65, ofPixels - 0.05));
  expect(place.every(Number.isFinite)).toBe(true);
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  expect(seen.length).toBeGreaterThan(3);
  const again = await embedTsne(gpu, scores, points, 784, options, always);
  expect(again).toEqual(map);
});

test("columns in several buffers make the same map as in one", async () => {
  const [points, dims] = [150, 4];
  const draw = random(8, "blocks");
  const scores = Float32Array.from({ length: points * dims }, () => draw.normal());
  const mapOf = async (bindingBytes: number) => {
    using descent = new TsneDescent(gpu, points, tsneInitial(scores, points, dims, 1), bindingBytes);
    await descent.prepare(scores, dims, 20, always);
    for (let i = 0; i < 40; i++) await descent.step({ exaggeration: 4, momentum: 0.5, rate: 50 }, always);
    return await descent.read(always);
  };
  const whole = await mapOf(2 ** 27);
  expect(await mapOf(2 * tsneBlockBytes(points, { first4: 0, stride4: 8 }))).toEqual(whole);
  expect(new Set(whole!.points).size).toBe(2 * points);
});

test("equal points, and one dimension, make a map all the same", async () => {
  const scores = Float32Array.from({ length: 50 }, (_, i) => (i < 25 ? 1 : i));
  const map = await embedTsne(gpu, scores, 50, 1, { perplexity: 5, iterations: 60, seed: 1, initial: null }, always);
  expect(map!.points.every(Number.isFinite)).toBe(true);
  expect(Number.isFinite(map!.divergence)).toBe(true);
  const ordinates = map!.points.filter((_, at) => at % 2 === 1);
  expect(Math.max(...ordinates) - Math.min(...ordinates)).toBeGreaterThan(1e-3);
});

describe("a map that cannot be", () => {
  const options = { perplexity: 5, iterations: 1000, seed: 1, initial: null };

  test("is stopped, and its memory freed", async () => {
    const before = gpu.arena.allocatedBytes;
    const scores = Float32Array.from({ length: 1200 }, (_, i) => i % 17);
    let asked = 0;
    expect(await embedTsne(gpu, scores, 600, 2, options, async () => ++asked < 3)).toBeNull();
    expect(asked).toBe(3);
    expect(gpu.arena.allocatedBytes).toBe(before);
  });

  test("for lack of memory is refused with both numbers", async () => {
    const needed = tsneBytes(600, 2, gpu.isProcessor);
    using small = gpu.session(needed - 1);
    const attempt = embedTsne(small, new Float32Array(1200), 600, 2, options, always);
    await expect(attempt).rejects.toMatchObject({
      code: "out-of-memory",
      message: expect.stringMatching(new RegExp(`${needed} .*${needed - 1}`)),
    });
    expect(small.arena.peakBytes).toBe(0);
    using enough = gpu.session(needed + 16);
    expect(
      await embedTsne(enough, new Float32Array(1200), 600, 2, { ...options, iterations: 1 }, always),
    ).not.toBeNull();
    expect(enough.arena.peakBytes).toBeGreaterThan(0.9 * needed);
  });

  test("at its perplexity is refused with the remedy", async () => {
    const attempt = embedTsne(gpu, new Float32Array(30), 15, 2, options, always);
    await expect(attempt).rejects.toMatchObject({ code: "bad-study", where: "perplexity" });
  });
});
