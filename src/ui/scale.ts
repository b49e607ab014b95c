/**
 * Scales of the lab's charts: from values to pixels and to round ticks. Pure numbers, so that what a chart shows can be
 * tested without drawing it.
 */

/** The straight line that takes `domain` to `range`; a domain of no width goes to the middle of the range. */
export function linear(domain: readonly [number, number], range: readonly [number, number]): (value: number) => number {
  const width = domain[1] - domain[0];
  if (width === 0) return () => (range[0] + range[1]) / 2;
  const slope = (range[1] - range[0]) / width;
  return (value) => range[0] + (value - domain[0]) * slope;
}

/** The least round number that is no smaller than `value`: a scale's end. 1 where `value` is not positive. */
export function niceCeiling(value: number): number {
  return leastMultiple(value, [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10]);
}

/** The decimals that a scale's round end needs to be read as what it is. */
export function endDigits(end: number): number {
  for (let digits = 0; ; digits++) if (digits === 12 || Number(end.toFixed(digits)) === end) return digits;
}

/** The least of `steps` times a power of ten that is no smaller than `value`. `steps` end in 10. */
function leastMultiple(value: number, steps: readonly number[]): number {
  if (!(value > 0) || !Number.isFinite(value)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  for (const step of steps) {
    if (step * power >= value * (1 - 1e-12)) return round12(step * power);
  }
  return round12(10 * power);
}

/** Multiples of 1, 2 or 5 times a power of ten inside [low, high], at most `count` + 1 of them. */
export function ticks(low: number, high: number, count: number): number[] {
  if (!(high > low)) return [low];
  const step = leastMultiple((high - low) / Math.max(1, count), [1, 2, 5, 10]);
  const found: number[] = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) found.push(round12(k * step) + 0);
  return found;
}

/** Removes the noise that binary fractions leave in the last digits. */
function round12(value: number): number {
  return Number(value.toPrecision(12));
}
