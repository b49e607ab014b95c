/**
 * The row of counters that every scoring kernel keeps for a mask (shaders/lib/tally.wgsl): where each number lies, as
 * shader constants and as offsets for the reader.
 */
import { wordsFor } from "../core/bitset.ts";

/** Word offsets in a tally row. */
export interface TallyLayout {
  readonly classes: number;
  readonly samples: number;
  readonly lost: number;
  readonly gained: number;
  /** Both 0 where the top 5 are not counted. */
  readonly top5Lost: number;
  readonly top5Gained: number;
  readonly lossLow: number;
  readonly lossHigh: number;
  readonly bits: number;
  /** 0 where the top 5 are not kept per sample. */
  readonly bits5: number;
  /** Words of one row. */
  readonly words: number;
}

/** What is kept of changes of the top-5 outcome: nothing, counts by class, or also which samples changed. */
export type Top5Kept = "nothing" | "counts" | "bits";

export function tallyLayout(classes: number, samples: number, top5: Top5Kept): TallyLayout {
  const isCounted = top5 !== "nothing";
  const after = (isCounted ? 4 : 2) * classes;
  const words = wordsFor(samples);
  return {
    classes,
    samples,
    lost: 0,
    gained: classes,
    top5Lost: isCounted ? 2 * classes : 0,
    top5Gained: isCounted ? 3 * classes : 0,
    lossLow: after,
    lossHigh: after + 1,
    bits: after + 2,
    bits5: top5 === "bits" ? after + 2 + words : 0,
    words: after + 2 + words * (top5 === "bits" ? 2 : 1),
  };
}

/** The layout as constants of a scoring shader. */
export function tallyConstants(layout: TallyLayout): Record<string, number> {
  return {
    CLASSES: layout.classes,
    TOP5_LOST: layout.top5Lost,
    TOP5_GAINED: layout.top5Gained,
    LOSS_LOW: layout.lossLow,
    LOSS_HIGH: layout.lossHigh,
    BITS: layout.bits,
    BITS5: layout.bits5,
  };
}

/** Samples by class that were right and are not, and the other way round. */
export interface ClassChanges {
  readonly lost: Uint32Array;
  readonly gained: Uint32Array;
}

/** One mask's counters, read from a tally row. Views, not copies. */
export interface Tally {
  readonly classLost: Uint32Array;
  readonly classGained: Uint32Array;
  /** Of the top 5; null where they are not counted. */
  readonly top5: ClassChanges | null;
  /** Sum of cross-entropy over the samples, in nats; 0 where it was not asked for. */
  readonly lossSum: number;
  /** Samples whose top-1 outcome changed; and, where kept, whose top-5 outcome did. */
  readonly changed: Uint32Array;
  readonly changed5: Uint32Array | null;
}

/** Reads row `row` of a tally buffer. */
export function readTally(words: Uint32Array, row: number, layout: TallyLayout): Tally {
  const at = row * layout.words;
  const byClass = (from: number) => words.subarray(at + from, at + from + layout.classes);
  return {
    classLost: byClass(layout.lost),
    classGained: byClass(layout.gained),
    top5: layout.top5Lost === 0 ? null : { lost: byClass(layout.top5Lost), gained: byClass(layout.top5Gained) },
    lossSum: (words[at + layout.lossHigh]! * 4294967296 + words[at + layout.lossLow]!) / 65536,
    changed: words.subarray(at + layout.bits, at + layout.bits + wordsFor(layout.samples)),
    changed5: layout.bits5 === 0 ? null : words.subarray(at + layout.bits5, at + layout.words),
  };
}
