import fc from "fast-check";
import { expect, test } from "vitest";
import { editDistance, nearest } from "./nearest.ts";

test.each([
  ["layrs", ["ablate", "layers", "sets"], "layers"],
  ["Layers", ["layer", "layers"], "layers"],
  ["measrue", ["measure", "model"], "measure"],
  ["x", ["layers", "sets"], null],
  ["", ["layers"], null],
])("%j among %j is %j", (name, candidates, meant) => {
  expect(nearest(name, candidates)).toBe(meant);
});

test("edit distance: substitutions, insertions, swaps", () => {
  expect(editDistance("kitten", "sitting")).toBe(3);
  expect(editDistance("measrue", "measure")).toBe(1);
  expect(editDistance("", "abc")).toBe(3);
});

test("edit distance is zero for equals, symmetric, and at most the longer length", () => {
  const word = fc.string({ maxLength: 9 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(editDistance(a, a)).toBe(0);
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
      expect(editDistance(a, b)).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
    }),
  );
});
