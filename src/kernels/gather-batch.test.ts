/** The random changes of images: half are mirrored, all shifts are about as frequent, and nothing depends on anything else. */
import { describe, expect, test } from "vitest";
import { augmentationOf } from "./gather-batch.fixture.ts";

const change = { flip: true, shift: 2, seed: 1337, epoch: 3 };
const drawn = Array.from({ length: 10_000 }, (_, sample) => augmentationOf(change, sample));

describe("augmentationOf", () => {
  test("mirrors half of the samples, and none where that is not asked for", () => {
    const mirrored = drawn.filter((one) => one.mirrored).length;
    // Five standard deviations.
    expect(Math.abs(mirrored - 5000)).toBeLessThan(250);
    expect(drawn.some((_, sample) => augmentationOf({ ...change, flip: false }, sample).mirrored)).toBe(false);
  });

  test("gives each pair of shifts and each side its share", () => {
    const counts = new Map<string, number>();
    for (const { mirrored, dx, dy } of drawn) {
      const key = `${mirrored} ${dx} ${dy}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(2 * 5 * 5);
    // 200 of each are expected, with a standard deviation of 14.
    for (const [key, count] of counts) expect(Math.abs(count - 200), key).toBeLessThan(70);
  });

  test("moves nothing where the shift is 0", () => {
    const still = drawn.map((_, sample) => augmentationOf({ ...change, shift: 0 }, sample));
    expect(still.every(({ dx, dy }) => dx === 0 && dy === 0)).toBe(true);
  });

  test("draws anew for every epoch and seed", () => {
    const differs = (other: Partial<typeof change>) =>
      drawn.filter(({ dx }, sample) => augmentationOf({ ...change, ...other }, sample).dx !== dx).length;
    for (const other of [{ epoch: 4 }, { seed: 1338 }]) {
      // Four in five.
      expect(Math.abs(differs(other) - 8000)).toBeLessThan(200);
    }
  });
});
