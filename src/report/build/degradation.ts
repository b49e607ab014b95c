/** How gracefully the network fails as more and more is taken away. */
import type { DegradationRecord } from "../../study/analysis-records.ts";
import { counted, estimate, fixed, grouped, percent } from "../numbers.ts";
import type { LinesFigure, Section } from "../report.ts";
import { analysesOf, groupBy, layerName, left, type ReportInput, right, table } from "./section.ts";

/** Curves by layer, with chance; areas and half-damage points. */
export function degradation(input: ReportInput): Section | null {
  const records = analysesOf(input.run, "degradation");
  const sorted = records.toSorted((a, b) => b.auc - a.auc);
  const [best, worst] = [sorted[0], sorted.at(-1)];
  if (best === undefined || worst === undefined) return null;
  const half = ({ halfDamage, halfDamageInterval }: DegradationRecord) =>
    halfDamage === null
      ? "never"
      : `${estimate(100 * halfDamage, halfDamageInterval && [100 * halfDamageInterval[0], 100 * halfDamageInterval[1]], 1)} %`;
  return {
    id: "degradation",
    title: "Graceful degradation",
    finding: `The network holds out longest with ${best.order} in ${layerName(best)} (area under the curve ${estimate(best.auc, best.aucInterval, 3)}, half damage at ${half(best)})${best === worst ? "" : `, and shortest with ${worst.order} in ${layerName(worst)} (${estimate(worst.auc, worst.aucInterval, 3)}, ${half(worst)})`}; n = ${grouped(best.n)} samples.`,
    paragraphs: [
      "Accuracy against the share of a layer's units that is switched off, in different orders: at random, the least or most damaging unit next, or by a predictor of importance. With “keep” in front, what is left are the units that the order names; with “own-class” at its end, the curve is the mean recall of the class that each order is of. Recall alone flatters a network that is left with the units of one class: it calls many samples that class.",
      "The area under the curve is the mean accuracy over all shares. Half damage is the share at which half of what lies between the intact network and chance (the share of the most frequent class) is gone. A predictor is worth something where its curve differs from that of random orders by more than the bands, which are 95 % intervals over draws, or Wilson's where there is one.",
    ],
    figures: groupBy(records, ({ layer, replacement }) => `${layer} ${replacement}`).map(([, curves]) =>
      figureOf(curves),
    ),
    tables: [
      table(
        "Orders by area under the curve (95 % intervals)",
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
        sorted.map((record) => [
          record.layer ?? "all layers",
          record.order,
          record.replacement,
          grouped(record.units),
          grouped(record.draws),
          estimate(record.auc, record.aucInterval, 3),
          half(record),
          grouped(record.n),
        ]),
        input.most,
      ),
    ],
  };
}

function figureOf(curves: readonly DegradationRecord[]): LinesFigure {
  const { chance, baseline, replacement, units, ...record } = curves[0]!;
  return {
    mark: "lines",
    title: `Accuracy as units of ${layerName(record)} go (${replacement})`,
    description: `Of ${counted(units, "unit")}; intact ${percent(baseline)}, chance ${percent(chance)}. Bands: 95 %.`,
    x: { title: "units ablated (%)", include: [0, 100] },
    y: { title: "accuracy (%)", include: [0] },
    series: curves.map(({ order, ablated, units, accuracy, interval }) => ({
      name: order,
      x: ablated.map((count) => (100 * count) / units),
      y: accuracy.map((share) => 100 * share),
      band: interval.map((ends) => ends && ([100 * ends[0], 100 * ends[1]] as const)),
    })),
    references: [{ value: 100 * chance, name: `chance ${fixed(100 * chance, 1)} %` }],
  };
}
