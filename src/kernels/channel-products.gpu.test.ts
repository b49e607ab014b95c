/** Sums of products by channel and group, and of their absolute values, part by part, against float64. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { planChannelProducts } from "./channel-products.ts";
import { largestError, runPlan, UNTOUCHED } from "./run.fixture.ts";
import { blankTensor, drawTensor, someChannels, unpackTensor } from "./tensor.fixture.ts";
import { tensorFloats } from "./tensor-layout.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

test.each([false, true])("channel-products adds up x y, and |x y| where asked: %s", async (absolute) => {
  const sizes = fc.record({
    groups: fc.integer({ min: 1, max: 4 }),
    positions: fc.constantFrom(1, 3, 37, 700),
    channels: someChannels,
    // More parts than there is work for among them: those are 0.
    parts: fc.constantFrom(1, 2, 5),
    seed: fc.integer(),
  });
  await fc.assert(
    fc.asyncProperty(sizes, async ({ groups, positions, channels, parts, seed }) => {
      const draw = random(seed);
      const [x, y] = [drawTensor(draw, groups, [positions, channels]), drawTensor(draw, groups, [positions, channels])];
      const kinds = absolute ? 2 : 1;
      const rows = parts * groups * kinds;
      const { sums } = await runPlan(gpu, planChannelProducts({ groups, positions, channels, parts, absolute }), {
        ...{ x: x.packed, y: y.packed },
        sums: blankTensor(rows, [channels]),
      });
      expect(sums.subarray(tensorFloats(rows, [channels])).every((value) => value === UNTOUCHED)).toBe(true);
      const wanted = new Float64Array(rows * channels);
      const partSize = Math.ceil(positions / parts);
      x.values.forEach((value, at) => {
        const product = value * y.values[at]!;
        const position = Math.floor(at / channels) % positions;
        const group = Math.floor(at / channels / positions);
        const slot = (Math.floor(position / partSize) * groups + group) * kinds * channels + (at % channels);
        wanted[slot] = wanted[slot]! + product;
        if (absolute) wanted[slot + channels] = wanted[slot + channels]! + Math.abs(product);
      });
      expect(largestError(unpackTensor(sums, rows, [channels]), wanted)).toBeLessThan(1e-5);
    }),
    { seed: 1337, numRuns: 20 },
  );
});
