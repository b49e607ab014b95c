/**
 * Which ablations are the most damaging, found on as few samples as that takes: all start on the first samples of a random
 * order, and those whose confidence bounds tell them in or out of the top k take no part in what follows. Successive
 * accepts and rejects, with bounds of sampling without replacement: at the last sample they are exact. Where a prediction of
 * each effect is known on all samples, what is estimated is the difference from it (Cochran 1977, Sampling Techniques, 7.3).
 */
import type { AblationSource } from "./ablation.ts";
import { studentQuantile } from "./statistics/student.ts";

/** Structurally a study's AdaptiveOptions. */
export interface AdaptiveOptions {
  readonly top: number;
  readonly by: "loss" | "accuracy";
  readonly confidence: number;
  /** Samples of the first round; null: a hundredth of all, 16 at least. */
  readonly first: number | null;
  readonly growth: number;
}

/** What is known of one ablation. Sums are over its samples, of the rise of the loss in nats or of samples lost less gained. */
export interface Arm {
  readonly n: number;
  readonly sum: number;
  /** Sum over blocks of (sum of the block)^2 / samples of the block. */
  readonly squares: number;
  /** The same two of effects less what is predicted of them. */
  readonly residualSum: number;
  readonly residualSquares: number;
  readonly blocks: number;
  readonly state: "open" | "in" | "out";
}

/** What a block of samples adds to one ablation. */
export interface BlockSum {
  readonly row: number;
  readonly sum: number;
}

