/** Which predictors foretell how much a unit matters, without switching it off. */
import type { ImportanceRecord } from "../../study/analysis-records.ts";
import { marked } from "../ablation-names.ts";
import { counted, estimate, fixed, grouped, NONE } from "../numbers.ts";
import type { Figure, Section, Table } from "../report.ts";
import { analysisOf, marksOf } from "./marks.ts";
import {
  analysesOf,
  groupBy,
  layerName,
  left,
  type ReportInput,
  right,
  sentences,
  singleUnits,
  sweepName,
  table,
  unitName,
} from "./section.ts";

const COLUMNS = [left("predictor"), left("layer"), right("n"), right("Spearman"), right("Pearson"), right("Kendall")];
const strength = ({ spearman }: ImportanceRecord) => Math.abs(spearman ?? 0);

/** The league table of predictors, by sweep and by what was asked, and the best of them unit by unit. */
export function importance(input: ReportInput): Section | null {
  const records = analysesOf(input.run, "importance");
  if (records.length === 0) return null;
  const marks = marksOf(input, records, { withSweep: false });
  const leagues = groupBy(records, (record) => `${record.sweep} ${analysisOf(record)}`).map(([, own]): League => {
    const sorted = own.toSorted((a, b) => byScope(a, b) || strength(b) - strength(a));
    return { records: sorted, name: marked(sweepName(input, own[0]!.sweep), marks(own[0]!)) };
  });
  return {
    id: "importance",
    title: "Predicting importance",
    finding: sentences(leagues.map((league) => findingOf(league, leagues.length > 1))),
    paragraphs: [
      "Each predictor gives every unit a number without ablating it; the oracle is the drop of accuracy measured when the unit alone is switched off. A good predictor ranks units as the drop does.",
      "Rows are sorted by |Spearman|, the rank correlation, all layers pooled first and then the layers with most units: of few units some predictor has a large coefficient by chance. Pearson's asks for a straight line, Kendall's counts pairs in order. Intervals are 95 % bootstrap percentiles over units: where they contain 0, or those of two predictors overlap widely, the order says little. The best of many is flattered by having been chosen. APoZ, FPGM and p-values may foretell importance with a negative sign.",
    ],
    figures: leagues.flatMap((league) => [...scatter(input, league), ...overview(league)]),
    tables: leagues.flatMap((league) => [
      ...leagueTable(league),
      table(
        `Correlation with the measured drop, ${league.name} (95 % bootstrap interval)`,
        COLUMNS,
        league.records.map((record) => [
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

/** What one analysis found of one sweep. */
interface League {
  /** "sweep 0 (each-unit)" */
  readonly name: string;
  /** All layers pooled first, then the layers of most units; of each the strongest first. */
  readonly records: readonly ImportanceRecord[];
}

/** Pooled before layers, layers by how many units they have. */
const byScope = (a: ImportanceRecord, b: ImportanceRecord) =>
  Number(a.layerIndex !== null) - Number(b.layerIndex !== null) ||
  b.values.length - a.values.length ||
  (a.layerIndex ?? 0) - (b.layerIndex ?? 0);

/** The strongest predictor of all layers pooled, or of the layer of most units; null where no coefficient is defined. */
function bestOf({ records }: League): ImportanceRecord | null {
  const scopes = groupBy(records, ({ layerIndex }) => layerIndex).map(([, own]) => own);
  return scopes.map((own) => own.find(({ spearman }) => spearman !== null)).find((best) => best !== undefined) ?? null;
}

function findingOf(league: League, isOneOfSeveral: boolean): string {
  const best = bestOf(league);
  const predictors = counted(new Set(league.records.map(({ predictor }) => predictor)).size, "predictor");
  const where = isOneOfSeveral ? ` in ${league.name}` : "";
  if (best === null) {
    const most = league.records.reduce((n, record) => Math.max(n, record.n), 0);
    return `Nothing can be said of ${predictors}${where}: predictor or drop is the same for all units, or fewer than 3 were measured (n = ${counted(most, "unit")}).`;
  }
  const compared = league.records.filter(
    ({ layerIndex, spearman }) => layerIndex === best.layerIndex && spearman !== null,
  );
  const chosen =
    compared.length > 1 ? `, the best of ${grouped(compared.length)} and flattered by having been chosen` : "";
  const ties = compared.filter((record) => strength(record) === strength(best)).length - 1;
  const alike = ties === 0 ? "" : `, and as well as it ${counted(ties, "other")},`;
  return `Of ${predictors}${where}, ${best.predictor}${alike} goes best with the measured drop in ${layerName(best)}: Spearman ${estimate(best.spearman, best.interval.spearman)}, n = ${counted(best.n, "unit")}${chosen}.`;
}

/** Layers that the league table has columns for, at most. */
const MOST_COLUMNS = 6;

/** A row a predictor, where there are several layers: how well it ranks units within each, on average, and over all pooled. */
function leagueTable({ name, records }: League): Table[] {
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
      `League table, ${name}: mean of Spearman's correlation with the drop within each layer`,
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

/** The best predictor, unit by unit. */
function scatter(input: ReportInput, league: League): Figure[] {
  const best = bestOf(league);
  if (best === null) return [];
  const { predictor, values, sweep, layer, n } = best;
  const units = singleUnits(input, sweep, layer);
  const measured = units
    .map((unit, i) => ({ ...unit, value: values[i] ?? null }))
    .filter(
      (unit): unit is typeof unit & { value: number; dropPp: number } => unit.value !== null && unit.dropPp !== null,
    )
    .sort((a, b) => b.dropPp - a.dropPp);
  const layers = [...new Set(measured.map((unit) => unit.layer))];
  return [
    {
      mark: "scatter",
      title: `${predictor} against the measured drop, ${layer ?? "all layers"}, ${league.name}`,
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
    },
  ];
}

/** Predictors by layers, where there are several of both. */
function overview({ name, records }: League): Figure[] {
  const layers = [...new Set(records.toSorted((a, b) => (a.layerIndex ?? 1e9) - (b.layerIndex ?? 1e9)).map(layerName))];
  const predictors = [...new Set(records.map(({ predictor }) => predictor))];
  if (layers.length < 2 || predictors.length < 2) return [];
  const found = new Map(records.map((record) => [`${record.predictor} ${layerName(record)}`, record.spearman]));
  return [
    {
      mark: "heatmap",
      title: `Rank correlation with the drop, ${name}`,
      description: "Predictors by layers; hatched: not defined, because one side is constant.",
      rows: predictors,
      columns: layers,
      values: predictors.map((predictor) => layers.map((layer) => found.get(`${predictor} ${layer}`) ?? null)),
      scale: "diverging",
      value: "Spearman",
    },
  ];
}
