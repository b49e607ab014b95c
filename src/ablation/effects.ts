/** From a mask's counters to what is recorded of an ablation: counts overall and per class, and each sample's fate. */
import { countBits, popcount, wordsFor } from "../core/bitset.ts";
import type { Prefix } from "../engine/prefix.ts";
import type { ClassChanges, Tally } from "../kernels/tally.ts";

/** What was measured of a network on some samples. */
export interface Outcome {
  readonly samples: number;
  readonly correct: number;
  readonly correctTop5: number;
  /** Sum of cross-entropy over the samples, in nats. */
  readonly lossSum: number;
  readonly classCorrect: Uint32Array;
  readonly classCorrectTop5: Uint32Array;
  readonly classSamples: Uint32Array;
  /** One bit a sample: right. */
  readonly bits: Uint32Array;
}

/** The intact network's outcome, from the ranks its prefix kept. */
export function intactOutcome(
  { truths, losses, samples }: Pick<Prefix, "truths" | "losses" | "samples">,
  classes: number,
): Outcome {
  const classCorrect = new Uint32Array(classes);
  const classCorrectTop5 = new Uint32Array(classes);
  const classSamples = new Uint32Array(classes);
  const bits = new Uint32Array(wordsFor(samples));
  let correct = 0;
  let correctTop5 = 0;
  let lossSum = 0;
  for (let n = 0; n < samples; n++) {
    const label = truths[n]! & 0xffff;
    const rank = truths[n]! >>> 16;
    classSamples[label] = classSamples[label]! + 1;
    lossSum += losses[n]!;
    if (rank < 5) {
      correctTop5++;
      classCorrectTop5[label] = classCorrectTop5[label]! + 1;
    }
    if (rank > 0) continue;
    correct++;
    classCorrect[label] = classCorrect[label]! + 1;
    bits[n >>> 5] = bits[n >>> 5]! | (1 << (n & 31));
  }
  return { samples, correct, correctTop5, lossSum, classCorrect, classCorrectTop5, classSamples, bits };
}

/** What an ablation does to some samples, against the intact network on the same samples. */
export interface Effect {
  readonly row: number;
  /** "exact": no masked activation moved on any sample. */
  readonly noop: boolean;
  readonly classLost: Uint32Array;
  readonly classGained: Uint32Array;
  /** Of the top 5; null where they were not counted. */
  readonly top5: ClassChanges | null;
  readonly lossSum: number;
  /** One bit a sample: whether its outcome changed. */
  readonly changed: Uint32Array;
  readonly ms: number;
}

/** The effect of an ablation that moves nothing. */
export function noEffect(row: number, intact: Outcome): Effect {
  const classes = intact.classCorrect.length;
  return {
    row,
    noop: true,
    classLost: new Uint32Array(classes),
    classGained: new Uint32Array(classes),
    top5: { lost: new Uint32Array(classes), gained: new Uint32Array(classes) },
    lossSum: intact.lossSum,
    changed: new Uint32Array(intact.bits.length),
    ms: 0,
  };
}

/** The effect that a tally holds; copies, because tallies are views of a batch's buffer. */
export function effectOf(row: number, tally: Tally, ms: number): Effect {
  const { top5, lossSum } = tally;
  return {
    row,
    noop: false,
    classLost: tally.classLost.slice(),
    classGained: tally.classGained.slice(),
    top5: top5 && { lost: top5.lost.slice(), gained: top5.gained.slice() },
    lossSum,
    changed: tally.changed.slice(),
    ms,
  };
}

/** Counts by class of two disjoint sets of samples, together. */
export function added(a: Uint32Array, b: Uint32Array): Uint32Array {
  return a.map((count, c) => count + b[c]!);
}

/** Correct samples after an effect. */
export function correctAfter(intact: Outcome, effect: Effect): number {
  return intact.correct - sum(effect.classLost) + sum(effect.classGained);
}

/** Samples lost and gained by class between two sets of correctness bits. */
export function changesByClass(
  before: Uint32Array,
  after: Uint32Array,
  truths: Uint32Array,
  classes: number,
): ClassChanges {
  const lost = new Uint32Array(classes);
  const gained = new Uint32Array(classes);
  for (let word = 0; word < before.length; word++) {
    for (let bits = before[word]! ^ after[word]!; bits !== 0; bits &= bits - 1) {
      const bit = 31 - Math.clz32(bits & -bits);
      const label = truths[word * 32 + bit]! & 0xffff;
      const counts = (before[word]! >>> bit) & 1 ? lost : gained;
      counts[label] = counts[label]! + 1;
    }
  }
  return { lost, gained };
}

/** Samples by fate: right before and after, right before only, right after only, wrong both times. */
export function statusOf(before: Uint32Array, after: Uint32Array, samples: number) {
  let kept = 0;
  for (let word = 0; word < before.length; word++) {
    kept += popcount(before[word]! & after[word]!);
  }
  const lost = countBits(before) - kept;
  const gained = countBits(after) - kept;
  return { kept, lost, gained, wrong: samples - kept - lost - gained };
}

function sum(values: Uint32Array): number {
  return values.reduce((total, value) => total + value, 0);
}
