/**
 * The embedded data set: 28 x 28 grey images of digits that look hand-drawn, made from a seed. It stands in for MNIST
 * where no file is at hand, and has the same bytes on every machine. Sample n depends on the seed, the split and n alone,
 * so that any range can be made at any time, in any order, on any number of workers.
 */
import { LesionError } from "../core/errors.ts";
import { type Random, random } from "../core/random.ts";
import { type MemoryDataset, memoryDataset } from "./dataset.ts";
import { DIGIT_SIDE, write } from "./digit-hand.ts";
import { ink } from "./digit-ink.ts";
import { DIGIT_STYLES, type DigitStyle } from "./digit-strokes.ts";

export type Split = "train" | "test";

/** Samples in a whole split. */
export const DIGITS_SAMPLES: Readonly<Record<Split, number>> = { train: 60_000, test: 10_000 };

/** The seed of the digits that studies name: a data set is the same for every study, whatever the study's own seed. */
export const DIGITS_SEED = 28;

export interface DigitsOptions {
  readonly split: Split;
  /** The first so many samples of the split; left out: the whole split. */
  readonly samples?: number;
  /** Left out: DIGITS_SEED. */
  readonly seed?: number;
}

/** Digits are bytes. */
export interface Digits extends MemoryDataset {
  readonly values: Uint8Array;
}

/** Digits made range by range, so that a worker can report progress and answer messages between ranges. */
export interface DigitsMaker {
  /** All zero until its ranges are made. */
  readonly dataset: Digits;
  /** Makes the samples `from` (included) to `to` (excluded). */
  make(from: number, to: number): void;
}

/** A split of the digits, made at once: about 50 microseconds a sample. Throws `bad-study` for a number of samples it has not. */
export function makeDigits(options: DigitsOptions): Digits {
  const maker = digitsMaker(options);
  maker.make(0, maker.dataset.samples);
  return maker.dataset;
}

/** A split of the digits, to be made range by range. Throws `bad-study` for a number of samples it has not. */
export function digitsMaker(options: DigitsOptions): DigitsMaker {
  const { split, seed = DIGITS_SEED, samples = DIGITS_SAMPLES[split] } = options;
  if (!Number.isInteger(samples) || samples < 1 || samples > DIGITS_SAMPLES[split]) {
    throw new LesionError("bad-study", `digits ${split} cannot have ${samples} samples`, {
      where: "data.limit",
      fix: `Ask for 1 to ${DIGITS_SAMPLES[split]} samples.`,
    });
  }
  const pixels = DIGIT_SIDE * DIGIT_SIDE;
  const values = new Uint8Array(samples * pixels);
  const labels = new Uint16Array(samples);
  const classNames = DIGIT_STYLES.map((_, digit) => String(digit));
  return {
    dataset: memoryDataset({
      name: `digits ${split}`,
      shape: [DIGIT_SIDE, DIGIT_SIDE, 1],
      values,
      labels,
      classes: classNames.length,
      classNames,
    }),
    make(from, to) {
      for (let n = from; n < Math.min(to, samples); n++) {
        const draw = random(seed, `digits ${split} ${n}`);
        const digit = draw.below(DIGIT_STYLES.length);
        labels[n] = digit;
        const image = values.subarray(n * pixels, (n + 1) * pixels).fill(0);
        ink(write(chosen(DIGIT_STYLES[digit]!, draw), draw), draw, image);
      }
    },
  };
}

/** One of the styles, each as often as its weight says. */
function chosen(styles: readonly DigitStyle[], random: Random): DigitStyle {
  let ticket = random.below(styles.reduce((total, { weight }) => total + weight, 0));
  for (const style of styles) {
    if (ticket < style.weight) return style;
    ticket -= style.weight;
  }
  return styles[0]!;
}
