/** How far a statistic of a sample would move with another sample: the bootstrap (Efron 1979), by percentiles. */
import type { Random } from "../../core/random.ts";

/**
 * The percentile interval of a statistic: 95 % of its values on `draws` samples of as many items, drawn with replacement.
 * The statistic is given the items drawn; samples for which it is NaN (a correlation of a constant) are left out. Null
 * where it is NaN for all.
 */
export function bootstrapInterval<Item>(
  items: readonly Item[],
  statistic: (sample: readonly Item[]) => number,
  draws: number,
  draw: Random,
): readonly [low: number, high: number] | null {
  const values: number[] = [];
  for (let i = 0; i < draws; i++) {
    const value = statistic(items.map(() => items[draw.below(items.length)]!));
    if (!Number.isNaN(value)) values.push(value);
  }
  if (values.length === 0) return null;
  const sorted = values.sort((a, b) => a - b);
  return [quantile(sorted, 0.025), quantile(sorted, 0.975)];
}

/** A quantile, 0 to 1, of ascending values, linear between them (type 7 of Hyndman and Fan 1996, NumPy's); NaN of none. */
export function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  if (below === undefined || above === undefined) return Number.NaN;
  return below + (place - Math.floor(place)) * (above - below);
}
