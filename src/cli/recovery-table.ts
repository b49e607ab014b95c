/**
 * What retraining brought back, for people: each arm with its numbers of networks, whether more comes back where more was
 * lost, the control, and the ablations that did most damage.
 */

import { ablationNames } from "../report/ablation-names.ts";
import { accuracyText, percent } from "../report/numbers.ts";
import { medianText, regainedIn } from "../report/regained.ts";
import type { RecoveryAnalysisRecord, RecoveryRecord } from "../study/records.ts";
import { analyzeRecovery, type RecoverySummary, summarizeRecovery } from "../study/recovery-summary.ts";
import type { RunResults } from "../study/results.ts";
import { wilson } from "../study/summary.ts";
import { type FittingColumn, fittingTable, tableLines } from "./table.ts";
import { grouped } from "./units-of-measure.ts";

/** Rows of the last table unless all are asked for. */
const MOST_ROWS = 10;
/** Names may be broken to this. */
const LEAST_NAME = 12;
const NONE = "-";

const left = (title: string) => ({ title, align: "left" }) as const;
/** `rank`: of those that a narrow terminal has no room for. */
const right = (title: string, rank?: number): FittingColumn => ({
  title,
  align: "right",
  ...(rank === undefined ? {} : { rank }),
});

/** Lines about the recovery of a run; none where it has none. Where `all` is false, the table of ablations is cut. */
export function recoveryLines(results: RunResults, all: boolean, width: number): string[] {
  if (results.recoveries.length === 0) return [];
  const summaries = summarizeRecovery(results);
  const told = new Map(
    results.analyses.filter((record) => record.name === "recovery").map((analysis) => [analysis.arm, analysis]),
  );
  const analyses = analyzeRecovery(results, results.run.seed).map((analysis) => told.get(analysis.arm) ?? analysis);
  const control = results.recoveries.filter(({ arm }) => arm === "control");
  const { epochs } = results.recoveries[0]!;
  return [
    `recovery: ${grouped(epochs)} ${epochs === 1 ? "epoch" : "epochs"} of training, the damage held`,
    ...controlLines(control),
    ...(analyses.length === 0
      ? []
      : ["", ...armLines(analyses, summaries, width), "", ...correlationLines(analyses, width)]),
    ...(summaries.length === 0 ? [] : ["", ...damagedLines(results, summaries, all, width)]),
  ];
}

/** The intact network before and after as much training: what training alone gives. */
function controlLines(control: readonly RecoveryRecord[]): string[] {
  const [before, after] = [control[0], control.at(-1)];
  if (before === undefined || after === undefined) return [];
  const head = "control, the intact network trained as long:";
  if (after.diverged === true) return [head, `  diverged in epoch ${after.epoch}`];
  const changePp = 100 * (after.correct / after.samples - before.correct / before.samples);
  return [
    `${head} ${changePp < 0 ? "" : "+"}${changePp.toFixed(2)} pp`,
    `  before            ${accuracyText(before.correct, before.samples)}`,
    `  after epoch ${String(after.epoch).padEnd(5)} ${accuracyText(after.correct, after.samples)}`,
    "  (same samples twice: each interval is of its accuracy, none of the change)",
  ];
}

function armLines(
  analyses: readonly RecoveryAnalysisRecord[],
  summaries: readonly RecoverySummary[],
  width: number,
): string[] {
  const rows = analyses.map(({ arm, n, diverged }) => {
    const ofArm = summaries.filter((summary) => summary.arm === arm);
    const damaged = ofArm.filter(({ lost }) => lost > 0);
    const regained = regainedIn(ofArm);
    return [
      arm,
      grouped(n),
      grouped(diverged),
      grouped(regained.networks),
      medianText(regained),
      percent(regained.together, 1),
      epochsTo(damaged, ({ epochsTo50 }) => epochsTo50),
      epochsTo(damaged, ({ epochsTo90 }) => epochsTo90),
    ];
  });
  const columns = [
    left("arm"),
    right("n"),
    right("diverged", 1),
    right("damaged"),
    right("median regained"),
    right("together"),
    right("to 50 %", 2),
    right("to 90 %", 3),
  ];
  const { lines, leftOut } = fittingTable(columns, rows, width);
  return [
    ...lines,
    ...(leftOut.length === 0 ? [] : [`(no room for: ${leftOut.toReversed().join(", ")})`]),
    "n: networks trained to the end; damaged: those of them that had lost anything;",
    "regained: share of the loss, of the median network (quartiles), of all together;",
    "to 50 %, to 90 %: median epoch (how many got there)",
  ];
}

