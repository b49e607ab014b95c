/** Products a^T b in both kernels against float64: odd sizes, splits, batches that share or lie apart. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import type { KernelPlan } from "./plan.ts";
import { largestError, runPlan, UNTOUCHED } from "./run.fixture.ts";
import { planSumParts } from "./sum-parts.ts";
import {
  planTransposedGemm,
  planTransposedGemmRegister,
  planTransposedGemmTile,
  type TransposedGemmShape,
  transposedGemmSplits,
} from "./transposed-gemm.ts";
import { transposedTiles } from "./transposed-tile.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const productShapes: fc.Arbitrary<TransposedGemmShape> = fc
  .record({
    batches: fc.integer({ min: 1, max: 3 }),
    depth: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(64, 65, 300)),
    rows4: fc.constantFrom(1, 2, 3, 5, 9, 17, 33),
    columns4: fc.constantFrom(1, 2, 3, 5, 8, 17),
    splits: fc.integer({ min: 1, max: 5 }),
    gap: fc.nat(3),
    shared: fc.constantFrom("", "a", "b"),
  })
  .map(({ gap, shared, ...shape }) => ({
    ...shape,
    aStride4: shared === "a" ? 0 : shape.depth * shape.rows4 + gap,
    bStride4: shared === "b" ? 0 : shape.depth * shape.columns4 + gap,
    cStride4: 4 * shape.rows4 * shape.columns4 + gap,
  }));

/** Largest error over the root mean square of c; NaN where anything is written between or behind the batches of c. */
async function productError(plan: KernelPlan, shape: TransposedGemmShape, seed: number): Promise<number> {
  const { batches, depth, splits } = shape;
  const [rows, columns] = [4 * shape.rows4, 4 * shape.columns4];
  const aStride = 4 * (shape.aStride4 ?? depth * shape.rows4);
  const bStride = 4 * (shape.bStride4 ?? depth * shape.columns4);
  const cStride = 4 * (shape.cStride4 ?? rows * shape.columns4);
  const draw = random(seed);
  const normals = (count: number) => Float32Array.from({ length: count }, () => draw.normal());
  const a = normals(aStride * (batches - 1) + depth * rows);
  const b = normals(bStride * (batches - 1) + depth * columns);
  const c = new Float32Array(splits * batches * cStride + 16).fill(UNTOUCHED);
  const wanted = Float64Array.from(c);
  const perSplit = Math.ceil(depth / splits);
  for (let part = 0; part < splits * batches; part++) {
    const batch = part % batches;
    const begin = Math.floor(part / batches) * perSplit;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        let sum = 0;
        for (let k = begin; k < Math.min(begin + perSplit, depth); k++) {
          sum += a[batch * aStride + k * rows + row]! * b[batch * bStride + k * columns + column]!;
        }
        wanted[part * cStride + row * columns + column] = sum;
      }
    }
  }
  const result = await runPlan(gpu, plan, { a, b, c });
  const untouched = (values: ArrayLike<number>) =>
    Float64Array.from(values, (value, i) => (wanted[i] === UNTOUCHED ? (value === UNTOUCHED ? 0 : Number.NaN) : value));
  return largestError(untouched(result.c), untouched(wanted));
}

async function expectExact(plan: (shape: TransposedGemmShape) => KernelPlan, runs: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(productShapes, fc.integer(), async (shape, seed) => {
      expect(await productError(plan(shape), shape, seed)).toBeLessThan(1e-5);
    }),
    { seed: 1337, numRuns: runs },
  );
}

test.each([
  { rows4: 4, columns4: 2 },
  { rows4: 3, columns4: 5 },
  { rows4: 1, columns4: 1 },
])("in registers, %o", (tile) => expectExact((shape) => planTransposedGemmRegister(shape, tile), 25));

test.each(Object.entries(transposedTiles))("in tiles, %s", (_, variant) =>
  expectExact((shape) => planTransposedGemmTile(shape, variant), 12),
);

describe.each([true, false])("as chosen, on a processor: %s", (isProcessor) => {
  test.each([
    ["dense layers of several networks", { batches: 5, depth: 33, rows4: 196, columns4: 5, aStride4: 0 }],
    ["a deep sum of few results", { batches: 1, depth: 3000, rows4: 5, columns4: 3 }],
    ["Winograd's 36 products", { batches: 36, depth: 9, rows4: 2, columns4: 3 }],
  ])("%s", async (_, sizes) => {
    const shape = { ...sizes, splits: transposedGemmSplits(isProcessor, sizes) };
    expect(await productError(planTransposedGemm(isProcessor, shape), shape, 1)).toBeLessThan(1e-5);
  });
});

test("parts are added in their order", async () => {
  // 1 is lost in 2^25, unless both large numbers are gone when it comes.
  const x = Float32Array.of(2 ** 25, 1, 3, 4, -(2 ** 25), 2 ** 25, 5, 6, 1, -(2 ** 25), 7, 8);
  const { y } = await runPlan(gpu, planSumParts({ parts: 3, count4: 1 }), {
    x,
    y: new Float32Array(8).fill(UNTOUCHED),
  });
  expect([...y]).toEqual([1, 0, 15, 18, ...Array(4).fill(UNTOUCHED)]);
});
