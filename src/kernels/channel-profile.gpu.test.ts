/** What each channel does on each image, part by part, against float64. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { imageParts, PROFILE_ROWS, planChannelProfile } from "./channel-profile.ts";
import { largestError, runPlan, UNTOUCHED } from "./run.fixture.ts";
import { blankTensor, packTensor, someChannels, unpackTensor } from "./tensor.fixture.ts";
import { tensorFloats } from "./tensor-layout.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

test("channel-profile gives sum, sum of squares, maximum and zeros of each channel and image", async () => {
  const sizes = fc.record({
    images: fc.integer({ min: 1, max: 4 }),
    positions: fc.constantFrom(1, 3, 37, 700, 1100),
    channels: someChannels,
    isProcessor: fc.boolean(),
    seed: fc.integer(),
  });
  await fc.assert(
    fc.asyncProperty(sizes, async ({ images, positions, channels, isProcessor, seed }) => {
      const draw = random(seed);
      // Some are 0, and some channels are below 0 throughout.
      const values = Float32Array.from({ length: images * positions * channels }, (_, at) =>
        draw.below(3) === 0 && at % 3 > 0 ? 0 : draw.normal() - (at % channels === 0 ? 9 : 0),
      );
      const parts = imageParts(isProcessor, positions, channels);
      const { profile } = await runPlan(gpu, planChannelProfile({ images, positions, channels, parts }), {
        a: packTensor(values, images, [positions, channels]),
        profile: blankTensor(parts * images * PROFILE_ROWS, [channels]),
      });
      const behind = profile.subarray(tensorFloats(parts * images * PROFILE_ROWS, [channels]));
      expect(behind.every((value) => value === UNTOUCHED)).toBe(true);
      const found = unpackTensor(profile, parts * images * PROFILE_ROWS, [channels]);
      const joined = new Float64Array(images * PROFILE_ROWS * channels).map((_, at) =>
        Math.floor(at / channels) % PROFILE_ROWS === 2 ? Number.NEGATIVE_INFINITY : 0,
      );
      const wanted = joined.slice();
      const size = joined.length;
      found.forEach((value, at) => {
        const to = at % size;
        const isMaximum = Math.floor(to / channels) % PROFILE_ROWS === 2;
        joined[to] = isMaximum ? Math.max(joined[to]!, value) : joined[to]! + value;
      });
      values.forEach((value, at) => {
        const image = Math.floor(at / (positions * channels));
        const to = (row: number) => (image * PROFILE_ROWS + row) * channels + (at % channels);
        wanted[to(0)] = wanted[to(0)]! + value;
        wanted[to(1)] = wanted[to(1)]! + value * value;
        wanted[to(2)] = Math.max(wanted[to(2)]!, value);
        wanted[to(3)] = wanted[to(3)]! + (value === 0 ? 1 : 0);
      });
      expect(largestError(joined, wanted)).toBeLessThan(1e-5);
      const counts = (all: Float64Array) => [...all].filter((_, at) => Math.floor(at / channels) % PROFILE_ROWS >= 2);
      expect(counts(joined)).toEqual(counts(wanted));
    }),
    { seed: 1337, numRuns: 25 },
  );
});
