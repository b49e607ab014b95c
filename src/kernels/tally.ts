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

/** `top5Bits`: whether changes of the top-5 outcome are kept per sample, besides being counted. */
export function tallyLayout(classes: number, samples: number, top5Bits: boolean): TallyLayout {
  const after = 2 * classes;
  const words = wordsFor(samples);
  return {
    classes,
    samples,
    lost: 0,
    gained: classes,
    top5Lost: after,
    top5Gained: after + 1,
    lossLow: after + 2,
    lossHigh: after + 3,
    bits: after + 4,
    bits5: top5Bits ? after + 4 + words : 0,
    words: after + 4 + words * (top5Bits ? 2 : 1),
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

/** One mask's counters, read from a tally row. Views, not copies. */
export interface Tally {
  readonly classLost: Uint32Array;
  readonly classGained: Uint32Array;
  readonly top5Lost: number;
  readonly top5Gained: number;
  /** Sum of cross-entropy over the samples, in nats; 0 where it was not asked for. */
  readonly lossSum: number;
  /** Samples whose top-1 outcome changed; and, where kept, whose top-5 outcome did. */
  readonly changed: Uint32Array;
  readonly changed5: Uint32Array | null;
}

/** Reads row `row` of a tally buffer. */
export function readTally(words: Uint32Array, row: number, layout: TallyLayout): Tally {
  const at = row * layout.words;
  return {
    classLost: words.subarray(at + layout.lost, at + layout.lost + layout.classes),
    classGained: words.subarray(at + layout.gained, at + layout.gained + layout.classes),
    top5Lost: words[at + layout.top5Lost]!,
    top5Gained: words[at + layout.top5Gained]!,
    lossSum: (words[at + layout.lossHigh]! * 4294967296 + words[at + layout.lossLow]!) / 65536,
    changed: words.subarray(at + layout.bits, at + layout.bits + wordsFor(layout.samples)),
    changed5: layout.bits5 === 0 ? null : words.subarray(at + layout.bits5, at + layout.words),
  };
}
