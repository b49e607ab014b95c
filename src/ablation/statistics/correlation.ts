/**
 * How well one ranking of units foretells another. Ties are the rule here (dead units, equal counts), so Spearman takes
 * mean ranks and Kendall is tau-b. All three are NaN where one side is constant or there are fewer than two points.
 */
import { LesionError } from "../../core/errors.ts";
import { kendallOfCounts, pairedRanks } from "./paired-ranks.ts";

type Values = ArrayLike<number>;

/**
 * Pearson's product-moment correlation, from deviations from the means; with `counts`, of points that count `counts[i]` times
 * each. Throws LesionError `internal` on unequal lengths.
 */
export function pearson(x: Values, y: Values, counts?: Values): number {
  assertPaired(x, y);
  const meanX = mean(x, counts);
  const meanY = mean(y, counts);
  let xx = 0;
  let yy = 0;
  let xy = 0;
  for (let i = 0; i < x.length; i++) {
    const count = counts === undefined ? 1 : counts[i]!;
    const dx = x[i]! - meanX;
    const dy = y[i]! - meanY;
    xx += count * dx * dx;
    yy += count * dy * dy;
    xy += count * dx * dy;
  }
  // The mean of equal values may be off by a rounding, which would be all there is to correlate.
  if (isConstant(x, counts) || isConstant(y, counts)) return Number.NaN;
  return bounded(xy / (Math.sqrt(xx) * Math.sqrt(yy)));
}

/** Spearman's rank correlation (1904): Pearson's of mean ranks. Throws LesionError `internal` on unequal lengths. */
export function spearman(x: Values, y: Values): number {
  assertPaired(x, y);
  return pearson(ranks(x), ranks(y));
}

/**
 * Kendall's tau-b (1945, Biometrika 33:239), in n log n steps (Knight 1966). NaN where a value is. Throws LesionError
 * `internal` on unequal lengths.
 */
export function kendallTauB(x: Values, y: Values): number {
  assertPaired(x, y);
  for (let i = 0; i < x.length; i++) if (Number.isNaN(x[i]! + y[i]!)) return Number.NaN;
  return kendallOfCounts(pairedRanks(x, y), new Uint8Array(x.length).fill(1));
}

/** Ranks from 1, equal values sharing the mean of theirs. */
export function ranks(values: Values): Float64Array {
  const order = Array.from({ length: values.length }, (_, index) => index).sort((a, b) => values[a]! - values[b]!);
  const result = new Float64Array(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let i = start; i < end; i++) result[order[i]!] = (start + 1 + end) / 2;
    start = end;
  }
  return result;
}

function mean(values: Values, counts?: Values): number {
  let sum = 0;
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    const count = counts === undefined ? 1 : counts[i]!;
    sum += count * values[i]!;
    total += count;
  }
  return sum / total;
}

function isConstant(values: Values, counts?: Values): boolean {
  let first: number | null = null;
  for (let i = 0; i < values.length; i++) {
    if (counts !== undefined && counts[i] === 0) continue;
    first ??= values[i]!;
    if (values[i] !== first) return false;
  }
  return true;
}

/** Rounding can carry a perfect correlation past 1. */
const bounded = (r: number) => Math.max(-1, Math.min(1, r));

/** Throws LesionError `internal` on unequal lengths. */
export function assertPaired(x: ArrayLike<unknown>, y: ArrayLike<unknown>): void {
  if (x.length === y.length) return;
  throw new LesionError("internal", `a correlation of ${x.length} values with ${y.length}: they must be as many`, {
    detail: { x: x.length, y: y.length },
  });
}
