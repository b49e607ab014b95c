/** The interval of a change of accuracy where the samples are the same before and after: what goes with McNemar's test. */
import { normalQuantile } from "./normal.ts";
import type { Interval } from "./wilson.ts";

/**
 * The interval of (gained - lost) / samples, a difference of paired proportions, within [-1, 1]: Wald's after half a sample
 * is added to each of the four cells kept, lost, gained and wrong (Agresti and Min 2005, Stat. Med. 24:729), which holds
 * where few samples change. Without samples nothing is known: [-1, 1].
 */
export function pairedDifference(lost: number, gained: number, samples: number, confidence = 0.95): Interval {
  if (samples === 0) return { low: -1, high: 1 };
  const n = samples + 2;
  const difference = gained - lost;
  const variance = gained + lost + 1 - (difference * difference) / n;
  const half = normalQuantile((1 + confidence) / 2) * Math.sqrt(variance);
  return { low: Math.max(-1, (difference - half) / n), high: Math.min(1, (difference + half) / n) };
}
