/** What two units do together beyond what each does alone. */
import type { InteractionsRecord } from "../../study/analysis-records.ts";
import { counted, fixed, grouped, points } from "../numbers.ts";
import type { HeatmapFigure, Section, Table } from "../report.ts";
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
  const pairs = records.flatMap(pairsOf).sort((a, b) => b.value - a.value);
  const positive = pairs.filter(({ value }) => value > 0);
  const negative = pairs.filter(({ value }) => value < 0).reverse();
  const clear = pairs.filter(({ value, halfWidth }) => halfWidth !== null && Math.abs(value) > halfWidth).length;
  const told = (pair: Pair | undefined, none: string) =>
    pair === undefined
      ? none
      : `${pair.name} (${points(pair.value)}${pair.halfWidth === null ? "" : ` ± ${fixed(pair.halfWidth)}`})`;
  return {
    id: "interactions",
    title: "Interactions of units",
    finding: `Of ${counted(pairs.length, "measured pair")}, ${told(positive[0], "none")} back each other up most and ${told(negative[0], "none")} overlap most; in ${grouped(clear)} the 95 % interval leaves 0 out; n = ${grouped(record.n)} samples.`,
    paragraphs: [
      "I is the drop with both units off, less the drops with each off alone, in percentage points. Above 0 the pair costs more than its parts: the units back each other up. Below 0 it costs less: what they do overlaps.",
      "Rows are ordered so that units with like interactions are neighbours; blocks are groups of units. Accuracy cannot fall below chance, so two very damaging units have a negative I without sharing anything. With many pairs, some intervals leave 0 out by chance: about one in twenty.",
    ],
    figures: records.map(heatmap),
    tables: [
      pairTable("Pairs that back each other up most", positive, input.most),
      pairTable("Pairs that overlap most", negative, input.most),
    ],
  };
}

const nameOf = ({ units }: InteractionsRecord, i: number) => unitName(units[i]!.layer, units[i]!.unit);

function pairsOf(record: InteractionsRecord): Pair[] {
  return record.matrix.flatMap((row, i) =>
    row.slice(0, i).flatMap((value, j) =>
      value === null
        ? []
        : [
            {
              name: `${nameOf(record, j)} and ${nameOf(record, i)}`,
              value,
              halfWidth: record.halfWidth[i]?.[j] ?? null,
            },
          ],
    ),
  );
}

function heatmap(record: InteractionsRecord): HeatmapFigure {
  const { units, matrix, order } = record;
  const most = order.map((i) => Math.max(0, ...matrix[i]!.map((value) => Math.abs(value ?? 0))));
  const shown = largest(most, MOST_UNITS).map((place) => order[place]!);
  const isOneLayer = new Set(units.map(({ layer }) => layer)).size === 1;
  const names = shown.map((i) => (isOneLayer ? String(units[i]!.unit) : nameOf(record, i)));
  const part = shown.length < units.length ? ` The ${shown.length} of ${units.length} units that interact most.` : "";
  return {
    mark: "heatmap",
    title: `Interaction of pairs in ${layerName({ ...record, layer: isOneLayer ? units[0]!.layer : null })}, ordered by likeness`,
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
