/** Pooling on the GPU against float64: windows of all kinds, with all kinds of padding. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import type { Pool2dLayer } from "../network/network.ts";
import { emptyWindow, windowOutputs } from "../network/window.ts";
import { evaluateLayer } from "../reference/evaluate-layer.ts";
import { planPool2d } from "./pool2d.ts";
import { largestError } from "./run.fixture.ts";
import { drawTensor, runTensorPlan, someAxis, someChannels, someRows } from "./tensor.fixture.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const pair = (min: number, max: number) => fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));

/** Windows that all see some of the input: of others there is no maximum. */
const layers = fc
  .record({
    size: fc.tuple(someAxis, fc.integer({ min: 1, max: 13 })),
    kernel: pair(1, 4),
    stride: pair(1, 3),
    dilation: pair(1, 2),
    before: pair(0, 3),
    after: pair(0, 3),
    ceilMode: fc.boolean(),
    countIncludePad: fc.boolean(),
    pool: fc.constantFrom("max" as const, "average" as const),
  })
  .map(({ size, before, after, ...rest }) => {
    const padding = { top: before[0], left: before[1], bottom: after[0], right: after[1] };
    const layer: Pool2dLayer = { kind: "pool2d", name: "pool", inputs: ["x"], padding, ...rest };
    return { size, layer, out: windowOutputs(layer, size[0], size[1], layer.ceilMode) };
  })
  .filter(({ size, layer: { kernel, stride, dilation, padding }, out }) =>
    [padding.top, padding.left].every((before, axis) => {
      const at = axis as 0 | 1;
      return out[at] > 0 && emptyWindow(out[at], size[at], kernel[at], stride[at], dilation[at], before) < 0;
    }),
  );

test("equals the reference", async () => {
  await fc.assert(
    fc.asyncProperty(
      layers,
      someRows,
      someChannels,
      fc.integer(),
      async ({ size, layer, out }, rows, channels, seed) => {
        const x = drawTensor(random(seed), rows, [...size, channels]);
        const [height, width] = size;
        const [outHeight, outWidth] = out;
        const plan = planPool2d({ ...layer, rows, height, width, channels, outHeight, outWidth });
        const got = await runTensorPlan(gpu, plan, { x: x.packed }, rows, [...out, channels]);
        const wanted = evaluateLayer(layer, [x], rows);
        if (layer.pool === "max") expect(got).toEqual(Float32Array.from(wanted));
        else expect(largestError(got, wanted)).toBeLessThan(1e-6);
      },
    ),
    { seed: 1337, numRuns: 80 },
  );
});
