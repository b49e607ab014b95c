/**
 * Whether an ablation changed how many samples are right: the samples are the same before and after, so only those that
 * changed sides tell anything.
 */
import { normalTail } from "./normal.ts";

/** The outcome of McNemar's test. */
export interface McNemar {
  /** Two-sided p-value, of the hypothesis that a changed sample is as likely to be gained as lost. */
  readonly p: number;
  readonly method: "exact" | "chi-square";
  /** The corrected chi-square with one degree of freedom; null for the exact test. */
  readonly statistic: number | null;
}

/** Up to this many changed samples the p-value is exact: 2^-1000 and the sums of it are still doubles. */
export const EXACT_LIMIT = 1000;

/**
 * McNemar's test (McNemar 1947, Psychometrika 12:153) on samples lost and gained. Up to `EXACT_LIMIT` changed samples:
 * exact, twice the binomial tail at 1/2 and at most 1. Beyond: (|lost - gained| - 1)^2 / (lost + gained), with Edwards'
 * continuity correction (1948, Psychometrika 13:185), against chi-square with one degree of freedom.
 */
export function mcnemar(lost: number, gained: number): McNemar {
  const changed = lost + gained;
  if (changed <= EXACT_LIMIT) {
    let term = 0.5 ** changed;
    let tail = term;
    for (let k = 1; k <= Math.min(lost, gained); k++) {
      term *= (changed - k + 1) / k;
      tail += term;
    }
    return { p: Math.min(1, 2 * tail), method: "exact", statistic: null };
  }
  const statistic = Math.max(0, Math.abs(lost - gained) - 1) ** 2 / changed;
  return { p: 2 * normalTail(Math.sqrt(statistic)), method: "chi-square", statistic };
}
