/** Local response normalisation on the GPU against float64: windows at both ends of the channels, even and odd sizes. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import type { LrnLayer } from "../network/network.ts";
import { evaluateLayer } from "../reference/evaluate-layer.ts";
import { planLrn } from "./lrn.ts";
import { largestError } from "./run.fixture.ts";
import { drawTensor, runTensorPlan, someAxis, someChannels, someRows } from "./tensor.fixture.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

test("equals the reference", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        rows: someRows,
        axes: fc.array(someAxis, { maxLength: 2 }),
        channels: someChannels,
        size: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constant(1000)),
        alpha: fc.constantFrom(1e-4, 0.5, 3),
        beta: fc.constantFrom(0.5, 0.75, 1),
        bias: fc.constantFrom(1, 2),
        seed: fc.integer(),
      }),
      async ({ rows, axes, channels, seed, ...numbers }) => {
        const layer: LrnLayer = { kind: "lrn", name: "lrn", inputs: ["x"], ...numbers };
        const x = drawTensor(random(seed), rows, [...axes, channels]);
        const got = await runTensorPlan(gpu, planLrn(rows, x.shape, layer), { x: x.packed }, rows, x.shape);
        expect(largestError(got, evaluateLayer(layer, [x], rows))).toBeLessThan(3e-6);
      },
    ),
    { seed: 1337, numRuns: 60 },
  );
});
