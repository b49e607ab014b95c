/** Losses, hits and gradients of many networks' batches equal their definitions in float64, and add up per class. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import type { BatchRows } from "./batch-order.ts";
import { planCrossEntropy } from "./cross-entropy.ts";
import { largestError, runPlan, UNTOUCHED } from "./run.fixture.ts";
import { planTallyLosses } from "./tally-losses.ts";
import { packTensor, unpackTensor } from "./tensor.fixture.ts";
import { paddedChannels } from "./tensor-layout.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const batches = fc.record({
  networks: fc.integer({ min: 1, max: 4 }),
  rows: fc.integer({ min: 1, max: 19 }),
  start: fc.nat(5),
  ordering: fc.constantFrom("none", "shared", "own"),
  classes: fc.constantFrom(1, 2, 3, 4, 5, 10, 17),
  smoothing: fc.constantFrom(0, 0.1),
  seed: fc.integer(),
});

/** Labels, an order, and the sample of each row of each network. */
function drawBatch({ networks, rows, start, ordering, classes, seed }: BatchOf) {
  const draw = random(seed);
  const samples = start + rows + 3;
  const orders = Array.from({ length: ordering === "own" ? networks : 1 }, () => draw.permutation(samples));
  const orderStride = { none: null, shared: 0, own: samples }[ordering];
  const labels = Uint32Array.from({ length: samples }, () => draw.below(classes));
  const sampleOf = (row: number) => {
    const place = start + (row % rows);
    return ordering === "none" ? place : orders[Math.floor(row / rows) % orders.length]![place]!;
  };
  const batch: BatchRows = { networks, rows, start, orderStride };
  const rowLabels = Array.from({ length: networks * rows }, (_, row) => labels[sampleOf(row)]!);
  return { draw, batch, labels, order: Uint32Array.from(orders.flatMap((order) => [...order])), rowLabels };
}
type BatchOf = typeof batches extends fc.Arbitrary<infer Batch> ? Batch : never;

/** The smoothed cross-entropy of a row and its gradient, by their definitions. */
function crossEntropy(logits: readonly number[], label: number, smoothing: number) {
  const top = Math.max(...logits);
  const sum = logits.reduce((total, z) => total + Math.exp(z - top), 0);
  const target = logits.map((_, c) => (c === label ? 1 - smoothing : 0) + smoothing / logits.length);
  return {
    loss: -logits.reduce((total, z, c) => total + target[c]! * (z - top - Math.log(sum)), 0),
    gradient: logits.map((z, c) => Math.exp(z - top) / sum - target[c]!),
    hit: logits.every((z, c) => z < logits[label]! || (z === logits[label] && c >= label)) ? 1 : 0,
  };
}

test("cross-entropy, hits and gradient of every row", async () => {
  await fc.assert(
    fc.asyncProperty(batches, async (drawn) => {
      const { networks, rows, classes, smoothing } = drawn;
      const all = networks * rows;
      const { draw, batch, labels, order, rowLabels } = drawBatch(drawn);
      // Multiples of a half, so that there are ties, some of them far from 0.
      const logits = Float32Array.from({ length: all * classes }, () => draw.below(9) / 2 + 300);
      const scale = 1 / rows;
      const got = await runPlan(gpu, planCrossEntropy({ ...batch, classes, smoothing, scale, gradient: true }), {
        ...{ logits: packTensor(logits, all, [classes]), labels, order },
        gradient: new Float32Array(all * paddedChannels(classes) + 4).fill(UNTOUCHED),
        rowLoss: new Float32Array(all + 1).fill(UNTOUCHED),
        rowHit: new Uint32Array(all + 1).fill(77),
      });
      const wanted = rowLabels.map((label, row) =>
        crossEntropy([...logits.subarray(row * classes, (row + 1) * classes)], label, smoothing),
      );
      expect(
        largestError(
          got.rowLoss.subarray(0, all),
          wanted.map(({ loss }) => loss),
        ),
      ).toBeLessThan(1e-5);
      expect([...got.rowHit]).toEqual([...wanted.map(({ hit }) => hit), 77]);
      const gradient = wanted.flatMap(({ gradient }) => gradient.map((g) => g * scale));
      expect(largestError(unpackTensor(got.gradient, all, [classes]), gradient)).toBeLessThan(1e-5);
      const width = paddedChannels(classes);
      const padding = got.gradient.filter((_, at) => at < all * width && at % width >= classes);
      expect(padding.every((value) => value === 0)).toBe(true);
      expect([got.rowLoss[all], ...got.gradient.subarray(all * width)]).toEqual(Array(5).fill(UNTOUCHED));
    }),
    { seed: 1337, numRuns: 30 },
  );
});

