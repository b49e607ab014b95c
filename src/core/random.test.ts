/** Seeded random numbers: the same for a seed and label, unrelated between them, uniform and normal as they say. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { random } from "./random.ts";

const draws = (seed: number, label: string, count: number) => {
  const stream = random(seed, label);
  return Array.from({ length: count }, () => stream.uniform());
};

describe("random", () => {
  test("gives the numbers it always gave", () => {
    const stream = random(1337, "epoch 0");
    expect([stream.uint32(), stream.uint32(), stream.below(10), stream.uniform(), stream.normal()]).toEqual([
      1657803813, 2903339142, 7, 0.875185543904081, -1.2753596336115152,
    ]);
  });

  test("repeats itself for the same seed and label, and for no other", () => {
    expect(draws(7, "a", 5)).toEqual(draws(7, "a", 5));
    const others = [draws(7, "b", 5), draws(8, "a", 5), draws(7, "", 5), draws(-7, "a", 5), draws(7 + 2 ** 32, "a", 5)];
    expect(new Set([draws(7, "a", 5), ...others].map(String)).size).toBe(6);
  });

  test.each(["digits train ", "epoch ", ""])(
    "first draws of labels %j0, %j1, ... are uniform and uncorrelated",
    (label) => {
      const count = 20_000;
      const first = Array.from({ length: count }, (_, n) =>
        label === "" ? draws(n, "", 1)[0]! : draws(1, `${label}${n}`, 1)[0]!,
      );
      const mean = first.reduce((sum, value) => sum + value, 0) / count;
      const serial = first.slice(1).reduce((sum, value, n) => sum + (value - 0.5) * (first[n]! - 0.5), 0) / (count - 1);
      // Four standard deviations: of the mean 1 / sqrt(12 n), of the product of two draws 1 / (12 sqrt(n)).
      expect(Math.abs(mean - 0.5)).toBeLessThan(4 / Math.sqrt(12 * count));
      expect(Math.abs(serial)).toBeLessThan(4 / (12 * Math.sqrt(count)));
    },
  );

  test("below covers 0 to count - 1 evenly", () => {
    const stream = random(5);
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 14_000; i++) counts[stream.below(7)]!++;
    // Standard deviation of a count of 2,000: 41.
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(180);
    expect(stream.below(1)).toBe(0);
    expect(stream.below(2 ** 32)).toBeGreaterThan(0);
  });

  test("normal has mean 0, variance 1 and stays within 6", () => {
    const stream = random(6);
    const values = Array.from({ length: 20_000 }, () => stream.normal());
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(variance - 1)).toBeLessThan(0.04);
    expect(values.every((value) => Math.abs(value) <= 6)).toBe(true);
  });

  test("permutation is an order of all numbers", () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(70), (seed, count) => {
        const order = random(seed, "order").permutation(count);
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
      }),
      { seed: 4 },
    );
  });

  test("permutation puts each number anywhere equally often", () => {
    const counts = new Array<number>(9).fill(0);
    for (let seed = 0; seed < 9000; seed++) counts[random(seed, "places").permutation(9).indexOf(0)]!++;
    // Standard deviation of a count of 1,000: 30.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(130);
  });
});
