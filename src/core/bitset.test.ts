/** Sets of samples as bits, against a plain list of booleans. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { countBits, hasBit, popcount, setBit, wordsFor } from "./bitset.ts";

test.each([
  [0, 0],
  [1, 1],
  [31, 1],
  [32, 1],
  [33, 2],
  [10_000, 313],
])("%d bits take %d words", (count, words) => {
  expect(wordsFor(count)).toBe(words);
});

test.each([
  [0, 0],
  [1, 1],
  [0x80000000, 1],
  [0xffffffff, 32],
  [0x0f0f00f0, 12],
  [-1, 32],
])("popcount of %d is %d", (word, count) => {
  expect(popcount(word)).toBe(count);
});

describe("a bitset", () => {
  test("keeps what was set, and nothing else", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 133 }), fc.array(fc.nat(132)), (size, chosen) => {
        const words = new Uint32Array(wordsFor(size));
        const expected = new Set(chosen.filter((index) => index < size));
        for (const index of expected) setBit(words, index);
        for (const index of expected) setBit(words, index);
        expect(Array.from({ length: size }, (_, index) => index).filter((index) => hasBit(words, index))).toEqual(
          [...expected].sort((a, b) => a - b),
        );
        expect(countBits(words)).toBe(expected.size);
      }),
      { seed: 6 },
    );
  });

  test("has sample n at bit n % 32 of word floor(n / 32)", () => {
    const words = new Uint32Array(2);
    setBit(words, 31);
    setBit(words, 37);
    expect([...words]).toEqual([0x80000000, 32]);
  });
});
