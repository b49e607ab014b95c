/** `lesion compare`: how the counts of two runs differ. */
import { type Comparison, compareRuns } from "../../study/compare.ts";
import { resultsOf } from "../../study/results.ts";
import { type Command, SHARED_OPTIONS } from "../command.ts";
import { readRun } from "../run-directory.ts";
import type { Screen } from "../screen.ts";
import { tableLines } from "../table.ts";
import { grouped } from "../units-of-measure.ts";

/** Differences shown unless all are asked for. */
const MOST_ROWS = 30;

export const compare: Command = {
  name: "compare",
  takes: "RUN_A RUN_B",
  count: [2, 2],
  summary: "Print how the results of two runs differ.",
  options: { json: SHARED_OPTIONS.json, all: { type: "boolean", help: "Show every difference." } },
  run: async (args, screen) => {
    const [a, b] = await Promise.all(
      args.names.map(async (folder) => resultsOf((await readRun(folder)).records, folder)),
    );
    const comparison = compareRuns(a!, b!);
    if (args.flag("json")) screen.result(JSON.stringify(comparison, null, 2));
    else printComparison(comparison, args.flag("all"), screen);
    return 0;
  },
};

function printComparison(comparison: Comparison, all: boolean, screen: Screen): void {
  const { same, baseline, compared, differences, onlyA, onlyB, largest } = comparison;
  for (const part of ["study", "model", "data"] as const) {
    screen.result(`${part.padEnd(9)} ${same[part] ? "the same" : screen.paint("yellow", "not the same")}`);
  }
  screen.result(`baseline  ${grouped(baseline.correctA)} and ${grouped(baseline.correctB)} correct`);
  screen.result(
    `${grouped(compared)} ablations in both, ${grouped(onlyA.length)} only in A, ${grouped(onlyB.length)} only in B`,
  );
  if (differences.length === 0) {
    screen.result("no ablation differs");
    return;
  }
  screen.result(
    `${grouped(differences.length)} differ; the counts of correct samples differ by ${grouped(largest)} at most`,
  );
  const shown = all ? differences : differences.slice(0, MOST_ROWS);
  const rows = shown.map((one) => [
    one.label,
    one.replacement,
    `${one.correctA}`,
    `${one.correctB}`,
    `${one.correct}`,
    `${one.classes}`,
  ]);
  const columns = [
    { title: "unit", align: "left" },
    { title: "replacement", align: "left" },
    { title: "correct A", align: "right" },
    { title: "correct B", align: "right" },
    { title: "B - A", align: "right" },
    { title: "by class", align: "right" },
  ] as const;
  screen.result("");
  for (const line of tableLines(columns, rows, screen.width)) screen.result(line);
  if (shown.length < differences.length)
    screen.result(`... and ${differences.length - shown.length} more; --all shows them`);
}
