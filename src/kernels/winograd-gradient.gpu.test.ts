/**
 * Winograd's filter gradient (inputs and output gradients transformed, their product, transformed back) against the
 * reference: odd maps, padding, rounds of rows that are parts of the sum. The product between is summed here, in f32.
 */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gpu, openGpu } from "../gpu/device.ts";
import type { ConvShape } from "./conv-shape.ts";
import { convShape, oddChannels, winogradShapes } from "./conv2d.fixture.ts";
import { drawConvGradient, packedWeightFloats, unpackConvWeight } from "./conv2d-gradient.fixture.ts";
import { largestError, runPlan, UNTOUCHED } from "./run.fixture.ts";
import { paddedChannels } from "./tensor-layout.ts";
import {
  planWinogradFilterGradient,
  planWinogradGradient,
  planWinogradInput,
  type WinogradTile,
  winogradSizes,
} from "./winograd.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

/** u[p][c, o] = sum over tiles t of v[p][t, c] m[p][t, o], in f32, one tile after the other. */
function transposedProduct(shape: ConvShape, tile: WinogradTile, v: Float32Array, m: Float32Array): Float32Array {
  const { points, tiles, filterFloats } = winogradSizes(shape, tile);
  const [ins, outs] = [paddedChannels(shape.inChannels), paddedChannels(shape.outChannels)];
  const u = new Float32Array(filterFloats);
  for (let at = 0; at < points * tiles; at++) {
    const first = Math.floor(at / tiles) * ins * outs;
    for (let c = 0; c < ins; c++) {
      const [row, value] = [first + c * outs, v[at * ins + c]!];
      for (let o = 0; o < outs; o++) u[row + o] = u[row + o]! + value * m[at * outs + o]!;
    }
  }
  return u;
}

/** Largest error of dw over its root mean square; infinite where anything is written behind a tensor. */
async function filterError(shape: ConvShape, tile: WinogradTile, round = shape.rows, seed = 1): Promise<number> {
  const { x, dy, dw: wanted } = drawConvGradient(shape, seed);
  const blank = (floats: number) => new Float32Array(floats + 16).fill(Number.NaN).fill(UNTOUCHED, floats);
  const { filterFloats } = winogradSizes(shape, tile);
  const parts = Math.ceil(shape.rows / round);
  const u = new Float32Array(parts * filterFloats);
  const written: Float32Array[] = [];
  for (let part = 0; part < parts; part++) {
    const firstRow = part * round;
    const some = { ...shape, rows: Math.min(round, shape.rows - firstRow) };
    const { inputFloats, productFloats } = winogradSizes(some, tile);
    const { v } = await runPlan(gpu, planWinogradInput(some, tile, firstRow), { x, v: blank(inputFloats) });
    const { m } = await runPlan(gpu, planWinogradGradient(some, tile, firstRow), { dy, m: blank(productFloats) });
    u.set(transposedProduct(some, tile, v, m), part * filterFloats);
    written.push(v.subarray(inputFloats), m.subarray(productFloats));
  }
  const floats = packedWeightFloats(shape);
  const { dw } = await runPlan(gpu, planWinogradFilterGradient(shape, tile, parts), { u, dw: blank(floats) });
  written.push(dw.subarray(floats));
  if (written.some((behind) => behind.some((value) => value !== UNTOUCHED))) return Number.POSITIVE_INFINITY;
  return largestError(unpackConvWeight(dw.subarray(0, floats), shape), wanted);
}

const shapes = winogradShapes(fc.tuple(oddChannels, oddChannels, fc.constant(1)));

describe.each([
  [2, 1e-5],
  // Points up to 2 are raised to the third power on the way in, and cancel on the way back, but not their rounding.
  [4, 1e-4],
] as const)("F(%i)", (tile, tolerance) => {
  test("equals the filter gradient, round by round", async () => {
    await fc.assert(
      fc.asyncProperty(shapes, fc.integer({ min: 1, max: 5 }), fc.integer(), async (shape, round, seed) => {
        expect(await filterError(shape, tile, round, seed)).toBeLessThan(tolerance);
      }),
      { seed: 1337, numRuns: 40 },
    );
  });

  test.each([
    ["57 x 57", convShape({ rows: 1, height: 57, width: 57, inChannels: 5, outChannels: 7 }), 1],
    ["33 rows in rounds of 8", convShape({ rows: 33, height: 3, width: 5, inChannels: 17, outChannels: 9 }), 8],
    ["1 x 1", convShape({ rows: 3, height: 1, width: 1, inChannels: 65, outChannels: 63 }), 3],
    ["8192 positions", convShape({ rows: 32, height: 16, width: 16, inChannels: 5, outChannels: 7 }), 32],
  ])("%s", async (_, shape, round) => {
    expect(await filterError(shape, tile, round)).toBeLessThan(tolerance);
  });
});
