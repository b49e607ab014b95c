/** What correlations of several networks have in common, each network counting once. */
import type { Correlations } from "./correlations.ts";
import { studentInterval } from "./student.ts";

/**
 * The mean of each coefficient over those that have one, and its 95 % Student's interval; n is their number. A plain mean, not
 * Fisher's z: of few networks with few units a coefficient of +-1 is common, its z infinite, and the mean of z would be decided
 * by that one network alone. The mean of r is
 * biased towards 0 by about r (1 - r^2) / (2 units) (Hotelling 1953, J. R. Stat. Soc. B 15:193).
 */
export function meanCorrelations(correlations: readonly Correlations[]): Correlations {
  const known = correlations.filter(({ spearman }) => spearman !== null);
  const over = (name: "pearson" | "spearman" | "kendall") => {
    const values = known.flatMap((each) => each[name] ?? []);
    const mean = values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
    return { mean, interval: studentInterval(values, { least: -1, most: 1 }) };
  };
  const [pearson, spearman, kendall] = [over("pearson"), over("spearman"), over("kendall")];
  return {
    n: known.length,
    pearson: pearson.mean,
    spearman: spearman.mean,
    kendall: kendall.mean,
    interval: { pearson: pearson.interval, spearman: spearman.interval, kendall: kendall.interval },
  };
}
