/** Whether what one network shows holds over networks of other seeds. */
import type { EnsemblePooledRecord, EnsembleRecord } from "../../study/analysis-records.ts";
import { counted, estimate, fixed, grouped, percent } from "../numbers.ts";
import type { ScatterFigure, Section } from "../report.ts";
import { analysisOf, subjectsOf } from "./marks.ts";
import { analysesOf, groupBy, left, type ReportInput, right, table } from "./section.ts";

/** Networks with a colour of their own. */
const MOST_GROUPS = 10;

/** Pooled and within-network correlations; each network by itself. */
export function ensemble(input: ReportInput): Section | null {
  const networks = analysesOf(input.run, "ensemble");
  const pooled = analysesOf(input.run, "ensemble-pooled").toSorted(
    (a, b) => b.n - a.n || Math.abs(b.spearman ?? 0) - Math.abs(a.spearman ?? 0),
  );
  const [best] = pooled;
  const subjectOf = subjectsOf(input, pooled);
  const networkSubjectOf = subjectsOf(input, networks);
  if (best === undefined && networks.length === 0) return null;
  return {
    id: "ensemble",
    title: "An ensemble of networks",
    finding:
      best === undefined
        ? `${counted(networks.length, "network and layer")} measured, not pooled yet.`
        : findingOf(best, pooled, subjectOf(best)),
    paragraphs: [
      "Networks of the same form were trained from different seeds, and every unit of each was switched off alone. Units of all networks are pooled to correlate predictors with the drop.",
      "Pooling also counts differences between networks: one that is worse all over can make or hide a correlation. The mean of the coefficients within each network cannot be moved by that; where the two disagree, believe the latter. Intervals over networks are Student's, and wide of few networks; those of a single network and of all pooled are bootstrap percentiles over units, which take the units of one network for independent.",
    ],
    figures: groupBy(networks, (record) => `${record.layerIndex} ${analysisOf(record)}`).flatMap(([, ofLayer]) =>
      scatter(ofLayer, networkSubjectOf(ofLayer[0]!)),
    ),
    tables: [
      ...(pooled.length === 0
        ? []
        : [pooledTable(pooled, subjectOf, input.most), coefficientTable(pooled, subjectOf, input.most)]),
      ...(networks.length === 0 ? [] : [networkTable(networks, networkSubjectOf, input.most)]),
    ],
  };
}

/** Of the layer of most units. */
function findingOf(best: EnsemblePooledRecord, pooled: readonly EnsemblePooledRecord[], subject: string): string {
  const { networks, accuracy, predictor, spearman, interval, within, n } = best;
  const compared = pooled.filter(
    (record) => record.layerIndex === best.layerIndex && analysisOf(record) === analysisOf(best),
  ).length;
  const chosen = compared > 1 ? `, the best of ${grouped(compared)} and flattered by having been chosen` : "";
  const { mean, interval: ends } = accuracy;
  const reached = `${counted(networks, "network")} reach ${estimate(100 * mean, ends && [100 * ends[0], 100 * ends[1]])} % on average.`;
  if (spearman === null)
    return `${reached} Nothing can be said of predictors: they, or the drops, are the same for all n = ${counted(n, "unit")}.`;
  return `${reached} Pooled, ${predictor} goes best with the drop in ${subject}${chosen}: Spearman ${estimate(spearman, interval.spearman)}, n = ${counted(n, "unit")}; within networks ${estimate(within.spearman, within.interval.spearman)}, n = ${grouped(within.n)}.`;
}

function scatter(records: readonly EnsembleRecord[], subject: string): ScatterFigure[] {
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
      title: `Change of weights against the drop, ${subject}, all networks`,
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

type SubjectOf<R> = (record: R) => string;

function pooledTable(
  pooled: readonly EnsemblePooledRecord[],
  subjectOf: SubjectOf<EnsemblePooledRecord>,
  most: number,
) {
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
    pooled.map(({ predictor, n, interval, spearman, pearson, kendall, within }, place) => [
      predictor,
      subjectOf(pooled[place]!),
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

function coefficientTable(
  pooled: readonly EnsemblePooledRecord[],
  subjectOf: SubjectOf<EnsemblePooledRecord>,
  most: number,
) {
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
    pooled.flatMap((record) =>
      record.byNetwork.map(({ network, n, spearman, pearson, kendall, interval }) => [
        record.predictor,
        subjectOf(record),
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

function networkTable(networks: readonly EnsembleRecord[], subjectOf: SubjectOf<EnsembleRecord>, most: number) {
  return table(
    "Each network",
    [right("network"), right("seed"), left("layer"), right("intact"), right("largest drop pp"), right("mean drop pp")],
    networks.map(({ network, seed, baseline, dropsPp }, place) => [
      grouped(network),
      String(seed),
      subjectOf(networks[place]!),
      percent(baseline.correct / baseline.samples),
      fixed(Math.max(...dropsPp)),
      fixed(dropsPp.reduce((sum, drop) => sum + drop, 0) / dropsPp.length),
    ]),
    most,
  );
}
