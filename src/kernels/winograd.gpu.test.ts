/** Winograd's whole chain (filters, inputs, products, outputs) against the reference: odd maps, padding, rounds of rows. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { type Activation, LINEAR, type Pool2dLayer } from "../network/network.ts";
import { evaluateLayer } from "../reference/evaluate-layer.ts";
import { planBatchedGemmRegister } from "./batched-gemm-register.ts";
import type { ConvShape } from "./conv-shape.ts";
import { type ConvDraw, convShape, drawConv, oddChannels, winogradShapes } from "./conv2d.fixture.ts";
import { largestError, runPlan, UNTOUCHED } from "./run.fixture.ts";
import { blankTensor, unpackTensor } from "./tensor.fixture.ts";
import { tensorFloats } from "./tensor-layout.ts";
import {
  planWinogradFilter,
  planWinogradInput,
  planWinogradOutput,
  type WinogradTile,
  winogradProduct,
  winogradSizes,
} from "./winograd.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

/** One size of product for all, because each takes a pipeline of its own. */
const registers = { rows: 4, columns4: 2, workgroup: 8 };

/** Both bounds are met, but most outputs keep their size: an error is measured against theirs. */
const WIDE_CLIP: Activation = { kind: "clip", alpha: -10, beta: 40 };

interface Chain extends ConvDraw {
  readonly pool?: boolean;
  /** Rows of a round. */
  readonly round?: number;
}

/** Largest error over the root mean square; infinite where anything is written behind y. */
async function winogradError(shape: ConvShape, tile: WinogradTile, options: Chain = {}): Promise<number> {
  const { rows } = shape;
  const { bias = true, activation = LINEAR, pool = false, round = rows } = options;
  const { layer, inShape, outShape, values, ...packed } = drawConv(shape, options);
  const sizes = winogradSizes(shape, tile);
  const blank = (floats: number) => new Float32Array(floats).fill(Number.NaN);
  const { u } = await runPlan(gpu, planWinogradFilter(shape, tile), {
    weight: packed.weight,
    u: blank(sizes.filterFloats),
  });
  const pooled = [Math.floor(shape.outHeight / 2), Math.floor(shape.outWidth / 2), shape.outChannels];
  const yShape = pool ? pooled : outShape;
  let y = blankTensor(rows, yShape);
  for (let firstRow = 0; firstRow < rows; firstRow += round) {
    const part = { ...shape, rows: Math.min(round, rows - firstRow) };
    const { inputFloats, productFloats } = winogradSizes(part, tile);
    const input = { x: packed.x, v: blank(inputFloats) };
    const { v } = await runPlan(gpu, planWinogradInput(part, tile, firstRow), input);
    const { c: m } = await runPlan(gpu, planBatchedGemmRegister(winogradProduct(part, tile), registers), {
      ...{ a: v, b: u, bias: packed.bias, c: blank(productFloats) },
    });
    const output = planWinogradOutput(part, tile, firstRow, { bias, activation, pool });
    y = (await runPlan(gpu, output, { m, bias: packed.bias, y })).y;
  }
  if (y.subarray(tensorFloats(rows, yShape)).some((value) => value !== UNTOUCHED)) return Number.POSITIVE_INFINITY;
  const convolved = evaluateLayer(layer, [{ values, shape: inShape }], rows);
  const wanted = pool ? evaluateLayer(maximum, [{ values: convolved, shape: outShape }], rows) : convolved;
  return largestError(unpackTensor(y, rows, yShape), wanted);
}

const maximum: Pool2dLayer = {
  ...{ kind: "pool2d", name: "pool", inputs: ["conv"], pool: "max", ceilMode: false, countIncludePad: false },
  ...{ kernel: [2, 2], stride: [2, 2], dilation: [1, 1], padding: { top: 0, left: 0, bottom: 0, right: 0 } },
};

const shapes = winogradShapes(fc.tuple(oddChannels, oddChannels, fc.constant(1)));

describe.each([
  // Additions and halves alone: as exact as the direct sum.
  [2, 1e-5],
  // Its transforms multiply inputs by up to 5 and products by up to 8, which cancels in the sum, but not in its rounding:
  // 5 to 10 times the error of the direct sum, measured from 5 to 256 channels.
  [4, 5e-5],
] as const)("F(%i)", (tile, tolerance) => {
  test("equals the convolution, round by round", async () => {
    await fc.assert(
      fc.asyncProperty(
        shapes,
        fc.boolean(),
        fc.integer({ min: 1, max: 5 }),
        fc.integer(),
        async (shape, plain, round, seed) => {
          const options = plain ? { bias: false, round, seed } : { activation: WIDE_CLIP, round, seed };
          expect(await winogradError(shape, tile, options)).toBeLessThan(tolerance);
        },
      ),
      { seed: 1337, numRuns: 40 },
    );
  });

  test("takes the maximum of each 2 x 2 on the way out", async () => {
    const poolable = shapes.filter(({ outHeight, outWidth }) => outHeight > 1 && outWidth > 1);
    await fc.assert(
      fc.asyncProperty(poolable, fc.integer({ min: 1, max: 5 }), fc.integer(), async (shape, round, seed) => {
        const options = { activation: WIDE_CLIP, pool: true, round, seed };
        expect(await winogradError(shape, tile, options)).toBeLessThan(tolerance);
      }),
      { seed: 1337, numRuns: 15 },
    );
  });

  test.each([
    ["57 x 57", convShape({ rows: 1, height: 57, width: 57, inChannels: 5, outChannels: 7 }), {}],
    [
      "33 rows in rounds of 8",
      convShape({ rows: 33, height: 3, width: 5, inChannels: 17, outChannels: 9 }),
      { round: 8 },
    ],
    ["1 x 1", convShape({ rows: 3, height: 1, width: 1, inChannels: 65, outChannels: 63 }), {}],
    ["57 x 57, pooled", convShape({ rows: 2, height: 57, width: 57, outChannels: 8 }), { pool: true, round: 1 }],
  ])("%s", async (_, shape, options) => {
    expect(await winogradError(shape, tile, { activation: WIDE_CLIP, ...options })).toBeLessThan(tolerance);
  });
});
