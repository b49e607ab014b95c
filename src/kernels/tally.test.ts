/** A tally row holds every counter once, and what a kernel writes by the layout is what the reader finds. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { wordsFor } from "../core/bitset.ts";
import { readTally, tallyConstants, tallyLayout } from "./tally.ts";

const shapes = fc.record({ classes: fc.integer({ min: 1, max: 40 }), samples: fc.integer({ min: 1, max: 300 }) });

test.each(["nothing", "counts", "bits"] as const)("every word of a row has one meaning (of the top 5: %s)", (top5) => {
  fc.assert(
    fc.property(shapes, ({ classes, samples }) => {
      const layout = tallyLayout(classes, samples, top5);
      const span = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);
      const words = [
        ...span(layout.lost, classes),
        ...span(layout.gained, classes),
        ...(top5 === "nothing" ? [] : [...span(layout.top5Lost, classes), ...span(layout.top5Gained, classes)]),
        layout.lossLow,
        layout.lossHigh,
        ...span(layout.bits, wordsFor(samples)),
        ...(top5 === "bits" ? span(layout.bits5, wordsFor(samples)) : []),
      ];
      expect(words.sort((a, b) => a - b)).toEqual(span(0, layout.words));
      expect([layout.top5Lost !== 0, layout.bits5 !== 0]).toEqual([top5 !== "nothing", top5 === "bits"]);
    }),
    { seed: 1 },
  );
});

test("the shaders' own constants are those of 10 classes", async () => {
  const { default: score } = await import("../../shaders/score.wgsl");
  expect(score.constants).toMatchObject(tallyConstants(tallyLayout(10, 1, "counts")));
});

test("a row is read where it was written", () => {
  const layout = tallyLayout(3, 70, "bits");
  expect(layout.words).toBe(12 + 2 + 3 + 3);
  const words = Uint32Array.from({ length: 3 * layout.words }, (_, i) => i);
  const tally = readTally(words, 1, layout);
  expect([...tally.classLost]).toEqual([20, 21, 22]);
  expect([...tally.classGained]).toEqual([23, 24, 25]);
  expect([[...tally.top5!.lost], [...tally.top5!.gained]]).toEqual([
    [26, 27, 28],
    [29, 30, 31],
  ]);
  expect(tally.lossSum).toBe((33 * 2 ** 32 + 32) / 65536);
  expect([...tally.changed]).toEqual([34, 35, 36]);
  expect([...tally.changed5!]).toEqual([37, 38, 39]);
  expect(readTally(words, 0, tallyLayout(3, 70, "counts"))).toMatchObject({ changed5: null, top5: {} });
  expect(readTally(words, 0, tallyLayout(3, 70, "nothing"))).toMatchObject({ changed5: null, top5: null });
});
