/** Quantiles of samples. */

/** A quantile, 0 to 1, of ascending values, linear between them (type 7 of Hyndman and Fan 1996, NumPy's); NaN of none. */
export function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  if (below === undefined || above === undefined) return Number.NaN;
  return below + (place - Math.floor(place)) * (above - below);
}
