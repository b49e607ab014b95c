/** Intervals for accuracies: unlike the textbook's normal interval, Wilson's holds near 0 and 1, where damage ends up. */
import { normalQuantile } from "./normal.ts";

/** An interval of a proportion, within [0, 1]. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

const Z_95 = normalQuantile(0.975);

/**
 * Wilson's score interval, without continuity correction, for `correct` of `samples` (Wilson 1927, J. Am. Stat. Assoc.
 * 22:209). Without samples nothing is known: [0, 1].
 */
export function wilson(correct: number, samples: number, confidence = 0.95): Interval {
  if (samples === 0) return { low: 0, high: 1 };
  const z = confidence === 0.95 ? Z_95 : normalQuantile((1 + confidence) / 2);
  const share = correct / samples;
  const shrink = 1 + (z * z) / samples;
  const centre = share + (z * z) / (2 * samples);
  const half = z * Math.sqrt((share * (1 - share)) / samples + (z * z) / (4 * samples * samples));
  return {
    low: correct === 0 ? 0 : Math.max(0, (centre - half) / shrink),
    high: correct === samples ? 1 : Math.min(1, (centre + half) / shrink),
  };
}
