/**
 * How far a statistic of a sample would move with another sample: the bootstrap (Efron 1979), by percentiles and without copies.
 * A sample drawn with replacement is how often each item is in it. Of few items it is too narrow: `student.ts` is for their mean.
 */
import type { Random } from "../../core/random.ts";
import { quantile } from "./quantile.ts";

/** An interval needs a few thousand draws to be steady in its second digit. */
export const DRAWS = 2000;
const LEAST_DRAWS = 200;

/** How many samples to draw of so many items: 2,000, or fewer so that `mostItems` are drawn in all, but at least 200. */
export function drawsOf(items: number, mostItems: number): number {
  return Math.min(DRAWS, Math.max(LEAST_DRAWS, Math.floor(mostItems / items)));
}

/** Draws as many items as there are, with replacement: `counts[i]` becomes how often item i was drawn. */
export function drawCounts(counts: Uint32Array, draw: Random): void {
  counts.fill(0);
  for (let i = 0; i < counts.length; i++) counts[draw.below(counts.length)]!++;
}

/** The 95 % percentile interval of values of a statistic on bootstrap samples; NaN is left out, null where all are NaN. */
export function percentileInterval(values: ArrayLike<number>): readonly [low: number, high: number] | null {
  const sorted = Array.from(values)
    .filter((value) => !Number.isNaN(value))
    .sort((a, b) => a - b);
  return sorted.length === 0 ? null : [quantile(sorted, 0.025), quantile(sorted, 0.975)];
}

/** The percentile interval of a statistic of `items` items, from `draws` bootstrap samples. */
export function countsInterval(
  items: number,
  statistic: (counts: Uint32Array) => number,
  draws: number,
  draw: Random,
): readonly [low: number, high: number] | null {
  const counts = new Uint32Array(items);
  const values = Float64Array.from({ length: draws }, () => {
    drawCounts(counts, draw);
    return statistic(counts);
  });
  return percentileInterval(values);
}
