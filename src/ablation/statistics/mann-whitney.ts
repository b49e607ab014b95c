/**
 * How much training changed a unit, from its weights alone (Meyes et al. 2019, arXiv 1901.08644): the less likely it is that
 * its incoming weights after training and before come from one distribution, the more it has learnt.
 */
import { ranks } from "./correlation.ts";
import { normalTail } from "./normal.ts";

/** Mann and Whitney's test of two samples. */
export interface MannWhitney {
  /** The smaller of both U: pairs in which the one sample's value is above the other's, ties counted as half. */
  readonly u: number;
  /** How far the larger U is above its mean, in standard deviations, less the continuity correction; 0 or more. */
  readonly z: number;
  /** P(Z > z): one-sided, in the direction in which the samples differ. At most 1/2. */
  readonly p: number;
}

/** U takes halves and wholes, the normal distribution everything between. */
const CONTINUITY = 0.5;

/**
 * Mann-Whitney U (1947, Ann. Math. Stat. 18:50) of two samples as they are, signs kept, by its asymptotic normal
 * distribution with the variance corrected for ties. The convention is that of the paper's code, SciPy's `mannwhitneyu`
 * before 1.7 with its default `alternative=None`: the p-value is half of the two-sided one, whichever sample is larger. So
 * it does not matter which is called x. NaN where a sample is empty, or all values are equal.
 */
export function mannWhitney(x: ArrayLike<number>, y: ArrayLike<number>): MannWhitney {
  const all = new Float64Array(x.length + y.length);
  all.set(x);
  all.set(y, x.length);
  const ranked = ranks(all);
  const rankSum = ranked.subarray(0, x.length).reduce((sum, rank) => sum + rank, 0);
  const pairs = x.length * y.length;
  const ofX = rankSum - (x.length * (x.length + 1)) / 2;
  const u = Math.min(ofX, pairs - ofX);
  const deviation = Math.sqrt(((pairs * (all.length + 1)) / 12) * tieCorrection(ranked));
  const z = deviation > 0 ? Math.max(0, (pairs / 2 - u - CONTINUITY) / deviation) : Number.NaN;
  return { u, z, p: normalTail(z) };
}

/** 1 - sum (t^3 - t) / (n^3 - n) over groups of t equal values. */
function tieCorrection(ranked: Float64Array): number {
  const sizes = new Map<number, number>();
  for (const rank of ranked) sizes.set(rank, (sizes.get(rank) ?? 0) + 1);
  let tied = 0;
  for (const size of sizes.values()) tied += size ** 3 - size;
  return 1 - tied / (ranked.length ** 3 - ranked.length);
}
