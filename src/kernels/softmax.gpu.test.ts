/** Softmax over the channels on the GPU against float64, also of numbers whose exponentials overflow. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { evaluateLayer } from "../reference/evaluate-layer.ts";
import { largestError } from "./run.fixture.ts";
import { planSoftmax } from "./softmax.ts";
import { packTensor, runTensorPlan, someAxis, someChannels, someRows } from "./tensor.fixture.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

test("equals the reference", async () => {
  await fc.assert(
    fc.asyncProperty(
      ...([someRows, fc.array(someAxis, { maxLength: 2 }), someChannels, fc.boolean()] as const),
      ...([fc.constantFrom(-5000, -100, 0, 100, 5000), fc.integer()] as const),
      async (rows, axes, channels, log, offset, seed) => {
        const draw = random(seed);
        const shape = [...axes, channels];
        const size = rows * shape.reduce((product, axis) => product * axis, 1);
        const values = Float32Array.from({ length: size }, () => offset + 3 * draw.normal());
        const plan = planSoftmax(rows, shape, log);
        const got = await runTensorPlan(gpu, plan, { x: packTensor(values, rows, shape) }, rows, shape);
        const wanted = evaluateLayer({ kind: "softmax", name: "s", inputs: ["x"], log }, [{ values, shape }], rows);
        expect(largestError(got, wanted)).toBeLessThan(1e-5);
      },
    ),
    { seed: 1337, numRuns: 60 },
  );
});
