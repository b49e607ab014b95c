/** What came back in damaged networks, by what no single one of them decides: medians and quartiles, no means. */
import { quantile } from "../ablation/statistics/quantile.ts";
import type { RecoverySummary } from "../study/recovery-summary.ts";
import { fixed, NONE, percent } from "./numbers.ts";

/** Fewer networks have no quartiles to speak of. */
export const LEAST_FOR_QUARTILES = 4;

type Quartiles = readonly [low: number, high: number] | null;

/** What came back in the networks that had lost anything and were trained to the end. */
export interface Regained {
  readonly networks: number;
  /** Of the fractions of single networks; null without any, quartiles for fewer than four. */
  readonly median: number | null;
  readonly quartiles: Quartiles;
  /** Samples regained by all of them over samples lost by all of them. */
  readonly together: number | null;
}

export function regainedIn(summaries: readonly RecoverySummary[]): Regained {
  const whole = summaries.filter(({ fractionRegained, epoch, epochs }) => fractionRegained !== null && epoch >= epochs);
  const lost = whole.reduce((sum, summary) => sum + summary.lost, 0);
  return {
    networks: whole.length,
    ...middleOf(whole.map(({ fractionRegained }) => fractionRegained!)),
    together: lost === 0 ? null : whole.reduce((sum, { regained }) => sum + regained!, 0) / lost,
  };
}

/** Median and quartiles of fractions in any order. */
export function middleOf(fractions: readonly number[]): Pick<Regained, "median" | "quartiles"> {
  const sorted = fractions.toSorted((a, b) => a - b);
  return {
    median: sorted.length === 0 ? null : quantile(sorted, 0.5),
    quartiles: sorted.length < LEAST_FOR_QUARTILES ? null : [quantile(sorted, 0.25), quantile(sorted, 0.75)],
  };
}

/** "81.0 % to 95.5 %" */
export const quartilesText = (quartiles: Quartiles): string =>
  quartiles === null ? NONE : `${percent(quartiles[0], 1)} to ${percent(quartiles[1], 1)}`;

/** "90 % (81 to 96)": the median with its quartiles, where there are any, for where there is little room. */
export const medianText = ({ median, quartiles }: Pick<Regained, "median" | "quartiles">): string =>
  quartiles === null
    ? percent(median, 0)
    : `${percent(median, 0)} (${fixed(100 * quartiles[0], 0)} to ${fixed(100 * quartiles[1], 0)})`;
