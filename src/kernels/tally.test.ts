/** A tally row holds every counter once, and what a kernel writes by the layout is what the reader finds. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { wordsFor } from "../core/bitset.ts";
import { readTally, tallyConstants, tallyLayout } from "./tally.ts";

const shapes = fc.record({ classes: fc.integer({ min: 1, max: 40 }), samples: fc.integer({ min: 1, max: 300 }) });

test.each([false, true])("every word of a row has one meaning (top-5 bits: %s)", (top5Bits) => {
  fc.assert(
    fc.property(shapes, ({ classes, samples }) => {
      const layout = tallyLayout(classes, samples, top5Bits);
      const span = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);
      const words = [
        ...span(layout.lost, classes),
        ...span(layout.gained, classes),
        layout.top5Lost,
        layout.top5Gained,
        layout.lossLow,
        layout.lossHigh,
        ...span(layout.bits, wordsFor(samples)),
        ...(top5Bits ? span(layout.bits5, wordsFor(samples)) : []),
      ];
      expect(words.sort((a, b) => a - b)).toEqual(span(0, layout.words));
      expect(layout.bits5 !== 0).toBe(top5Bits);
    }),
    { seed: 1 },
  );
});

test("the shaders' own constants are those of 10 classes", async () => {
  const { default: score } = await import("../../shaders/score.wgsl");
  expect(score.constants).toMatchObject(tallyConstants(tallyLayout(10, 1, false)));
});

test("a row is read where it was written", () => {
  const layout = tallyLayout(3, 70, true);
  expect(layout.words).toBe(6 + 4 + 3 + 3);
  const words = Uint32Array.from({ length: 3 * layout.words }, (_, i) => i);
  const tally = readTally(words, 1, layout);
  expect([...tally.classLost]).toEqual([16, 17, 18]);
  expect([...tally.classGained]).toEqual([19, 20, 21]);
  expect([tally.top5Lost, tally.top5Gained]).toEqual([22, 23]);
  expect(tally.lossSum).toBe((25 * 2 ** 32 + 24) / 65536);
  expect([...tally.changed]).toEqual([26, 27, 28]);
  expect([...tally.changed5!]).toEqual([29, 30, 31]);
  expect(readTally(words, 0, tallyLayout(3, 70, false)).changed5).toBeNull();
});
