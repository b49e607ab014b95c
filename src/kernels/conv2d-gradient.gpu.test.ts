/** Gradients of convolutions straight from their definition, against the reference: strides, dilations, padding, groups. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gpu, openGpu } from "../gpu/device.ts";
import type { ConvShape } from "./conv-shape.ts";
import { convShape, convShapes, oddChannels } from "./conv2d.fixture.ts";
import { planConv2dDataGradient } from "./conv2d-data-gradient.ts";
import { conv2dFilterGradientDirectSplits, planConv2dFilterGradientDirect } from "./conv2d-filter-gradient-direct.ts";
import { drawConvGradient, packedWeightFloats, unpackConvWeight } from "./conv2d-gradient.fixture.ts";
import { largestError, runPlan, UNTOUCHED } from "./run.fixture.ts";
import { blankTensor, unpackTensor } from "./tensor.fixture.ts";
import { tensorFloats } from "./tensor-layout.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

/** Largest error of dx over its root mean square; infinite where anything is written behind dx. */
async function dataError(shape: ConvShape, seed = 1): Promise<number> {
  const { dy, weight, dx: wanted, inShape } = drawConvGradient(shape, seed);
  const { dx } = await runPlan(gpu, planConv2dDataGradient(shape), {
    dy,
    weight,
    dx: blankTensor(shape.rows, inShape),
  });
  if (dx.subarray(tensorFloats(shape.rows, inShape)).some((value) => value !== UNTOUCHED))
    return Number.POSITIVE_INFINITY;
  return largestError(unpackTensor(dx, shape.rows, inShape), wanted);
}

/** Largest error of dw, all splits added, over its root mean square; infinite where anything is written behind dw. */
async function filterError(shape: ConvShape, splits: number, seed = 1): Promise<number> {
  const { x, dy, dw } = drawConvGradient(shape, seed);
  const floats = packedWeightFloats(shape);
  const blank = new Float32Array(splits * floats + 16).fill(Number.NaN).fill(UNTOUCHED, splits * floats);
  const { dw: parts } = await runPlan(gpu, planConv2dFilterGradientDirect(shape, splits), { x, dy, dw: blank });
  if (parts.subarray(splits * floats).some((value) => value !== UNTOUCHED)) return Number.POSITIVE_INFINITY;
  const sum = new Float64Array(dw.length);
  for (let split = 0; split < splits; split++) {
    const part = unpackConvWeight(parts.subarray(split * floats, (split + 1) * floats), shape);
    part.forEach((value, at) => {
      sum[at] = sum[at]! + value;
    });
  }
  return largestError(sum, dw);
}

// Groups are few, because each takes a pipeline of its own.
const channels = {
  "one group": fc.tuple(oddChannels, oddChannels, fc.constant(1)),
  "groups of whole vec4s": fc.constantFrom([8, 24, 2], [12, 12, 3]),
  "partial groups": fc.constantFrom([6, 10, 2], [9, 3, 3], [15, 5, 5]),
  depthwise: fc.constantFrom(2, 4, 5, 17, 65).map((count) => [count, count, count]),
} as Readonly<Record<string, fc.Arbitrary<readonly [number, number, number]>>>;
const kinds = Object.entries(channels);

const same = { top: 1, left: 1, bottom: 1, right: 1 };
const first = { rows: 1, height: 23, width: 31, kernel: [7, 7], stride: [2, 2], outChannels: 17 } as const;
const gaps = { kernel: [1, 1], stride: [3, 3], width: 13, padding: { ...same, left: 2 } } as const;
const wide = {
  height: 17,
  width: 30,
  dilation: [12, 12],
  padding: { top: 12, left: 12, bottom: 12, right: 12 },
} as const;
const beyond = { height: 2, width: 2, stride: [5, 5], kernel: [5, 5], padding: { ...same, top: 3, left: 3 } } as const;

describe("by the input", () => {
  test.each(kinds)("%s", async (_, some) => {
    await fc.assert(
      fc.asyncProperty(convShapes(some), fc.integer(), async (shape, seed) => {
        expect(await dataError(shape, seed)).toBeLessThan(1e-5);
      }),
      { seed: 1337, numRuns: 25 },
    );
  });

  test.each([
    ["7 x 7, stride 2", first],
    ["1 x 1, stride 3", gaps],
    ["dilation 12", wide],
    ["strides larger than the map", beyond],
  ])("%s", async (_, sizes) => {
    expect(await dataError(convShape(sizes))).toBeLessThan(1e-5);
  });
});

describe("by the filters", () => {
  // Windows along rows are few, for the same reason; those along columns are not.
  const windows = fc.constantFrom([3, 1, 1], [2, 3, 2]);
  const shapesOf = (some: fc.Arbitrary<readonly [number, number, number]>) =>
    fc.tuple(convShapes(some), windows).map(([shape, [taps, stride, dilation]]) =>
      convShape({
        ...{ ...shape, width: shape.width + 9, kernel: [shape.kernel[0], taps!] },
        ...{ stride: [shape.stride[0], stride!], dilation: [shape.dilation[0], dilation!] },
      }),
    );

  test.each(kinds)("%s", async (_, some) => {
    const splits = fc.integer({ min: 1, max: 7 });
    await fc.assert(
      fc.asyncProperty(shapesOf(some), splits, fc.integer(), async (shape, splits, seed) => {
        expect(await filterError(shape, splits, seed)).toBeLessThan(1e-5);
      }),
      { seed: 1337, numRuns: 15 },
    );
  });

  test.each([
    ["7 x 7, stride 2", first],
    ["1 x 1, stride 3", gaps],
    ["dilation 12", wide],
    ["narrow maps", { rows: 33, width: 1, inChannels: 6, outChannels: 6, groups: 6 }],
  ])("%s", async (_, sizes) => {
    const shape = convShape(sizes);
    expect(await filterError(shape, conv2dFilterGradientDirectSplits(true, shape))).toBeLessThan(1e-5);
  });
});
