/** Scale, shift and activation on the GPU against float64. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import type { Activation } from "../network/network.ts";
import { evaluateLayer } from "../reference/evaluate-layer.ts";
import { largestError } from "./run.fixture.ts";
import { planScale } from "./scale.ts";
import { drawTensor, runTensorPlan, someAxis, someChannels, someRows } from "./tensor.fixture.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const activations = fc.constantFrom<Activation>(
  { kind: "linear", alpha: 0 },
  { kind: "relu", alpha: 0 },
  { kind: "clip", alpha: -0.25, beta: 0.75 },
  { kind: "silu", alpha: 0 },
);

test("equals the reference, with and without its numbers a channel", async () => {
  await fc.assert(
    fc.asyncProperty(
      ...([
        someRows,
        fc.array(someAxis, { maxLength: 2 }),
        someChannels,
        activations,
        fc.boolean(),
        fc.integer(),
      ] as const),
      async (rows, axes, channels, activation, affine, seed) => {
        const draw = random(seed);
        const x = drawTensor(draw, rows, [...axes, channels]);
        const scale = drawTensor(draw, 1, [channels]);
        const shift = drawTensor(draw, 1, [channels]);
        const plan = planScale({ rows, shape: x.shape, activation, affine });
        const data = { x: x.packed, scale: scale.packed, shift: shift.packed };
        const got = await runTensorPlan(gpu, plan, data, rows, x.shape);
        const base = { name: "scale", inputs: ["x"], activation };
        const wanted = affine
          ? evaluateLayer({ ...base, kind: "scale", scale: scale.values, shift: shift.values }, [x], rows)
          : evaluateLayer({ ...base, kind: "activation" }, [x], rows);
        expect(largestError(got, wanted)).toBeLessThan(1e-5);
      },
    ),
    { seed: 1337, numRuns: 60 },
  );
});