/** "3 (180/205)": the median epoch, networks that never got there counted as later than all; "never" where that is the median. */
function epochsTo(damaged: readonly RecoverySummary[], of: (summary: RecoverySummary) => number | null): string {
  if (damaged.length === 0) return NONE;
  const reached = damaged.flatMap((summary) => of(summary) ?? []).sort((a, b) => a - b);
  const median = reached[Math.ceil(damaged.length / 2) - 1];
  return `${median ?? "never"} (${grouped(reached.length)}/${grouped(damaged.length)})`;
}

/** Whether more comes back where more was lost. */
function correlationLines(analyses: readonly RecoveryAnalysisRecord[], width: number): string[] {
  const cell = (value: number | null, interval: readonly [number, number] | null) => {
    if (value === null) return NONE;
    return interval === null
      ? value.toFixed(2)
      : `${value.toFixed(2)} (${interval[0].toFixed(2)} to ${interval[1].toFixed(2)})`;
  };
  const rows = analyses.map(({ arm, n, pearson, spearman, interval }) => [
    arm,
    grouped(n),
    cell(pearson, interval.pearson),
    cell(spearman, interval.spearman),
  ]);
  return [
    "accuracy regained against accuracy lost, correlation (95 % bootstrap interval):",
    ...tableLines([left("arm"), right("n"), right("Pearson"), right("Spearman")], rows, width),
  ];
}

/** The ablations that lost most, before and after. */
function damagedLines(
  { ablations, run }: RunResults,
  summaries: readonly RecoverySummary[],
  all: boolean,
  width: number,
): string[] {
  const names = ablationNames(ablations);
  const byRow = new Map<number, RecoverySummary[]>();
  for (const summary of summaries) byRow.set(summary.row, [...(byRow.get(summary.row) ?? []), summary]);
  const arms = [...new Set(summaries.map(({ arm }) => arm))];
  const sorted = [...byRow].toSorted(([a, [x]], [b, [y]]) => y!.lost - x!.lost || a - b);
  const shown = all ? sorted : sorted.slice(0, MOST_ROWS);
  const rows = shown.map(([row, ofRow]) => [
    names.of(row) ?? `row ${row}`,
    percent(ofRow[0]!.damaged),
    ...arms.flatMap((arm) => recoveredCells(ofRow.find((summary) => summary.arm === arm))),
  ]);
  const columns = [
    { ...left("unit"), least: LEAST_NAME, wraps: true },
    right("damaged"),
    ...arms.flatMap((arm) => [right(arm), right("back")]),
  ];
  const cut = sorted.length - shown.length;
  const partial = summaries.some(({ epoch, epochs, diverged }) => epoch < epochs && !diverged);
  return [
    ...fittingTable(columns, rows, width).lines,
    ...(cut === 0 ? [] : [`... and ${grouped(cut)} more with less damage; --all shows every row`]),
    ...marginLine(
      shown.flatMap(([, ofRow]) => ofRow),
      ablations[0]?.samples,
    ),
    "back: share of the loss regained",
    ...(partial ? [`some networks of ${run.name} are not trained to the end yet`] : []),
  ];
}

function recoveredCells(summary: RecoverySummary | undefined): [accuracy: string, regained: string] {
  if (summary === undefined) return ["", ""];
  const { recovered, fractionRegained, lost } = summary;
  if (recovered === null) return ["diverged", ""];
  return [percent(recovered), fractionRegained === null ? (lost > 0 ? NONE : "no loss") : share(fractionRegained)];
}

const share = (fraction: number) => `${(100 * fraction).toFixed(1)} %`;

/** How wide the intervals of the table's accuracies are at most, for a column of each would not fit. */
function marginLine(summaries: readonly RecoverySummary[], samples: number | undefined): string[] {
  if (samples === undefined) return [];
  const accuracies = summaries.flatMap(({ damaged, recovered }) => [damaged, recovered ?? damaged]);
  const margins = accuracies.map((accuracy) => {
    const { low, high } = wilson(Math.round(accuracy * samples), samples);
    return Math.max(accuracy - low, high - accuracy);
  });
  return [
    `n = ${grouped(samples)} samples; 95 % intervals within ${(100 * Math.max(...margins)).toFixed(2)} pp of these accuracies`,
  ];
}
