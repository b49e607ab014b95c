/** Products that skip the background against dense ones in float64: images and rows of numbers, shared samples and own ones. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { LINEAR, RELU } from "../network/network.ts";
import { largestError, runPlan, UNTOUCHED } from "./run.fixture.ts";
import {
  occupiedWords,
  planOccupied,
  planSparseGemm,
  planSparseStart,
  planSparseTransposedGemm,
  type SparseShape,
} from "./sparse-gemm.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const shapes: fc.Arbitrary<SparseShape & { readonly density: number }> = fc
  .record({
    batches: fc.constantFrom(1, 3, 5, 9),
    shared: fc.boolean(),
    rows: fc.constantFrom(1, 7, 16, 35, 70),
    // An image of 8 lines, or 9 or 37 vectors of no image.
    form: fc.constantFrom({ vectors: 16, line4: 2 }, { vectors: 9, line4: 1 }, { vectors: 37, line4: 1 }),
    columns4: fc.constantFrom(5, 7),
    gap: fc.nat(3),
    background: fc.constantFrom(-1, 0, 0.5),
    density: fc.constantFrom(0, 0.02, 0.3, 1),
  })
  .map(({ shared, form, gap, ...shape }) => ({
    ...shape,
    ...form,
    groups: shared ? 1 : shape.batches,
    weightStride4: 4 * form.vectors * shape.columns4 + gap,
  }));

test("the product and its weight gradient are those of the whole batch", async () => {
  await fc.assert(
    fc.asyncProperty(shapes, fc.nat(), async ({ density, ...shape }, seed) => {
      const { batches, groups, rows, vectors, columns4, weightStride4, background } = shape;
      const draw = random(seed);
      const normals = (count: number) => Float32Array.from({ length: count }, () => draw.normal());
      const [depth, columns] = [4 * vectors, 4 * columns4];
      const x = Float32Array.from({ length: groups * rows * depth }, () =>
        draw.uniform() < density ? draw.normal() : background,
      );
      const w = normals(batches * weightStride4 * 4);
      const bias = normals(batches * weightStride4 * 4);
      const words = occupiedWords(shape);
      const bitsOf = async (of: "rows" | "squares") =>
        (await runPlan(gpu, planOccupied(shape, of), { x, bits: new Uint32Array(words[of]) })).bits;
      const { start } = await runPlan(gpu, planSparseStart(shape, true), {
        ...{ w, bias },
        start: new Float32Array(batches * columns),
      });
      const given = { x, occupied: await bitsOf("rows"), w, start, c: new Float32Array(batches * rows * columns + 4) };
      given.c.fill(UNTOUCHED);
      const { c } = await runPlan(gpu, planSparseGemm(shape, RELU), given);
      const at = (z: number, m: number, k: number) => x[((groups === 1 ? 0 : z) * rows + m) * depth + k]!;
      const wanted: number[] = [];
      for (let z = 0; z < batches; z++) {
        for (let m = 0; m < rows; m++) {
          for (let n = 0; n < columns; n++) {
            let sum = bias[z * weightStride4 * 4 + n]!;
            for (let k = 0; k < depth; k++) sum += at(z, m, k) * w[z * weightStride4 * 4 + k * columns + n]!;
            wanted.push(Math.max(0, sum));
          }
        }
      }
      expect(largestError(c.subarray(0, -4), wanted)).toBeLessThan(1e-4);
      expect(c.at(-1)).toBe(UNTOUCHED);

      const b = normals(batches * rows * columns);
      const total = new Float32Array(batches * columns);
      b.forEach((value, i) => {
        const n = Math.floor(i / (rows * columns)) * columns + (i % columns);
        total[n] = total[n]! + value;
      });
      const gradient = {
        x,
        occupied: await bitsOf("squares"),
        b,
        total,
        c: new Float32Array(w.length).fill(UNTOUCHED),
      };
      const dw = (await runPlan(gpu, planSparseTransposedGemm(shape), gradient)).c;
      const expected = new Float64Array(w.length).fill(UNTOUCHED);
      for (let z = 0; z < batches; z++) {
        for (let k = 0; k < depth; k++) {
          for (let n = 0; n < columns; n++) {
            let sum = 0;
            for (let m = 0; m < rows; m++) sum += at(z, m, k) * b[(z * rows + m) * columns + n]!;
            expected[z * weightStride4 * 4 + k * columns + n] = sum;
          }
        }
      }
      const own = (_: number, i: number) => i % (weightStride4 * 4) < depth * columns;
      expect(largestError(dw.filter(own), expected.filter(own))).toBeLessThan(1e-4);
      expect(dw.filter((value, i) => !own(value, i) && value !== UNTOUCHED)).toHaveLength(0);
    }),
    { seed: 1337, numRuns: 30 },
  );
});

test("what is the background everywhere is left out of the bits", async () => {
  const shape = {
    batches: 1,
    groups: 1,
    rows: 40,
    vectors: 16,
    columns4: 1,
    weightStride4: 64,
    line4: 2,
    background: -1,
  };
  const x = new Float32Array(40 * 64).fill(-1);
  // Row 33 differs in line 5 of the image, vector 1 of the line: square 1 of the lower band, vector 11.
  x[33 * 64 + (5 * 2 + 1) * 4 + 2] = 0.25;
  const words = occupiedWords(shape);
  const rows = (await runPlan(gpu, planOccupied(shape, "rows"), { x, bits: new Uint32Array(words.rows) })).bits;
  expect([...rows]).toEqual([0, 0, 1 << 11]);
  const squares = (await runPlan(gpu, planOccupied(shape, "squares"), { x, bits: new Uint32Array(words.squares) }))
    .bits;
  expect([...squares]).toEqual([0, 0, 0, 0, 0, 0, 0, 1 << 1]);
  // Nothing to multiply: each row of the product is what it begins with.
  const still = { ...shape, rows: 3 };
  const start = Float32Array.of(1, 2, 3, 4);
  const data = { x: x.subarray(0, 192), occupied: new Uint32Array(1), w: new Float32Array(256), start };
  const { c } = await runPlan(gpu, planSparseGemm(still, LINEAR), { ...data, c: new Float32Array(12) });
  expect([...c]).toEqual([1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4]);
});
