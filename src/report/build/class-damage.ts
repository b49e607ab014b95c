/** Which classes each unit's loss hits, and whether it hits one or all. */
import type { ClassDamageRecord } from "../../study/analysis-records.ts";
import { counted, fixed, grouped } from "../numbers.ts";
import type { Section } from "../report.ts";
import { subjectsOf } from "./marks.ts";
import {
  analysesOf,
  className,
  largest,
  left,
  type ReportInput,
  right,
  sentences,
  table,
  unitName,
} from "./section.ts";

const MOST_UNITS = 64;
const MOST_CLASSES = 50;

/** The unit x class atlas of each layer. */
export function classDamage(input: ReportInput): Section | null {
  const records = analysesOf(input.run, "class-damage");
  if (records.length === 0) return null;
  const subjectOf = subjectsOf(input, records);
  return {
    id: "class-damage",
    title: "Classes hit by each unit",
    finding: sentences(
      records.map((record) => {
        const { kind, n } = record;
        const count = (of: string) => grouped(kind.filter((one) => one === of).length);
        return `Of ${counted(kind.length, "unit")} of ${subjectOf(record)}, ${count("selective")} hit few classes (selective), ${count("global")} hit most (global) and ${count("none")} none; n = ${grouped(n)} samples.`;
      }),
    ),
    paragraphs: [
      "For each unit, the drop of every class's recall when it alone is switched off. Units and classes are ordered by clustering, so that blocks are units that carry the same classes.",
      "Entropy is that of the positive drops over classes: 0 where one class takes all the damage, 1 where all take the same. Selectivity compares the class hit most with the mean of the others. A class of few samples moves in large steps: its drops are the least certain.",
    ],
    figures: records.map((record) => atlas(input, record, subjectOf(record))),
    tables: records.map((record) => units(input, record, subjectOf(record))),
  };
}

function atlas(input: ReportInput, record: ClassDamageRecord, subject: string) {
  const { units, drops, order, classOrder } = record;
  const hit = (values: readonly number[]) => Math.max(0, ...values.map(Math.abs));
  const rows = largest(
    order.map((i) => hit(drops[i] ?? [])),
    MOST_UNITS,
  ).map((place) => order[place]!);
  const columns = largest(
    classOrder.map((c) => hit(drops.map((row) => row[c] ?? 0))),
    MOST_CLASSES,
  ).map((place) => classOrder[place]!);
  const cut = rows.length < units.length || columns.length < classOrder.length;
  return {
    mark: "heatmap",
    title: `Damage by class, ${subject}`,
    description: `Units by classes, ordered by likeness; warm: recall falls, cool: it rises.${cut ? ` Those ${rows.length} units and ${columns.length} classes that are hit most.` : ""}`,
    rows: rows.map((i) => String(units[i])),
    columns: columns.map((c) => className(input, c)),
    values: rows.map((i) => columns.map((c) => drops[i]?.[c] ?? null)),
    scale: "diverging",
    value: "drop of recall (pp)",
  } as const;
}

function units(
  input: ReportInput,
  { units, layer, drops, kind, entropy, selectivity, classSamples }: ClassDamageRecord,
  subject: string,
) {
  const rows = units
    .map((unit, i) => {
      const most = drops[i]!.reduce((best, drop, c) => (drop > drops[i]![best]! ? c : best), 0);
      return { unit, i, most, drop: drops[i]![most] ?? 0 };
    })
    .sort((a, b) => b.drop - a.drop || a.unit - b.unit)
    .map(({ unit, i, most, drop }) => [
      unitName(layer, unit),
      kind[i]!,
      className(input, most),
      fixed(drop, 1),
      grouped(classSamples[most] ?? 0),
      fixed(entropy[i] ?? null),
      fixed(selectivity[i] ?? null),
    ]);
  return table(
    `Units of ${subject} by the class they hit most`,
    [
      left("unit"),
      left("effect"),
      left("class"),
      right("drop pp"),
      right("n of class"),
      right("entropy"),
      right("selectivity"),
    ],
    rows,
    input.most,
  );
}
