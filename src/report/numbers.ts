/** Numbers as a report writes them: an estimate is never without its interval, a share never without its n. */
import { wilson } from "../study/summary.ts";

/** What was no finite number is null in a journal, ends of an interval too. */
type Interval = readonly [low: number | null, high: number | null] | null;

/** What stands for a number that does not exist. */
export const NONE = "-";

/** "1,234,567" */
export const grouped = (value: number): string => Math.round(value).toLocaleString("en-US");

/** "1 unit", "3 units" */
export const counted = (count: number, noun: string): string => `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;

/** "12.35"; "-" of null. */
export const fixed = (value: number | null, digits = 2): string =>
  value === null || Number.isNaN(value) ? NONE : value.toFixed(digits).replace(/^-(0\.?0*)$/, "$1");

/** Digits after the point, two at least, that give the greatest of some values three significant ones: five for 0.00144. */
export function digitsFor(values: readonly number[]): number {
  const greatest = Math.max(0, ...values.map(Math.abs));
  return greatest === 0 ? 2 : Math.min(12, Math.max(2, 2 - Math.floor(Math.log10(greatest))));
}

/** "94.64 %" of a share of 0 to 1. */
export const percent = (share: number | null, digits = 2): string =>
  share === null || Number.isNaN(share) ? NONE : `${fixed(100 * share, digits)} %`;

/** "95 %", "99.9 %" of 0.999: as it was asked for. */
export const exactPercent = (share: number): string => `${Number((100 * share).toFixed(4))} %`;

/** "12.35 pp" */
export const points = (value: number): string => `${fixed(value)} pp`;

/** "0.31 to 0.85"; "-" where an end is not known. */
export const range = (interval: Interval, digits = 2): string =>
  interval === null || !interval.every(Number.isFinite)
    ? NONE
    : `${fixed(interval[0], digits)} to ${fixed(interval[1], digits)}`;

/** "0.66 (0.31 to 0.85)", an estimate with its 95 % interval. */
export const estimate = (value: number | null, interval: Interval, digits = 2): string =>
  value === null || range(interval) === NONE
    ? fixed(value, digits)
    : `${fixed(value, digits)} (${range(interval, digits)})`;

/** "0.012", "2.4e-11" */
export function probability(p: number | null): string {
  if (p === null) return NONE;
  return p !== 0 && p < 0.001 ? p.toExponential(1) : fixed(p, 3);
}

/** "94.64 % (9,464 of 10,000; 95 % interval 94.18 to 95.06)" */
export function accuracyText(correct: number, samples: number): string {
  const { low, high } = wilson(correct, samples);
  return `${percent(correct / samples)} (${grouped(correct)} of ${grouped(samples)}; 95 % interval ${range([100 * low, 100 * high])})`;
}
