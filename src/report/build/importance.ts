/** Which predictors foretell how much a unit matters, without switching it off. */
import type { ImportanceRecord } from "../../study/analysis-records.ts";
import { counted, estimate, fixed, grouped, NONE } from "../numbers.ts";
import type { Figure, Section, Table } from "../report.ts";
import {
  analysesOf,
  groupBy,
  layerName,
  left,
  type ReportInput,
  right,
  singleUnits,
  sweepName,
  table,
  unitName,
} from "./section.ts";

const COLUMNS = [left("predictor"), left("layer"), right("n"), right("Spearman"), right("Pearson"), right("Kendall")];
const strength = ({ spearman }: ImportanceRecord) => Math.abs(spearman ?? 0);

/** The league table of predictors, by sweep, and the best of them unit by unit. */
export function importance(input: ReportInput): Section | null {
  const records = analysesOf(input.run, "importance");
  const league = records.toSorted((a, b) => strength(b) - strength(a));
  const [best] = league;
  if (best === undefined) return null;
  const bySweep = groupBy(league, ({ sweep }) => sweep);
  return {
    id: "importance",
    title: "Predicting importance",
    finding: `Of ${counted(new Set(records.map(({ predictor }) => predictor)).size, "predictor")}, ${best.predictor} goes best with the measured drop in ${layerName(best)}: Spearman ${estimate(best.spearman, best.interval.spearman)}, n = ${grouped(best.n)} units.`,
    paragraphs: [
      "Each predictor gives every unit a number without ablating it; the oracle is the drop of accuracy measured when the unit alone is switched off. A good predictor ranks units as the drop does.",
      "Rows are sorted by |Spearman|, the rank correlation; Pearson's asks for a straight line, Kendall's counts pairs in order. Intervals are 95 % bootstrap percentiles over units: where they contain 0, or those of two predictors overlap widely, the order says little. The best of many is flattered by having been chosen. APoZ, FPGM and p-values may foretell importance with a negative sign.",
    ],
    figures: [scatter(input, best), ...bySweep.flatMap(([sweep, ofSweep]) => overview(input, sweep, ofSweep))],
    tables: bySweep.flatMap(([sweep, ofSweep]) => [
      ...leagueTable(input, sweep, ofSweep),
      table(
        `Correlation with the measured drop, ${sweepName(input, sweep)} (95 % bootstrap interval)`,
        COLUMNS,
        ofSweep.map((record) => [
          record.predictor,
          layerName(record),
          grouped(record.n),
          estimate(record.spearman, record.interval.spearman),
          estimate(record.pearson, record.interval.pearson),
          estimate(record.kendall, record.interval.kendall),
        ]),
        input.most,
      ),
    ]),
  };
}

/** Layers that the league table has columns for, at most. */
const MOST_COLUMNS = 6;

/** A row a predictor, where there are several layers: how well it ranks units within each, on average, and over all pooled. */
function leagueTable(input: ReportInput, sweep: number, records: readonly ImportanceRecord[]): Table[] {
  const byPredictor = groupBy(records, ({ predictor }) => predictor);
  const layers = [...new Set(records.filter(({ layerIndex }) => layerIndex !== null).map(layerName))].sort();
  if (layers.length < 2 || byPredictor.length < 2) return [];
  const shown = layers.length <= MOST_COLUMNS ? layers : [];
  const rows = byPredictor
    .map(([predictor, own]) => {
      const within = own.flatMap(({ layerIndex, spearman }) => (layerIndex === null ? [] : (spearman ?? [])));
      const mean = within.reduce((sum, rho) => sum + rho, 0) / within.length;
      return { predictor, own, mean, n: within.length };
    })
    .sort((a, b) => Math.abs(b.mean || 0) - Math.abs(a.mean || 0));
  const cell = (record: ImportanceRecord | undefined) => (record?.spearman == null ? NONE : fixed(record.spearman, 2));
  return [
    table(
      `League table, ${sweepName(input, sweep)}: mean of Spearman's correlation with the drop within each layer`,
      [left("predictor"), right("mean"), right("layers"), ...shown.map(right), right("all units pooled")],
      rows.map(({ predictor, own, mean, n }) => [
        predictor,
        n === 0 ? NONE : fixed(mean, 2),
        grouped(n),
        ...shown.map((layer) => cell(own.find((record) => layerName(record) === layer))),
        cell(own.find(({ layerIndex }) => layerIndex === null)),
      ]),
      Number.POSITIVE_INFINITY,
    ),
  ];
}

function scatter(input: ReportInput, { predictor, values, sweep, layer, n }: ImportanceRecord): Figure {
  const units = singleUnits(input, sweep, layer);
  const measured = units
    .map((unit, i) => ({ ...unit, value: values[i] ?? null }))
    .filter(
      (unit): unit is typeof unit & { value: number; dropPp: number } => unit.value !== null && unit.dropPp !== null,
    )
    .sort((a, b) => b.dropPp - a.dropPp);
  const layers = [...new Set(measured.map((unit) => unit.layer))];
  return {
    mark: "scatter",
    title: `${predictor} against the measured drop, ${layer ?? "all layers"}`,
    description: `A dot a unit, n = ${grouped(n)}; the most damaging units are named.`,
    x: { title: predictor },
    y: { title: "drop of accuracy (pp)" },
    groups: layers.length > 1 ? layers : [],
    points: measured.map((unit) => ({
      x: unit.value,
      y: unit.dropPp,
      group: layers.length > 1 ? layers.indexOf(unit.layer) : 0,
      label: layers.length > 1 ? unitName(unit.layer, unit.unit) : String(unit.unit),
    })),
  };
}

/** Predictors by layers, where there are several of both. */
function overview(input: ReportInput, sweep: number, records: readonly ImportanceRecord[]): Figure[] {
  const layers = [...new Set(records.toSorted((a, b) => (a.layerIndex ?? 1e9) - (b.layerIndex ?? 1e9)).map(layerName))];
  const predictors = [...new Set(records.map(({ predictor }) => predictor))];
  if (layers.length < 2 || predictors.length < 2) return [];
  const found = new Map(records.map((record) => [`${record.predictor} ${layerName(record)}`, record.spearman]));
  return [
    {
      mark: "heatmap",
      title: `Rank correlation with the drop, ${sweepName(input, sweep)}`,
      description: "Predictors by layers; hatched: not defined, because one side is constant.",
      rows: predictors,
      columns: layers,
      values: predictors.map((predictor) => layers.map((layer) => found.get(`${predictor} ${layer}`) ?? null)),
      scale: "diverging",
      value: "Spearman",
    },
  ];
}
