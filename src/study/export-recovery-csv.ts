/** Recovery curves for spreadsheets and statistics programs: CSV as RFC 4180 has it, a row an epoch of a network. */
import { type Cell, csvLine } from "./export-csv.ts";
import type { AblationRecord, RecoveryRecord } from "./records.ts";
import type { RunResults } from "./results.ts";

type Column = readonly [name: string, cell: (record: RecoveryRecord, of: AblationRecord | undefined) => Cell];

const COLUMNS: readonly Column[] = [
  ["row", ({ row }) => row],
  ["sweep", ({ sweep }) => sweep],
  ["index", ({ index }) => index],
  ["layers", (_, of) => of?.sites.map(({ layer }) => layer).join(";")],
  ["units", (_, of) => of?.sites.map(({ units }) => units.join(" ")).join(";")],
  ["replacement", (_, of) => of?.replacement],
  ["arm", ({ arm }) => arm],
  ["epoch", ({ epoch }) => epoch],
  ["epochs", ({ epochs }) => epochs],
  ["samples", ({ samples }) => samples],
  ["correct", ({ correct }) => correct],
  ["accuracy", ({ correct, samples }) => correct / samples],
  ["loss", ({ loss }) => loss],
  ["train_samples", ({ train }) => train?.samples],
  ["train_correct", ({ train }) => train?.correct],
  ["train_loss", ({ train }) => train?.loss],
  ["diverged", ({ diverged }) => (diverged ? "diverged" : "")],
];

/**
 * The lines of a CSV file, each with its line break (CR LF): a header, then the epochs in the order given. The control's
 * row, sweep, index and units are empty. After the columns of `docs/file-formats.md` there is one a class.
 */
export function* exportRecoveryCsv({
  run,
  ablations,
  recoveries,
}: Pick<RunResults, "run" | "ablations" | "recoveries">): Generator<string> {
  const ofRow = new Map(ablations.map((ablation) => [ablation.row, ablation]));
  yield csvLine([...COLUMNS.map(([name]) => name), ...run.classNames.map((name) => `class_${name}_correct`)]);
  for (const record of recoveries) {
    const of = record.row === null ? undefined : ofRow.get(record.row);
    yield csvLine([...COLUMNS.map(([, cell]) => cell(record, of)), ...record.classCorrect]);
  }
}
