/** Sums by channel and network against float64, part by part, with a second sum and without. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { channelSumParts, planChannelSums } from "./channel-sums.ts";
import { largestError, runPlan, UNTOUCHED } from "./run.fixture.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

const sizes = fc.record({
  groups: fc.integer({ min: 1, max: 4 }),
  positions: fc.constantFrom(1, 3, 4, 37, 700, 2500),
  channels4: fc.constantFrom(1, 2, 5),
  gap: fc.nat(2),
  isProcessor: fc.boolean(),
  seed: fc.integer(),
});

test.each([
  ["none", false],
  ["product", false],
  ["product", true],
] as const)("second sum: %s, shifted: %s", async (second, shifted) => {
  await fc.assert(
    fc.asyncProperty(sizes, async ({ groups, positions, channels4, gap, isProcessor, seed }) => {
      const draw = random(seed);
      const normals = (count: number, mean = 0) => Float32Array.from({ length: count }, () => mean + draw.normal());
      const channels = 4 * channels4;
      const mean = shifted ? 100 : 0;
      const x = normals(groups * positions * channels);
      const other = normals(groups * positions * channels, mean);
      const shift = normals(groups * channels, mean);
      const parts = channelSumParts(isProcessor, { groups, positions, channels4 });
      const sums = second === "none" ? 1 : 2;
      const stride4 = sums * channels4 + gap;
      const blank = new Float32Array(parts * groups * stride4 * 4).fill(UNTOUCHED);
      const plan = planChannelSums({ groups, positions, channels4, parts, second, shifted, stride4 });
      const { partial } = await runPlan(gpu, plan, { x, other, shift, partial: blank });

      const factor = (at: number, channel: number) => other[at]! - (shifted ? shift[channel]! : 0);
      const wanted = Float64Array.from(blank);
      const partSize = Math.ceil(positions / parts);
      for (let slot = 0; slot < parts * groups; slot++) {
        wanted.fill(0, slot * stride4 * 4, (slot * stride4 + sums * channels4) * 4);
        const [part, group] = [Math.floor(slot / groups), slot % groups];
        for (let p = part * partSize; p < Math.min(positions, (part + 1) * partSize); p++) {
          for (let c = 0; c < channels; c++) {
            const from = (group * positions + p) * channels + c;
            const to = slot * stride4 * 4 + c;
            wanted[to] = wanted[to]! + x[from]!;
            if (sums === 2) {
              wanted[to + channels] = wanted[to + channels]! + x[from]! * factor(from, group * channels + c);
            }
          }
        }
      }
      const isGap = (at: number) => at % (stride4 * 4) >= sums * channels;
      expect(partial.filter((_, at) => isGap(at)).every((value) => value === UNTOUCHED)).toBe(true);
      const kept = (values: Float32Array | Float64Array) => Array.from(values).filter((_, at) => !isGap(at));
      expect(largestError(kept(partial), kept(wanted))).toBeLessThan(1e-5);
    }),
    { seed: 1337, numRuns: 25 },
  );
});
