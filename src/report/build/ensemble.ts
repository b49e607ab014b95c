/** Whether what one network shows holds over networks of other seeds. */
import type { EnsemblePooledRecord, EnsembleRecord } from "../../study/analysis-records.ts";
import { counted, estimate, fixed, grouped, percent } from "../numbers.ts";
import type { ScatterFigure, Section } from "../report.ts";
import { analysesOf, groupBy, layerName, left, type ReportInput, right, table } from "./section.ts";

/** Networks with a colour of their own. */
const MOST_GROUPS = 10;

/** Pooled and within-network correlations; each network by itself. */
export function ensemble(input: ReportInput): Section | null {
  const networks = analysesOf(input.run, "ensemble");
  const pooled = analysesOf(input.run, "ensemble-pooled").toSorted(
    (a, b) => Math.abs(b.spearman ?? 0) - Math.abs(a.spearman ?? 0),
  );
  const [best] = pooled;
  if (best === undefined && networks.length === 0) return null;
  return {
    id: "ensemble",
    title: "An ensemble of networks",
    finding:
      best === undefined
        ? `${counted(networks.length, "network and layer")} measured, not pooled yet.`
        : findingOf(best),
    paragraphs: [
      "Networks of the same form were trained from different seeds, and every unit of each was switched off alone. Units of all networks are pooled to correlate predictors with the drop.",
      "Pooling also counts differences between networks: one that is worse all over can make or hide a correlation. The mean of the coefficients within each network cannot be moved by that; where the two disagree, believe the latter. Intervals over networks are Student's, and wide of few networks; those of a single network and of all pooled are bootstrap percentiles over units, which take the units of one network for independent.",
    ],
    figures: groupBy(networks, ({ layer }) => layer).flatMap(([, ofLayer]) => scatter(ofLayer)),
    tables: [
      ...(pooled.length === 0 ? [] : [pooledTable(pooled, input.most), coefficientTable(pooled, input.most)]),
      ...(networks.length === 0 ? [] : [networkTable(networks, input.most)]),
    ],
  };
}

function findingOf({ networks, accuracy, predictor, spearman, interval, within, n, ...record }: EnsemblePooledRecord) {
  const { mean, interval: ends } = accuracy;
  return `${counted(networks, "network")} reach ${estimate(100 * mean, ends && [100 * ends[0], 100 * ends[1]])} % on average. Pooled, ${predictor} goes best with the drop in ${layerName(record)}: Spearman ${estimate(spearman, interval.spearman)}, n = ${grouped(n)} units; within networks ${estimate(within.spearman, within.interval.spearman)}, n = ${grouped(within.n)}.`;
}

function scatter(records: readonly EnsembleRecord[]): ScatterFigure[] {
  const points = records.flatMap(({ p, dropsPp, network }) =>
    p.flatMap((x, i) => {
      const y = dropsPp[i];
      return x === null || y === undefined ? [] : [{ x, y, group: network }];
    }),
  );
  if (points.length === 0) return [];
  const named = records.length <= MOST_GROUPS;
  return [
    {
      mark: "scatter",
      title: `Change of weights against the drop, ${layerName(records[0]!)}, all networks`,
      description: `A dot a unit, n = ${grouped(points.length)} of ${counted(records.length, "network")}.`,
      x: { title: "p (Mann-Whitney)", log: true },
      y: { title: "drop of accuracy (pp)" },
      groups: named ? records.map(({ network }) => `network ${network}`) : [],
      points: named
        ? points.map((point) => ({ ...point, group: records.findIndex(({ network }) => network === point.group) }))
        : points.map(({ x, y }) => ({ x, y })),
    },
  ];
}

function pooledTable(pooled: readonly EnsemblePooledRecord[], most: number) {
  return table(
    "Correlation with the drop, pooled over networks (95 % bootstrap interval over units), and mean within them (95 % Student's interval over networks)",
    [
      left("predictor"),
      left("layer"),
      right("n"),
      right("Spearman"),
      right("Pearson"),
      right("Kendall"),
      right("Spearman within"),
      right("Pearson within"),
      right("Kendall within"),
      right("networks"),
    ],
    pooled.map(({ predictor, n, interval, spearman, pearson, kendall, within, ...record }) => [
      predictor,
      layerName(record),
      grouped(n),
      estimate(spearman, interval.spearman),
      estimate(pearson, interval.pearson),
      estimate(kendall, interval.kendall),
      estimate(within.spearman, within.interval.spearman),
      estimate(within.pearson, within.interval.pearson),
      estimate(within.kendall, within.interval.kendall),
      grouped(within.n),
    ]),
    most,
  );
}

function coefficientTable(pooled: readonly EnsemblePooledRecord[], most: number) {
  return table(
    "Correlation with the drop in each network (95 % bootstrap interval over its units)",
    [
      left("predictor"),
      left("layer"),
      right("network"),
      right("n"),
      right("Spearman"),
      right("Pearson"),
      right("Kendall"),
    ],
    pooled.flatMap(({ predictor, byNetwork, ...record }) =>
      byNetwork.map(({ network, n, spearman, pearson, kendall, interval }) => [
        predictor,
        layerName(record),
        grouped(network),
        grouped(n),
        estimate(spearman, interval.spearman),
        estimate(pearson, interval.pearson),
        estimate(kendall, interval.kendall),
      ]),
    ),
    most,
  );
}

function networkTable(networks: readonly EnsembleRecord[], most: number) {
  return table(
    "Each network",
    [right("network"), right("seed"), left("layer"), right("intact"), right("largest drop pp"), right("mean drop pp")],
    networks.map(({ network, seed, baseline, dropsPp, ...record }) => [
      grouped(network),
      String(seed),
      layerName(record),
      percent(baseline.correct / baseline.samples),
      fixed(Math.max(...dropsPp)),
      fixed(dropsPp.reduce((sum, drop) => sum + drop, 0) / dropsPp.length),
    ]),
    most,
  );
}
