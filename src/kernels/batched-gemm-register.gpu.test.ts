/** Products in registers in every variant against float64: odd sizes, batches, rows of c apart. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { productError, productShapes } from "./batched-gemm.fixture.ts";
import { planBatchedGemmRegister, registerVariants } from "./batched-gemm-register.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const everyVariant = [
  ...new Map(
    [1, 2, 3, 1000].flatMap(registerVariants).map((variant) => [JSON.stringify(variant), variant] as const),
  ).values(),
];

test.each(everyVariant)("%o", async (variant) => {
  await fc.assert(
    fc.asyncProperty(productShapes, fc.boolean(), fc.integer(), async (shape, fused, seed) => {
      const error = await productError(gpu, shape, (...of) => planBatchedGemmRegister(of[0], variant, of[1]), {
        fused,
        seed,
      });
      expect(error).toBeLessThan(1e-5);
    }),
    { seed: 1337, numRuns: 12 },
  );
});

test("Winograd's 36 products at once", async () => {
  const shape = { batches: 36, rows: 7, columns4: 3, depth4: 5 };
  const error = await productError(gpu, shape, (sizes) => planBatchedGemmRegister(sizes, everyVariant.at(-1)!), {
    fused: false,
    seed: 1,
  });
  expect(error).toBeLessThan(1e-5);
});
