/** Adding tensors up on the GPU: exact, and nothing behind the end. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { planAccumulate } from "./accumulate.ts";
import { runPlan, UNTOUCHED } from "./run.fixture.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

test("adds each number once", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 700 }), fc.integer(), async (vectors, seed) => {
      const draw = random(seed);
      const x = Float32Array.from({ length: 4 * vectors }, () => draw.normal());
      const old = Float32Array.from({ length: 4 * vectors }, () => draw.normal());
      const { y } = await runPlan(gpu, planAccumulate(4 * vectors), { x, y: Float32Array.of(...old, ...BEHIND) });
      expect(y).toEqual(Float32Array.of(...old.map((value, i) => value + x[i]!), ...BEHIND));
    }),
    { seed: 1337, numRuns: 20 },
  );
});

const BEHIND = Array<number>(8).fill(UNTOUCHED);

test("takes whole vec4s alone", () => {
  expect(() => planAccumulate(6)).toThrow("accumulate: 6 numbers");
});
