/** Gradients of pooling over all positions on the GPU against central differences. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { planGlobalPoolGradient } from "./global-pool-gradient.ts";
import { differences, drawDistinct, drawOutput, runGradient } from "./gradient.fixture.ts";
import { largestError } from "./run.fixture.ts";
import { packTensor, someAxis, someChannels, someRows } from "./tensor.fixture.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

test.each(["max", "average"] as const)("%s equals central differences", async (pool) => {
  const layer = { kind: "global-pool", name: "pool", inputs: ["x"], pool } as const;
  await fc.assert(
    fc.asyncProperty(someRows, someAxis, someAxis, someChannels, fc.integer(), async (rows, height, width, c, seed) => {
      const draw = random(seed);
      const x = drawDistinct(draw, rows, [height, width, c]);
      const dy = drawOutput(draw, layer, [x], rows);
      const plan = planGlobalPoolGradient(rows, x.shape, pool);
      const got = await runGradient(gpu, plan, { x: x.packed, dy: dy.packed }, rows, x.shape);
      expect(largestError(got, differences(layer, [x], 0, dy.values, rows))).toBeLessThan(1e-5);
    }),
    { seed: 1337, numRuns: 20 },
  );
});

test("a tie's gradient goes to the first of the largest", async () => {
  const x = packTensor([1, 5, 2, 5, 2, 5], 1, [3, 1, 2]);
  const dy = packTensor([3, 4], 1, [1, 1, 2]);
  const got = await runGradient(gpu, planGlobalPoolGradient(1, [3, 1, 2], "max"), { x, dy }, 1, [3, 1, 2]);
  expect([...got]).toEqual([0, 4, 3, 0, 0, 0]);
});
