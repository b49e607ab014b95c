/** Counts of windows against a walk over their places. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { emptyWindow, windowOutput } from "./window.ts";

test.each([
  ["AlexNet's first", [227, 11, 4, 1, 0, 0, false], 55],
  ["ResNet's first", [224, 7, 2, 1, 3, 3, false], 112],
  ["SqueezeNet's pooling, rounded up", [113, 3, 2, 1, 0, 0, true], 56],
  ["one that hangs over", [6, 3, 2, 1, 0, 0, true], 3],
  ["one that would begin after the input", [4, 2, 3, 1, 0, 1, true], 2],
  ["a dilated one", [7, 3, 1, 2, 0, 0, false], 3],
  ["none", [2, 3, 1, 1, 0, 0, false], 0],
] as const)("%s", (_, sizes, expected) => {
  const [input, kernel, stride, dilation, before, after, ceil] = sizes;
  expect(windowOutput(input, kernel, stride, dilation, before, after, ceil)).toBe(expected);
});

test("windows stand every stride while they fit, or while they begin before the end in ceil mode", () => {
  const small = (min: number, max: number) => fc.integer({ min, max });
  fc.assert(
    fc.property(
      fc.tuple(small(1, 12), small(1, 5), small(1, 5), small(1, 3), small(0, 4), small(0, 4), fc.boolean()),
      ([input, kernel, stride, dilation, before, after, ceil]) => {
        const reach = dilation * (kernel - 1) + 1;
        const padded = input + before + after;
        fc.pre(reach <= padded);
        let fit = 0;
        while (fit * stride + reach <= padded) fit++;
        const hangs = (fit - 1) * stride + reach < padded && fit * stride < input + before;
        // A window that fits may itself begin after the input, where it pads more than it strides.
        const last = (hangs ? fit : fit - 1) * stride;
        fc.pre(!ceil || last < input + before);
        expect(windowOutput(input, kernel, stride, dilation, before, after, ceil)).toBe(ceil && hangs ? fit + 1 : fit);

        const touches = (window: number) =>
          Array.from({ length: kernel }, (_, k) => window * stride + k * dilation - before).some(
            (at) => at >= 0 && at < input,
          );
        const empty = Array.from({ length: fit }, (_, i) => i).findIndex((i) => !touches(i));
        expect(emptyWindow(fit, input, kernel, stride, dilation, before)).toBe(empty);
      },
    ),
    { seed: 1337, numRuns: 1000 },
  );
});
