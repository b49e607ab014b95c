/** What two units do together beyond what each does alone. */
import type { InteractionsRecord } from "../../study/analysis-records.ts";
import { marked } from "../ablation-names.ts";
import { counted, fixed, grouped, points } from "../numbers.ts";
import type { HeatmapFigure, Section, Table } from "../report.ts";
import { marksOf } from "./marks.ts";
import { analysesOf, largest, layerName, left, type ReportInput, right, table, unitName } from "./section.ts";

const MOST_UNITS = 100;

interface Pair {
  readonly name: string;
  readonly value: number;
  readonly halfWidth: number | null;
}

/** The matrix by its seriation, and its extremes. */
export function interactions(input: ReportInput): Section | null {
  const records = analysesOf(input.run, "interactions");
  const [record] = records;
  if (record === undefined) return null;
  const marks = marksOf(input, records);
  const pairs = records.flatMap((one) => pairsOf(one, marks(one))).sort((a, b) => b.value - a.value);
  const positive = pairs.filter(({ value }) => value > 0);
  const negative = pairs.filter(({ value }) => value < 0).reverse();
  const clear = pairs.filter(({ value, halfWidth }) => halfWidth !== null && Math.abs(value) > halfWidth).length;
  const told = (pair: Pair | undefined, does: string) => {
    if (pair === undefined) return `none ${does}`;
    const margin = pair.halfWidth === null ? "" : ` ± ${fixed(pair.halfWidth)}`;
    return `${pair.name} (${points(pair.value)}${margin}) ${does} most`;
  };
  return {
    id: "interactions",
    title: "Interactions of units",
    finding: `Of ${counted(pairs.length, "measured pair")}, ${told(positive[0], "back each other up")} and ${told(negative[0], "overlap")}; in ${grouped(clear)} the 95 % interval leaves 0 out; n = ${grouped(record.n)} samples.`,
    paragraphs: [
      "I is the drop with both units off, less the drops with each off alone, in percentage points. Above 0 the pair costs more than its parts: the units back each other up. Below 0 it costs less: what they do overlaps.",
      "Rows are ordered so that units with like interactions are neighbours; blocks are groups of units. Accuracy cannot fall below chance, so two very damaging units have a negative I without sharing anything. With many pairs, some intervals leave 0 out by chance: about one in twenty.",
    ],
    figures: records.map((one) => heatmap(one, marks(one))),
    tables: [
      pairTable("Pairs that back each other up most", positive, input.most),
      pairTable("Pairs that overlap most", negative, input.most),
    ],
  };
}

const nameOf = ({ units }: InteractionsRecord, i: number) => unitName(units[i]!.layer, units[i]!.unit);

function pairsOf(record: InteractionsRecord, marks: readonly string[]): Pair[] {
  return record.matrix.flatMap((row, i) =>
    row.slice(0, i).flatMap((value, j) =>
      value === null
        ? []
        : [
            {
              name: marked(`${nameOf(record, j)} and ${nameOf(record, i)}`, marks),
              value,
              halfWidth: record.halfWidth[i]?.[j] ?? null,
            },
          ],
    ),
  );
}

function heatmap(record: InteractionsRecord, marks: readonly string[]): HeatmapFigure {
  const { units, matrix, order } = record;
  const most = order.map((i) => Math.max(0, ...matrix[i]!.map((value) => Math.abs(value ?? 0))));
  const shown = largest(most, MOST_UNITS).map((place) => order[place]!);
  const isOneLayer = new Set(units.map(({ layer }) => layer)).size === 1;
  const names = shown.map((i) => (isOneLayer ? String(units[i]!.unit) : nameOf(record, i)));
  const part = shown.length < units.length ? ` The ${shown.length} of ${units.length} units that interact most.` : "";
  return {
    mark: "heatmap",
    title: `Interaction of pairs in ${marked(layerName({ layer: isOneLayer ? units[0]!.layer : null }), marks)}, ordered by likeness`,
    description: `Warm: they back each other up; cool: they overlap; hatched: not measured.${part}`,
    rows: names,
    columns: names,
    values: shown.map((i) => shown.map((j) => matrix[i]?.[j] ?? null)),
    scale: "diverging",
    value: "I (pp)",
  };
}

function pairTable(caption: string, pairs: readonly Pair[], most: number): Table {
  const rows = pairs.map(({ name, value, halfWidth }) => [name, fixed(value), fixed(halfWidth)]);
  return table(caption, [left("pair"), right("I pp"), right("± 95 %")], rows, most);
}