describe("a network that has diverged", () => {
  /** Two networks of two rows and three classes; the first row of the first is given. */
  async function withRow(row: readonly number[]) {
    const rest = [0, 1, 2, 2, 1, 0, 0, 3, 0];
    const shape = { networks: 2, rows: 2, start: 0, orderStride: null, classes: 3, smoothing: 0, scale: 1 };
    const gradient = Float32Array.of(UNTOUCHED, 0, 0, 0);
    return runPlan(gpu, planCrossEntropy({ ...shape, gradient: false }), {
      ...{ logits: packTensor([...row, ...rest], 4, [3]), labels: Uint32Array.of(1, 2), order: new Uint32Array(1) },
      ...{ gradient, rowLoss: new Float32Array(4), rowHit: new Uint32Array(4).fill(7) },
    });
  }

  test.each([
    ["its true logit is not a number", [0, Number.NaN, 0]],
    ["another logit is not a number", [0, 5, Number.NaN]],
    ["all logits are infinite", [Infinity, Infinity, Infinity]],
    ["its true logit is minus infinity", [0, -Infinity, 0]],
  ])("has no hit and no finite loss where %s, the others are not disturbed", async (_, row) => {
    const [got, control] = [await withRow(row), await withRow([0, 5, 0])];
    expect(got.rowLoss[0]).not.toSatisfy(Number.isFinite);
    expect(got.rowHit[0]).toBe(0);
    expect(control.rowHit[0]).toBe(1);
    expect(got.rowLoss.subarray(1)).toEqual(control.rowLoss.subarray(1));
    expect([...got.rowHit.subarray(1)]).toEqual([1, 0, 0]);
    expect(got.gradient[0]).toBe(UNTOUCHED);
  });
});

test("losses and hits are added to what each network has", async () => {
  await fc.assert(
    fc.asyncProperty(batches, async (drawn) => {
      const { networks, rows, classes } = drawn;
      const { draw, batch, labels, order, rowLabels } = drawBatch(drawn);
      const rowLoss = Float32Array.from({ length: networks * rows }, () => draw.uniform());
      const rowHit = Uint32Array.from({ length: networks * rows }, () => draw.below(2));
      const totalLoss = Float32Array.from({ length: networks + 1 }, () => draw.uniform());
      const classCorrect = Uint32Array.from({ length: networks * classes + 1 }, () => draw.below(99));
      const got = await runPlan(gpu, planTallyLosses({ ...batch, classes }), {
        ...{ rowLoss, rowHit, labels, order, totalLoss, classCorrect },
      });
      const losses = Float64Array.from(totalLoss);
      const correct = classCorrect.slice();
      for (const [row, label] of rowLabels.entries()) {
        const network = Math.floor(row / rows);
        losses[network]! += rowLoss[row]!;
        correct[network * classes + label]! += rowHit[row]!;
      }
      expect(largestError(got.totalLoss, losses)).toBeLessThan(1e-6);
      expect(got.classCorrect).toEqual(correct);
    }),
    { seed: 1337, numRuns: 20 },
  );
});
