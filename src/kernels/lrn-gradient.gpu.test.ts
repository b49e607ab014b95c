/** Gradients of local response normalisation on the GPU against central differences: even, odd and endless windows. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import type { LrnLayer } from "../network/network.ts";
import { differences, drawOutput, runGradient } from "./gradient.fixture.ts";
import { planLrnGradient } from "./lrn-gradient.ts";
import { largestError } from "./run.fixture.ts";
import { drawTensor, someChannels, someRows } from "./tensor.fixture.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

test("equals central differences", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        rows: someRows,
        axes: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
        channels: someChannels,
        size: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constant(1000)),
        alpha: fc.constantFrom(1e-4, 0.5, 3),
        beta: fc.constantFrom(0.5, 0.75, 1),
        bias: fc.constantFrom(1, 2),
        seed: fc.integer(),
      }),
      async ({ rows, axes, channels, seed, ...numbers }) => {
        const layer: LrnLayer = { kind: "lrn", name: "lrn", inputs: ["x"], ...numbers };
        const draw = random(seed);
        const x = drawTensor(draw, rows, [...axes, channels]);
        const dy = drawOutput(draw, layer, [x], rows);
        const plan = planLrnGradient(rows, x.shape, layer);
        const got = await runGradient(gpu, plan, { x: x.packed, dy: dy.packed }, rows, x.shape);
        expect(largestError(got, differences(layer, [x], 0, dy.values, rows))).toBeLessThan(1e-5);
      },
    ),
    { seed: 1337, numRuns: 40 },
  );
});
