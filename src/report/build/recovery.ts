/** What training brought back. */
import type { RecoveryAnalysisRecord, RecoveryRecord } from "../../study/records.ts";
import { analyzeRecovery, type RecoverySummary, summarizeRecovery } from "../../study/recovery-summary.ts";
import { counted, estimate, fixed, grouped, NONE, percent } from "../numbers.ts";
import { quartilesText, type Regained, regainedIn } from "../regained.ts";
import type { ScatterFigure, Section, Table } from "../report.ts";
import { ARM_WORDS } from "./recovery-arms.ts";
import { recoveryClasses } from "./recovery-classes.ts";
import { recoveryCurves } from "./recovery-curves.ts";
import { analysesOf, left, type ReportInput, right, rowName, table } from "./section.ts";

/** Arms side by side, epoch by epoch, and recovery against damage. */
export function recovery(input: ReportInput): Section | null {
  const { run } = input;
  if (run.recoveries.length === 0) return null;
  const summaries = summarizeRecovery(run);
  const recorded = new Map(analysesOf(run, "recovery").map((analysis) => [analysis.arm, analysis]));
  const arms = analyzeRecovery(run, run.run.seed).map(
    (analysis): Arm => ({
      analysis: recorded.get(analysis.arm) ?? analysis,
      regained: regainedIn(summaries.filter(({ arm }) => arm === analysis.arm)),
    }),
  );
  return {
    id: "recovery",
    title: "Recovery",
    finding: [controlText(run.recoveries), ...arms.map(armText)].filter(Boolean).join(" "),
    paragraphs: [
      "Damaged networks were trained again with the damage held: masked units stay at their replacement. The fraction regained is (recovered - damaged) / (intact - damaged); the control is the intact network trained as long, for training on may do good by itself. Networks that had lost next to nothing have fractions of any size: the median and the quartiles are not moved by them, nor is the share of all losses together.",
      "Damage is often said to foretell recovery; here that is measured, not assumed. Damage stands in both axes of the scatter, so that some correlation arises by itself: what was never lost cannot be regained.",
    ],
    figures: [
      recoveryCurves(run.recoveries, run.baseline.correct / run.baseline.samples),
      ...scatter(input, summaries),
    ],
    tables: [
      ...(arms.length === 0 ? [] : [armTable(arms)]),
      ...damagedTable(input, summaries),
      ...recoveryClasses(input, summaries),
    ],
  };
}

interface Arm {
  readonly analysis: RecoveryAnalysisRecord;
  readonly regained: Regained;
}

function controlText(recoveries: readonly RecoveryRecord[]): string {
  const curve = recoveries.filter(({ arm }) => arm === "control");
  const [before, after] = [curve[0], curve.at(-1)];
  if (before === undefined || after === undefined) return "";
  if (after.diverged === true) return `The control diverged in epoch ${after.epoch}.`;
  const change = 100 * (after.correct / after.samples - before.correct / before.samples);
  return `The intact network, trained on for ${counted(after.epoch, "epoch")}, changes by ${fixed(change)} pp (n = ${grouped(after.samples)} samples).`;
}

function armText({ analysis: { arm, n, diverged, spearman, interval }, regained }: Arm): string {
  const quartiles = regained.quartiles === null ? "" : `quartiles ${quartilesText(regained.quartiles)}, `;
  const left = diverged === 0 ? "" : `, ${grouped(diverged)} diverged and left out`;
  return `Where ${ARM_WORDS[arm].replace(/ trains?$/, "")} ${arm === "layer" ? "trains" : "train"}, the median network regains ${percent(regained.median, 1)} of what it had lost (${quartiles}n = ${counted(regained.networks, "network")}${left}), all together ${percent(regained.together, 1)}; what comes back goes with what was lost by Spearman ${estimate(spearman, interval.spearman)}, n = ${grouped(n)}.`;
}

function scatter(input: ReportInput, summaries: readonly RecoverySummary[]): ScatterFigure[] {
  const arms = [...new Set(summaries.map(({ arm }) => arm))];
  const { samples } = input.run.baseline;
  const points = summaries
    .flatMap(({ lost, regained, arm, row }) =>
      regained === null
        ? []
        : [
            {
              x: (100 * lost) / samples,
              y: (100 * regained) / samples,
              group: arms.indexOf(arm),
              label: rowName(input, row),
            },
          ],
    )
    .sort((a, b) => b.x - a.x);
  if (points.length < 3) return [];
  return [
    {
      mark: "scatter",
      title: "Accuracy regained against accuracy lost",
      description: "A dot a damaged network and arm; the most damaged are named.",
      x: { title: "lost (pp)" },
      y: { title: "regained (pp)" },
      groups: arms.map((arm) => ARM_WORDS[arm]),
      points,
    },
  ];
}

function armTable(arms: readonly Arm[]): Table {
  return table(
    "Arms; fractions regained by networks that had lost anything; correlations of what came back with what was lost, over all (95 % bootstrap intervals)",
    [
      left("arm"),
      right("networks"),
      right("median regained"),
      right("quartiles"),
      right("all together"),
      right("diverged"),
      right("n"),
      right("Spearman"),
      right("Pearson"),
    ],
    arms.map(({ analysis: { arm, n, diverged, spearman, pearson, interval }, regained }) => [
      ARM_WORDS[arm],
      grouped(regained.networks),
      percent(regained.median, 1),
      quartilesText(regained.quartiles),
      percent(regained.together, 1),
      grouped(diverged),
      grouped(n),
      estimate(spearman, interval.spearman),
      estimate(pearson, interval.pearson),
    ]),
  );
}

function damagedTable(input: ReportInput, summaries: readonly RecoverySummary[]): Table[] {
  if (summaries.length === 0) return [];
  const rows = summaries
    .toSorted((a, b) => b.lost - a.lost || a.row - b.row)
    .map(({ row, arm, damaged, recovered, fractionRegained, epochsTo50, epochsTo90 }) => [
      rowName(input, row),
      ARM_WORDS[arm],
      percent(damaged),
      recovered === null ? "diverged" : percent(recovered),
      percent(fractionRegained, 1),
      epochsTo50?.toString() ?? NONE,
      epochsTo90?.toString() ?? NONE,
    ]);
  return [
    table(
      `The most damaged networks; n = ${grouped(input.run.baseline.samples)} samples`,
      [
        left("ablation"),
        left("arm"),
        right("damaged"),
        right("recovered"),
        right("regained"),
        right("epochs to 50 %"),
        right("to 90 %"),
      ],
      rows,
      input.most,
    ),
  ];
}