/** An effect a sample, with its confidence bounds. */
export interface Bounds {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** What is predicted of each ablation's effect. */
export interface Predicted {
  /** Sum over samples start .. start + samples. */
  sum(row: number, start: number, samples: number): number;
  /** Mean over all samples. */
  mean(row: number): number;
}

/** Nothing is known of any ablation. */
export const unpredicted: Predicted = { sum: () => 0, mean: () => 0 };

export const newArm: Arm = { n: 0, sum: 0, squares: 0, residualSum: 0, residualSquares: 0, blocks: 0, state: "open" };

/** An arm after a block of so many samples, of whose sum so much was predicted. */
export function withBlock(arm: Arm, samples: number, sum: number, predicted = 0): Arm {
  const residual = sum - predicted;
  return {
    n: arm.n + samples,
    sum: arm.sum + sum,
    squares: arm.squares + (sum * sum) / samples,
    residualSum: arm.residualSum + residual,
    residualSquares: arm.residualSquares + (residual * residual) / samples,
    blocks: arm.blocks + 1,
    state: arm.state,
  };
}

const LEAST_FIRST = 16;

/** Sample counts at which arms are judged: the first, then `growth` times as many, up to all. */
export function roundsOf({ first, growth }: Pick<AdaptiveOptions, "first" | "growth">, samples: number): number[] {
  const rounds: number[] = [];
  const begin = first ?? Math.max(LEAST_FIRST, Math.ceil(samples / 100));
  for (let at = Math.min(begin, samples); ; at = Math.min(samples, Math.max(at + 1, Math.ceil(at * growth)))) {
    rounds.push(at);
    if (at === samples) return rounds;
  }
}

/** Blocks of a round, at most: variances are taken between blocks. */
const BLOCKS = 8;

/** Where the blocks of a round begin and end, of samples `from` to `to`; none has more than `most`. */
export function blocksOf(
  from: number,
  to: number,
  most: number,
): { readonly start: number; readonly samples: number }[] {
  const count = Math.max(Math.min(BLOCKS, to - from), Math.ceil((to - from) / most));
  const at = (block: number) => from + Math.round((block * (to - from)) / count);
  return Array.from({ length: count }, (_, block) => ({ start: at(block), samples: at(block + 1) - at(block) }));
}

/** Worth, in degrees of freedom, of the mean variance of all arms in the variance of each. */
const PRIOR_FREEDOM = 4;

/**
 * Bounds of the mean effect of each arm over all `samples` samples, which hold together at about `confidence`: Student's,
 * with Bonferroni's correction over arms and rounds, and that for a finite population. Variances are moderated (Smyth 2004,
 * SAGMB 3:3), by their mean: an arm whose samples have not shown yet what it costs is not taken for one that costs nothing.
 * It remains an approximation, worst for effects on so few samples that no arm's have come. Predictions serve where they
 * make the mean variance smaller: one choice for all arms, which by itself favours none.
 */
export function boundsOf(
  arms: readonly Arm[],
  samples: number,
  rounds: number,
  confidence: number,
  predicted: Predicted = unpredicted,
): Bounds[] {
  const plain = arms.map(({ n, sum, squares, blocks }) => varianceOf(n, sum, squares, blocks));
  const residual = arms.map((arm) => varianceOf(arm.n, arm.residualSum, arm.residualSquares, arm.blocks));
  const isPredicted = meanOf(residual) < meanOf(plain);
  const variances = isPredicted ? residual : plain;
  const prior = meanOf(variances);
  const tail = (1 - confidence) / (2 * arms.length * rounds);
  const quantiles = new Map<number, number>();
  return arms.map(({ n, sum, residualSum, blocks }, row) => {
    if (n === samples) return { mean: sum / n, low: sum / n, high: sum / n };
    const variance = variances[row] ?? null;
    const mean = n === 0 ? 0 : isPredicted ? predicted.mean(row) + residualSum / n : sum / n;
    if (variance === null) return { mean, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
    const own = blocks - 1;
    const freedom = own + PRIOR_FREEDOM;
    const moderated = (own * variance + PRIOR_FREEDOM * prior) / freedom;
    const quantile = quantiles.get(freedom) ?? studentQuantile(tail, freedom);
    quantiles.set(freedom, quantile);
    const half = quantile * Math.sqrt((moderated / n) * (1 - n / samples));
    return { mean, low: mean - half, high: mean + half };
  });
}

/** Variance of the effect on a sample, from that between blocks; null for fewer than two blocks. */
function varianceOf(n: number, sum: number, squares: number, blocks: number): number | null {
  return blocks < 2 ? null : Math.max(0, squares - (sum * sum) / n) / (blocks - 1);
}

/** Mean of the variances that are not 0, which are those of arms that have moved; 0 for none. */
function meanOf(variances: readonly (number | null)[]): number {
  const moved = variances.filter((variance) => variance !== null && variance > 0) as number[];
  return moved.reduce((sum, variance) => sum + variance, 0) / Math.max(1, moved.length);
}

/** Arms after a round: those that are told apart from the top k, or from the rest, are no longer open. */
export function judged(arms: readonly Arm[], bounds: readonly Bounds[], top: number, samples: number): Arm[] {
  const k = Math.min(top, arms.length);
  const lows = bounds.map(({ low }) => low).sort((a, b) => b - a);
  const highs = bounds.map(({ high }) => high).sort((a, b) => b - a);
  const leastIn = lows[k - 1]!;
  const mostOut = highs[k] ?? Number.NEGATIVE_INFINITY;
  const open = ranking(bounds).filter((row) => arms[row]!.state === "open");
  const left = k - arms.filter(({ state }) => state === "in").length;
  const isAll = open.every((row) => arms[row]!.n === samples);
  const place = new Map(open.map((row, rank) => [row, rank]));
  return arms.map((arm, row) => {
    if (arm.state !== "open") return arm;
    if (isAll || left === 0 || left === open.length) return { ...arm, state: place.get(row)! < left ? "in" : "out" };
    if (bounds[row]!.high < leastIn) return { ...arm, state: "out" };
    if (bounds[row]!.low > mostOut) return { ...arm, state: "in" };
    return arm;
  });
}

/** Rows, the most damaging first; of equal ones the lower row. */
export function ranking(bounds: readonly Bounds[]): number[] {
  return Array.from(bounds.keys()).sort((a, b) => bounds[b]!.mean - bounds[a]!.mean || a - b);
}

/** The rows of a source that are still open, in the order of the source. */
export function openRows({ count }: Pick<AblationSource, "count">, arms: readonly Arm[]): number[] {
  return Array.from({ length: count }, (_, row) => row).filter((row) => arms[row]!.state === "open");
}
