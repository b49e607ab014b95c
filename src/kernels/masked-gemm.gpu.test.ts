/** Many damaged copies of a layer as one product, in every variant: equal to damaging the activations beforehand. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hasBit, wordsFor } from "../core/bitset.ts";
import { random } from "../core/random.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { differentiable } from "../reference/activation.ts";
import { gemmVariants } from "./gemm.ts";
import { planMaskedGemm } from "./masked-gemm.ts";
import { largestError, runPlan, UNTOUCHED } from "./run.fixture.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const variants = [
  ...new Map(
    [true, false]
      .flatMap((isProcessor) => [3, 24, 65].flatMap((columns) => gemmVariants(isProcessor, columns)))
      .map((variant) => [JSON.stringify(variant), variant] as const),
  ),
];
const load = { kind: "relu", alpha: 0 } as const;
const store = { kind: "leaky-relu", alpha: 0.1 } as const;

const cases = fc.record({
  masks: fc.integer({ min: 1, max: 5 }),
  maskStart: fc.nat(3),
  images: fc.integer({ min: 1, max: 33 }),
  imageStart: fc.nat(5),
  columns: fc.constantFrom(1, 3, 7, 17, 65),
  depth: fc.constantFrom(1, 5, 31, 32, 33, 65),
  unitMajor: fc.boolean(),
  bias: fc.boolean(),
  seed: fc.integer(),
});

test.each(variants)("%s", async (_, variant) => {
  await fc.assert(
    fc.asyncProperty(cases, async ({ masks, maskStart, images, imageStart, columns, depth, unitMajor, bias, seed }) => {
      const draw = random(seed);
      const normals = (count: number) => Float32Array.from({ length: count }, () => draw.normal());
      const stored = imageStart + images;
      const a: [number, number] = unitMajor ? [1, stored + 2] : [depth, 1];
      const data = {
        a: normals(depth * (stored + 2)),
        displacement: normals(depth * (stored + 2)),
        masks: Uint32Array.from({ length: (maskStart + masks) * wordsFor(depth) }, () => draw.uint32()),
        b: normals(depth * columns),
        bias: normals(columns),
        c: new Float32Array(masks * images * columns + 7).fill(UNTOUCHED),
      };
      const wanted = Float64Array.from(data.c);
      for (let row = 0; row < masks * images; row++) {
        const mask = maskStart + Math.floor(row / images);
        const bits = data.masks.subarray(mask * wordsFor(depth));
        for (let n = 0; n < columns; n++) {
          let sum = bias ? data.bias[n]! : 0;
          for (let k = 0; k < depth; k++) {
            const at = (imageStart + (row % images)) * a[0] + k * a[1];
            const value = differentiable(load).value(data.a[at]!) + (hasBit(bits, k) ? data.displacement[at]! : 0);
            sum += value * data.b[k * columns + n]!;
          }
          wanted[row * columns + n] = differentiable(store).value(sum);
        }
      }
      const shape = { masks, maskStart, images, imageStart, columns, depth, a, bias, load, store };
      const strides = { b: [columns, 1], c: [columns, 1] } as const;
      const { c } = await runPlan(gpu, planMaskedGemm({ ...shape, ...strides }, variant), data);
      const written = masks * images * columns;
      expect(largestError(c.subarray(0, written), wanted.subarray(0, written))).toBeLessThan(1e-5);
      expect([...c.subarray(written)]).toEqual(Array(7).fill(UNTOUCHED));
    }),
    { seed: 8, numRuns: 10 },
  );
});
