/** Pooling over all positions on the GPU against float64, also where there are very many. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { evaluateLayer } from "../reference/evaluate-layer.ts";
import { planGlobalPool } from "./global-pool.ts";
import { largestError } from "./run.fixture.ts";
import { drawTensor, packTensor, runTensorPlan, someAxis, someChannels, someRows } from "./tensor.fixture.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const layer = { kind: "global-pool", name: "pool", inputs: ["x"] } as const;
const pools = fc.constantFrom("max" as const, "average" as const);
const widths = fc.oneof(someAxis, fc.integer({ min: 8, max: 70 }));

test("equals the reference", async () => {
  await fc.assert(
    fc.asyncProperty(
      ...([pools, someRows, someAxis, widths, someChannels, fc.integer()] as const),
      async (pool, rows, height, width, channels, seed) => {
        const x = drawTensor(random(seed), rows, [height, width, channels]);
        const plan = planGlobalPool(rows, x.shape, pool);
        const got = await runTensorPlan(gpu, plan, { x: x.packed }, rows, [1, 1, channels]);
        const wanted = evaluateLayer({ ...layer, pool }, [x], rows);
        if (pool === "max") expect(got).toEqual(Float32Array.from(wanted));
        else expect(largestError(got, wanted)).toBeLessThan(1e-6);
      },
    ),
    { seed: 1337, numRuns: 60 },
  );
});

test("the mean of 50,176 positive numbers is exact to 1e-6 of itself", async () => {
  const draw = random(7);
  const shape = [224, 224, 3];
  const values = Float32Array.from({ length: 2 * 224 * 224 * 3 }, () => 100 + draw.normal());
  const plan = planGlobalPool(2, shape, "average");
  const got = await runTensorPlan(gpu, plan, { x: packTensor(values, 2, shape) }, 2, [1, 1, 3]);
  const wanted = evaluateLayer({ ...layer, pool: "average" }, [{ values, shape }], 2);
  expect(largestError(got, wanted)).toBeLessThan(1e-6);
});
