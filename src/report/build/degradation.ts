/** How gracefully the network fails as more and more is taken away. */
import type { DegradationRecord, OrderRecord } from "../../study/analysis-records.ts";
import { counted, estimate, exactPercent, fixed, grouped, percent } from "../numbers.ts";
import type { LinesFigure, Section, Table } from "../report.ts";
import { analysesOf, groupBy, layerName, left, type ReportInput, right, sentences, table } from "./section.ts";

const MEASURES: Readonly<Record<DegradationRecord["measure"], string>> = {
  accuracy: "accuracy",
  "own-class-recall": "recall of the order's own class",
};

/** Curves by layer, with chance; areas and half-damage points of curves that can be compared. */
export function degradation(input: ReportInput): Section | null {
  const records = analysesOf(input.run, "degradation");
  if (records.length === 0) return null;
  const rankings = comparable(records);
  return {
    id: "degradation",
    title: "Graceful degradation",
    finding: sentences(rankings.map(findingOf), 2),
    paragraphs: [
      "Accuracy against the share of a layer's units that is switched off, in different orders: at random, the least or most damaging unit next, or by a predictor of importance. With “keep” in front, what is left are the units that the order names; with “own-class” at its end, the curve is the mean recall of the class that each order is of. Recall alone flatters a network that is left with the units of one class: it calls many samples that class.",
      "The area under the curve is its mean height over the shares that it covers, so that only curves of the same measure over the same range are ranked. Half damage is the share at which half of what lies between the intact network and chance (the share of the most frequent class; of recall one in so many classes) is gone. A predictor is worth something where its curve differs from that of random orders by more than the bands, which are 95 % intervals: Student's over draws, or Wilson's where there is one.",
      ...undefinedIn(analysesOf(input.run, "order")),
    ],
    figures: groupBy(records, ({ layer, replacement }) => `${layer} ${replacement}`).map(([, curves]) =>
      figureOf(curves),
    ),
    tables: rankings.map((ranking) => tableOf(ranking, input.most)),
  };
}

/** Of units that never fire some predictors say nothing; where an order puts them, its curve is flat. */
function undefinedIn(orders: readonly OrderRecord[]): string[] {
  const found = orders.flatMap(({ layer, by, units, scores }) => {
    const count = scores.filter((score) => score === null).length;
    return by === "measured" || count === 0
      ? []
      : [`${by} of ${grouped(count)} of ${counted(units.length, "unit")} of ${layer}`];
  });
  if (found.length === 0) return [];
  return [
    `Not defined is ${[...new Set(found)].join(", ")}: such units, as those that never fire, are taken for what matters least. What that does to a curve says nothing of the predictor.`,
  ];
}

/** Curves of one measure over one range, the largest area first. */
interface Ranking {
  readonly measure: DegradationRecord["measure"];
  /** Share of units, from 0. */
  readonly to: number;
  readonly curves: readonly DegradationRecord[];
}

/** Accuracy before recall, the longest range first. */
function comparable(records: readonly DegradationRecord[]): Ranking[] {
  const rangeOf = ({ ablated, units }: DegradationRecord) => Math.round((1e4 * ablated.at(-1)!) / units) / 1e4;
  return groupBy(records, (record) => `${record.measure} ${rangeOf(record)}`)
    .map(([, curves]): Ranking => {
      const sorted = curves.toSorted((a, b) => b.auc - a.auc);
      return { measure: sorted[0]!.measure, to: rangeOf(sorted[0]!), curves: sorted };
    })
    .sort((a, b) => a.measure.localeCompare(b.measure) || b.to - a.to);
}

const halfOf = ({ halfDamage, halfDamageInterval }: DegradationRecord) =>
  halfDamage === null
    ? "never"
    : `${estimate(100 * halfDamage, halfDamageInterval && [100 * halfDamageInterval[0], 100 * halfDamageInterval[1]], 1)} %`;

function findingOf({ measure, to, curves }: Ranking): string {
  const [best, worst] = [curves[0]!, curves.at(-1)!];
  const told = (curve: DegradationRecord) =>
    `${curve.order} in ${layerName(curve)} (area under the curve ${estimate(curve.auc, curve.aucInterval, 3)}, half damage ${curve.halfDamage === null ? "" : "at "}${halfOf(curve)})`;
  const shortest = best === worst ? "" : `, and shortest with ${told(worst)}`;
  return `By ${MEASURES[measure]} up to ${exactPercent(to)} of the units (${counted(curves.length, "curve")}) the network holds out longest with ${told(best)}${shortest}; n = ${grouped(best.n)} samples.`;
}

function tableOf({ measure, to, curves }: Ranking, most: number): Table {
  return table(
    `Orders by area under the curve of ${MEASURES[measure]}, 0 to ${exactPercent(to)} of the units (95 % intervals)`,
    [
      left("layer"),
      left("order"),
      left("replacement"),
      right("units"),
      right("draws"),
      right("area"),
      right("half damage"),
      right("n"),
    ],
    curves.map((record) => [
      record.layer ?? "all layers",
      record.order,
      record.replacement,
      grouped(record.units),
      grouped(record.draws),
      estimate(record.auc, record.aucInterval, 3),
      halfOf(record),
      grouped(record.n),
    ]),
    most,
  );
}

function figureOf(curves: readonly DegradationRecord[]): LinesFigure {
  const { replacement, units, ...record } = curves[0]!;
  const levels = groupBy(curves, ({ measure }) => measure).map(([measure, ofMeasure]) => {
    const { chance, baseline } = ofMeasure[0]!;
    const of = curves.every((curve) => curve.measure === measure) ? "" : ` of ${MEASURES[measure]}`;
    return { chance, name: `chance${of}`, text: `intact${of} ${percent(baseline)}, chance ${percent(chance)}` };
  });
  return {
    mark: "lines",
    title: `Accuracy as units of ${layerName(record)} go (${replacement})`,
    description: `Of ${counted(units, "unit")}; ${levels.map(({ text }) => text).join("; ")}. Bands: 95 %.`,
    x: { title: "units ablated (%)", include: [0, 100] },
    y: { title: levels.length > 1 ? "accuracy or recall (%)" : "accuracy (%)", include: [0] },
    series: curves.map(({ order, ablated, units, accuracy, interval }) => ({
      name: order,
      x: ablated.map((count) => (100 * count) / units),
      y: accuracy.map((share) => 100 * share),
      band: interval.map((ends) => ends && ([100 * ends[0], 100 * ends[1]] as const)),
    })),
    references: levels.map(({ chance, name }) => ({
      value: 100 * chance,
      name: `${name} ${fixed(100 * chance, 1)} %`,
    })),
  };
}
