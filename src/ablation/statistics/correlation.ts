/**
 * How well one ranking of units foretells another. Ties are the rule here (dead units, equal counts), so Spearman takes
 * mean ranks and Kendall is tau-b. All three are NaN where one side is constant or there are fewer than two points.
 */
import { LesionError } from "../../core/errors.ts";

type Values = ArrayLike<number>;

/** Pearson's product-moment correlation, from deviations from the means. Throws LesionError `internal` on unequal lengths. */
export function pearson(x: Values, y: Values): number {
  assertPaired(x, y);
  const meanX = mean(x);
  const meanY = mean(y);
  let xx = 0;
  let yy = 0;
  let xy = 0;
  for (let i = 0; i < x.length; i++) {
    const dx = x[i]! - meanX;
    const dy = y[i]! - meanY;
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  return bounded(xy / (Math.sqrt(xx) * Math.sqrt(yy)));
}

/** Spearman's rank correlation (1904): Pearson's of mean ranks. Throws LesionError `internal` on unequal lengths. */
export function spearman(x: Values, y: Values): number {
  assertPaired(x, y);
  return pearson(ranks(x), ranks(y));
}

/**
 * Kendall's tau-b (1945, Biometrika 33:239), by comparing all pairs: n^2 / 2 steps, for units of a layer by the thousand.
 * Throws LesionError `internal` on unequal lengths.
 */
export function kendallTauB(x: Values, y: Values): number {
  assertPaired(x, y);
  let agreement = 0;
  let untiedX = 0;
  let untiedY = 0;
  for (let i = 1; i < x.length; i++) {
    for (let j = 0; j < i; j++) {
      const signX = Math.sign(x[i]! - x[j]!);
      const signY = Math.sign(y[i]! - y[j]!);
      agreement += signX * signY;
      untiedX += Math.abs(signX);
      untiedY += Math.abs(signY);
    }
  }
  return bounded(agreement / (Math.sqrt(untiedX) * Math.sqrt(untiedY)));
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

function mean(values: Values): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/** Rounding can carry a perfect correlation past 1. */
const bounded = (r: number) => Math.max(-1, Math.min(1, r));

function assertPaired(x: Values, y: Values): void {
  if (x.length === y.length) return;
  throw new LesionError("internal", `a correlation of ${x.length} values with ${y.length}: they must be as many`, {
    detail: { x: x.length, y: y.length },
  });
}
