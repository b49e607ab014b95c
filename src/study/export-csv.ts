/** Results for spreadsheets and statistics programs: CSV as RFC 4180 has it, a row an ablation, numbers unrounded. */
import type { AblationRecord } from "./records.ts";
import type { RunResults } from "./results.ts";
import { type Summary, summarize } from "./summary.ts";

export type Cell = string | number | null | undefined;
type Column = readonly [name: string, cell: (record: AblationRecord, summary: Summary) => Cell];

const COLUMNS: readonly Column[] = [
  ["sweep", ({ sweep }) => sweep],
  ["index", ({ index }) => index],
  ["row", ({ row }) => row],
  ["layers", ({ sites }) => sites.map(({ layer }) => layer).join(";")],
  ["units", ({ sites }) => sites.map(({ units }) => units.join(" ")).join(";")],
  ["replacement", ({ replacement }) => replacement],
  ["samples", ({ samples }) => samples],
  ["correct", ({ correct }) => correct],
  ["accuracy", (_, { accuracy }) => accuracy],
  ["accuracy_low", (_, { interval }) => interval.low],
  ["accuracy_high", (_, { interval }) => interval.high],
  ["drop_pp", (_, { dropPp }) => dropPp],
  ["correct_top5", ({ correctTop5 }) => correctTop5],
  ["loss", ({ loss }) => loss],
  ["kept", ({ status }) => status?.kept],
  ["lost", ({ status }) => status?.lost],
  ["gained", ({ status }) => status?.gained],
  ["wrong", ({ status }) => status?.wrong],
  ["most_damaged_class", (_, { mostDamaged }) => mostDamaged?.className],
  ["most_damaged_drop_pp", (_, { mostDamaged }) => mostDamaged?.dropPp],
  ["best_improved_class", (_, { bestImproved }) => bestImproved?.className],
  ["best_improved_gain_pp", (_, { bestImproved }) => bestImproved?.gainPp],
  ["noop", (_, { noop }) => noop],
];

/**
 * The lines of a CSV file, each with its line break (CR LF): a header, then the ablations in the order given. After the
 * columns of `docs/file-formats.md` there is one a class, `class_<name>_correct`. What was not measured is empty.
 */
export function* exportCsv({
  run,
  baseline,
  ablations,
}: Pick<RunResults, "run" | "baseline" | "ablations">): Generator<string> {
  const classColumns = run.classNames.map((name) => `class_${name}_correct`);
  yield csvLine([...COLUMNS.map(([name]) => name), ...classColumns]);
  for (const record of ablations) {
    const summary = summarize(record, baseline, run.classNames);
    yield csvLine([...COLUMNS.map(([, cell]) => cell(record, summary)), ...record.classCorrect]);
  }
}

/** Cells as a line, with its line break; empty where there is nothing. */
export const csvLine = (cells: readonly Cell[]) => `${cells.map(quoted).join(",")}\r\n`;

function quoted(cell: Cell): string {
  const text = String(cell ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
