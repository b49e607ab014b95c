/** Outcomes and effects, from ranks and bits, equal what counting sample by sample gives. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { hasBit, setBit, wordsFor } from "../core/bitset.ts";
import type { Prefix } from "../engine/prefix.ts";
import { readTally, tallyLayout } from "../kernels/tally.ts";
import { changesByClass, correctAfter, effectOf, intactOutcome, noEffect, statusOf } from "./effects.ts";

const CLASSES = 3;
/** Samples with a label, and whether they were right before and after. */
const samplesOf = fc.array(fc.record({ label: fc.nat(CLASSES - 1), before: fc.boolean(), after: fc.boolean() }), {
  minLength: 1,
  maxLength: 140,
});
const bitsOf = (flags: readonly boolean[]) => {
  const bits = new Uint32Array(wordsFor(flags.length));
  flags.forEach((flag, n) => {
    if (flag) setBit(bits, n);
  });
  return bits;
};

/** As much of a prefix as an outcome needs. */
const prefixOf = (ranks: readonly number[], labels: readonly number[], losses: readonly number[]) =>
  ({
    samples: ranks.length,
    truths: Uint32Array.from(ranks, (rank, n) => labels[n]! | (rank << 16)),
    losses: Float32Array.from(losses),
  }) as unknown as Prefix;

test("intactOutcome counts ranks", () => {
  const outcome = intactOutcome(prefixOf([0, 4, 5, 0, 1], [2, 0, 1, 2, 2], [0.5, 1, 2, 0.25, 4]), CLASSES);
  expect(outcome).toEqual({
    samples: 5,
    correct: 2,
    correctTop5: 4,
    lossSum: 7.75,
    classCorrect: Uint32Array.of(0, 0, 2),
    classCorrectTop5: Uint32Array.of(1, 0, 3),
    classSamples: Uint32Array.of(1, 1, 3),
    bits: Uint32Array.of(0b1001),
  });
});

test("an ablation that moves nothing keeps everything", () => {
  const intact = intactOutcome(prefixOf([0, 4, 5], [2, 0, 1], [0.5, 1, 2]), CLASSES);
  const effect = noEffect(7, intact);
  expect(effect).toMatchObject({ row: 7, noop: true, lossSum: 3.5 });
  expect(correctAfter(intact, effect)).toBe(intact.correct);
  const counts = [effect.classLost, effect.classGained, effect.top5!.lost, effect.top5!.gained];
  expect([...effect.changed, ...counts.flatMap((each) => [...each])]).toEqual(new Array(13).fill(0));
});

test("effectOf copies the tally, which is a view of a batch", () => {
  const layout = tallyLayout(CLASSES, 40, "counts");
  const words = Uint32Array.from({ length: layout.words }, (_, i) => i);
  const effect = effectOf(3, readTally(words, 0, layout), 1.5);
  words.fill(0);
  expect(effect).toMatchObject({ row: 3, noop: false, ms: 1.5 });
  expect(effect.classLost).toEqual(Uint32Array.of(0, 1, 2));
  expect(effect.classGained).toEqual(Uint32Array.of(3, 4, 5));
  expect(effect.top5).toEqual({ lost: Uint32Array.of(6, 7, 8), gained: Uint32Array.of(9, 10, 11) });
  expect(effect.changed).toEqual(Uint32Array.of(14, 15));
});

test("changes and status equal a count sample by sample", () => {
  fc.assert(
    fc.property(samplesOf, (samples) => {
      const before = bitsOf(samples.map((sample) => sample.before));
      const after = bitsOf(samples.map((sample) => sample.after));
      const truths = Uint32Array.from(samples, ({ label, before: right }) => label | ((right ? 0 : 1) << 16));
      const count = (right: boolean, then: boolean, label?: number) =>
        samples.filter((s) => s.before === right && s.after === then && (label === undefined || s.label === label))
          .length;
      const { lost, gained } = changesByClass(before, after, truths, CLASSES);
      for (let label = 0; label < CLASSES; label++) {
        expect(lost[label]).toBe(count(true, false, label));
        expect(gained[label]).toBe(count(false, true, label));
      }
      expect(statusOf(before, after, samples.length)).toEqual({
        kept: count(true, true),
        lost: count(true, false),
        gained: count(false, true),
        wrong: count(false, false),
      });
      const intact = intactOutcome(
        prefixOf(
          samples.map((sample) => (sample.before ? 0 : 1)),
          samples.map(({ label }) => label),
          samples.map(() => 0),
        ),
        CLASSES,
      );
      expect(samples.every(({ before: right }, n) => hasBit(intact.bits, n) === right)).toBe(true);
      const effect = { ...noEffect(0, intact), noop: false, classLost: lost, classGained: gained };
      expect(correctAfter(intact, effect)).toBe(samples.filter((sample) => sample.after).length);
    }),
    { seed: 24 },
  );
});
