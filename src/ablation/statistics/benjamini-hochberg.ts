/** Many ablations make many tests: the share of false ones among those called significant is held, not each test alone. */

/**
 * p-values adjusted by Benjamini and Hochberg's procedure (1995, J. R. Stat. Soc. B 57:289), in the order given: those at
 * most q are significant at a false discovery rate of q. A NaN is no test: it stays NaN and is not counted.
 */
export function benjaminiHochberg(p: ArrayLike<number>): Float64Array {
  const adjusted = Float64Array.from(p);
  const order = Array.from(adjusted.keys())
    .filter((index) => !Number.isNaN(adjusted[index]!))
    .sort((a, b) => adjusted[a]! - adjusted[b]!);
  let least = 1;
  for (let rank = order.length; rank > 0; rank--) {
    const index = order[rank - 1]!;
    least = Math.min(least, adjusted[index]! * (order.length / rank));
    adjusted[index] = least;
  }
  return adjusted;
}
