/** Gradients of filters as products against the reference, all splits added up: odd sizes, strides, padding, dilation. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gpu, openGpu } from "../gpu/device.ts";
import type { ConvShape } from "./conv-shape.ts";
import { convShape, convShapes, oddChannels } from "./conv2d.fixture.ts";
import {
  conv2dFilterGradientSplits,
  planConv2dFilterGradient,
  planConv2dFilterGradientRegister,
  planConv2dFilterGradientTile,
} from "./conv2d-filter-gradient.ts";
import { drawConvGradient, packedWeightFloats, unpackConvWeight } from "./conv2d-gradient.fixture.ts";
import type { KernelPlan } from "./plan.ts";
import { largestError, runPlan, UNTOUCHED } from "./run.fixture.ts";
import { planSumParts } from "./sum-parts.ts";
import { transposedTiles } from "./transposed-tile.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

type Plan = (shape: ConvShape, splits: number) => KernelPlan;

/** Largest error of dw over its root mean square; infinite where anything is written behind dw. */
async function filterError(plan: Plan, shape: ConvShape, splits: number, seed = 1): Promise<number> {
  const { x, dy, dw: wanted } = drawConvGradient(shape, seed);
  const floats = packedWeightFloats(shape);
  const blank = new Float32Array(splits * floats + 16).fill(Number.NaN).fill(UNTOUCHED, splits * floats);
  const { dw } = await runPlan(gpu, plan(shape, splits), { x, dy, dw: blank });
  if (dw.subarray(splits * floats).some((value) => value !== UNTOUCHED)) return Number.POSITIVE_INFINITY;
  const parts = { x: dw.slice(0, splits * floats), y: new Float32Array(floats) };
  const { y } = await runPlan(gpu, planSumParts({ parts: splits, count4: floats / 4 }), parts);
  return largestError(unpackConvWeight(y, shape), wanted);
}

const shapes = convShapes(fc.tuple(oddChannels, oddChannels, fc.constant(1)));

async function expectExact(plan: Plan, runs: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(shapes, fc.integer({ min: 1, max: 7 }), fc.integer(), async (shape, splits, seed) => {
      expect(await filterError(plan, shape, splits, seed)).toBeLessThan(1e-5);
    }),
    { seed: 1337, numRuns: runs },
  );
}

// Every tile computes every shape, wider and narrower kernels than its own too.
test.each([
  { taps: 3, channels4: 1, columns4: 2 },
  { taps: 2, channels4: 2, columns4: 3 },
  { taps: 1, channels4: 4, columns4: 2 },
])("in registers, %o", (tile) => expectExact((...of) => planConv2dFilterGradientRegister(...of, tile), 20));

test.each(Object.entries(transposedTiles))("in tiles, %s", (_, variant) =>
  expectExact((...of) => planConv2dFilterGradientTile(...of, variant), 10),
);

describe.each([true, false])("as chosen, on a processor: %s", (isProcessor) => {
  const wide = { top: 12, left: 12, bottom: 12, right: 12 };
  test.each([
    ["a layer of a small network", { rows: 3, height: 32, width: 32, inChannels: 32, outChannels: 32 }],
    ["7 x 7, stride 2", { rows: 1, height: 23, width: 31, kernel: [7, 7], stride: [2, 2], outChannels: 17 }],
    ["5 x 5 without padding", { rows: 33, kernel: [5, 5], padding: { top: 0, left: 0, bottom: 0, right: 0 } }],
    ["1 x 1, stride 3", { kernel: [1, 1], stride: [3, 3], width: 13, outChannels: 12 }],
    ["dilation 12", { height: 17, width: 30, dilation: [12, 12], padding: wide }],
  ] as const)("%s", async (_, sizes) => {
    const shape = convShape(sizes);
    const plan: Plan = (...of) => planConv2dFilterGradient(isProcessor, ...of);
    const splits = conv2dFilterGradientSplits(isProcessor, shape);
    expect(await filterError(plan, shape, splits)).toBeLessThan(1e-5);
  });
});
