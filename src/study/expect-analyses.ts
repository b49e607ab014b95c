/**
 * What `--expect` and a report's published values can ask of analyses: of units, `R(dense_0: 4+9)`, `p(dense_0: 11)`,
 * `shapley(dense_0: 11)`; of a series and its layer, `pearson(importance weight-l1, dense_0)`, `kendall(mann-whitney, 0)`,
 * `spearman(ensemble weight-l1, dense_0)`, `auc(random, dense_0)`, `half(greedy-most, dense_0)`. Without a layer all layers
 * pooled are meant.
 */
import type { Correlations } from "./analysis-records.ts";
import type { AnalysisRecord, Site } from "./records.ts";
import type { RunResults } from "./results.ts";

/** A layer's name, or its index. */
export type LayerName = string | number;

/** Units of a layer, as an expectation names them. */
export interface SiteName {
  readonly layer: LayerName;
  /** Ascending. */
  readonly units: readonly number[];
}

/** A value, and of how many it was taken where the record says so; the value is null where it could not be estimated. */
export interface Found {
  readonly value: number | null;
  readonly n: number | null;
}

/** The analyses of a name, in the order of the journal. */
export function analysesOf<Name extends AnalysisRecord["name"]>(
  { analyses }: Pick<RunResults, "analyses">,
  name: Name,
): Extract<AnalysisRecord, { name: Name }>[] {
  return analyses.filter((analysis): analysis is Extract<AnalysisRecord, { name: Name }> => analysis.name === name);
}

/** Whether sites are those that are named, in any order. */
export function isOf(sites: readonly Site[], named: readonly SiteName[]): boolean {
  return (
    sites.length === named.length &&
    named.every(({ layer, units }) =>
      sites.some(
        (site) =>
          (typeof layer === "number" ? site.layerIndex : site.layer) === layer &&
          site.units.length === units.length &&
          site.units.every((unit, i) => unit === units[i]),
      ),
    )
  );
}

interface OfLayer {
  readonly layer: string | null;
  readonly layerIndex: number | null;
}
const isAbout = (record: OfLayer, layer: LayerName | null) =>
  (typeof layer === "number" ? record.layerIndex : record.layer) === layer;

/** By the name that a function of units has; null where the run has no such analysis. */
export const OF_UNITS: Readonly<Record<string, (run: RunResults, sites: readonly SiteName[]) => Found | null>> = {
  /** Redundancy of a pair, 0 .. 1. */
  R: (run, sites) => {
    const found = analysesOf(run, "redundancy").find((pair) => isOf(pair.sites, sites));
    return found === undefined ? null : { value: found.R, n: found.n };
  },
  /** Of the Mann-Whitney test of one unit. */
  p: (run, sites) => ofUnit(analysesOf(run, "mann-whitney"), sites, ({ p }, unit) => ({ value: p[unit], n: null })),
  /** Percentage points, of so many permutations. */
  shapley: (run, sites) =>
    ofUnit(analysesOf(run, "shapley"), sites, ({ units, values, counts }, unit) => {
      const place = units.indexOf(unit);
      return { value: values[place], n: counts[place] ?? null };
    }),
};

/** What a record of one layer says of one unit of it. Of several records the last counts: of Shapley values the finest. */
function ofUnit<Record extends OfLayer>(
  records: readonly Record[],
  sites: readonly SiteName[],
  measured: (record: Record, unit: number) => { readonly value: number | null | undefined; readonly n: number | null },
): Found | null {
  const [site, another] = sites;
  const [unit, ...others] = site?.units ?? [];
  if (site === undefined || another !== undefined || unit === undefined || others.length > 0) return null;
  const found = records.findLast((record) => isAbout(record, site.layer));
  if (found === undefined) return null;
  const { value, n } = measured(found, unit);
  return value === undefined ? null : { value, n };
}

type OfSeries = (run: RunResults, of: string, layer: LayerName | null) => Found | null;
const ofCurve =
  (value: (curve: Extract<AnalysisRecord, { name: "degradation" }>) => number | null): OfSeries =>
  (run, of, layer) => {
    const found = analysesOf(run, "degradation").find((curve) => curve.order === of && isAbout(curve, layer));
    return found === undefined ? null : { value: value(found), n: found.n };
  };
const ofCorrelation =
  (coefficient: "pearson" | "spearman" | "kendall"): OfSeries =>
  (run, of, layer) => {
    const found = correlationsOf(run, of).find((record) => isAbout(record, layer));
    return found === undefined ? null : { value: found[coefficient], n: found.n };
  };

/** By the name that a function of a series and a layer has; null where the run has no such analysis. */
export const OF_SERIES: Readonly<Record<string, OfSeries>> = {
  pearson: ofCorrelation("pearson"),
  spearman: ofCorrelation("spearman"),
  kendall: ofCorrelation("kendall"),
  /** Mean accuracy over the share ablated, 0 .. 1. */
  auc: ofCurve(({ auc }) => auc),
  /** Share ablated at which half of what is above chance is gone. */
  half: ofCurve(({ halfDamage }) => halfDamage),
};

/** "importance weight-l1", "ensemble weight-l1" or "mann-whitney". */
function correlationsOf(run: RunResults, of: string): readonly (Correlations & OfLayer)[] {
  const [name, predictor] = of.split(" ");
  switch (name) {
    case "importance":
      return analysesOf(run, "importance").filter((record) => record.predictor === predictor);
    case "ensemble":
      return analysesOf(run, "ensemble-pooled").filter((record) => record.predictor === predictor);
    case "mann-whitney":
      return predictor === undefined ? analysesOf(run, "mann-whitney") : [];
    default:
      return [];
  }
}
