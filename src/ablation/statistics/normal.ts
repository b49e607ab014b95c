/**
 * The standard normal distribution to nearly full double precision, tails included: p-values of strong effects are many
 * orders of magnitude below the 1e-7 to which common approximations of the error function hold.
 */

const SQRT_2PI = Math.sqrt(2 * Math.PI);

/** P(Z > z) of a standard normal Z. Relative error about 1e-14, down to the smallest doubles. */
export function normalTail(z: number): number {
  if (Number.isNaN(z)) return Number.NaN;
  if (z < 0) return 1 - normalTail(-z);
  const density = Math.exp((-z * z) / 2) / SQRT_2PI;
  // Abramowitz and Stegun 26.2.11, a series of positive terms, where it converges fast; beyond, the continued fraction
  // 26.2.14, evaluated from the inside.
  if (z < 2.5) {
    let term = z;
    let sum = z;
    for (let k = 3; term > sum * 1e-17; k += 2) {
      term *= (z * z) / k;
      sum += term;
    }
    return 0.5 - density * sum;
  }
  let fraction = z;
  for (let k = 200; k > 0; k--) fraction = z + k / fraction;
  return density / fraction;
}

/** The z with P(Z <= z) = p, by bisection of `normalTail`; +-Infinity at p = 0 and 1. */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  return p < 0.5 ? -upperQuantile(p) : upperQuantile(1 - p);
}

/** The z >= 0 with P(Z > z) = tail, tail at most 1/2. */
function upperQuantile(tail: number): number {
  if (tail === 0) return Number.POSITIVE_INFINITY;
  let low = 0;
  let high = 40;
  for (let i = 0; i < 64 && high - low > 1e-15 * high; i++) {
    const middle = (low + high) / 2;
    if (normalTail(middle) > tail) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
