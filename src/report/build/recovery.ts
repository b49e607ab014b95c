/** What training brought back. */
import type { RecoveryAnalysisRecord, RecoveryRecord } from "../../study/records.ts";
import { analyzeRecovery, type RecoverySummary, summarizeRecovery } from "../../study/recovery-summary.ts";
import { counted, estimate, fixed, grouped, NONE, percent } from "../numbers.ts";
import type { LinesFigure, ScatterFigure, Section, Table } from "../report.ts";
import { analysesOf, groupBy, left, type ReportInput, right, rowName, table } from "./section.ts";

const ARMS = ["control", "all", "after", "layer"] as const;
const WORDS: Readonly<Record<RecoveryRecord["arm"], string>> = {
  control: "control: intact, trained on",
  all: "all layers train",
  after: "layers after the damage train",
  layer: "the damaged layer trains",
};

/** Arms side by side, epoch by epoch, and recovery against damage. */
export function recovery(input: ReportInput): Section | null {
  const { run } = input;
  if (run.recoveries.length === 0) return null;
  const summaries = summarizeRecovery(run);
  const recorded = new Map(analysesOf(run, "recovery").map((analysis) => [analysis.arm, analysis]));
  const analyses = analyzeRecovery(run, run.run.seed).map((analysis) => recorded.get(analysis.arm) ?? analysis);
  return {
    id: "recovery",
    title: "Recovery",
    finding: [controlText(run.recoveries), ...analyses.map(armText)].filter(Boolean).join(" "),
    paragraphs: [
      "Damaged networks were trained again with the damage held: masked units stay at their replacement. The fraction regained is (recovered - damaged) / (intact - damaged); the control is the intact network trained as long, for training on may do good by itself.",
      "Damage is often said to foretell recovery; here that is measured, not assumed. Damage stands in both axes of the scatter, so that some correlation arises by itself: what was never lost cannot be regained.",
    ],
    figures: [curves(run.recoveries, run.baseline.correct / run.baseline.samples), ...scatter(input, summaries)],
    tables: [...(analyses.length === 0 ? [] : [armTable(analyses)]), ...damagedTable(input, summaries)],
  };
}

function controlText(recoveries: readonly RecoveryRecord[]): string {
  const curve = recoveries.filter(({ arm }) => arm === "control");
  const [before, after] = [curve[0], curve.at(-1)];
  if (before === undefined || after === undefined) return "";
  if (after.diverged === true) return `The control diverged in epoch ${after.epoch}.`;
  const change = 100 * (after.correct / after.samples - before.correct / before.samples);
  return `The intact network, trained on for ${counted(after.epoch, "epoch")}, changes by ${fixed(change)} pp (n = ${grouped(after.samples)} samples).`;
}

function armText({ arm, n, regained, spearman, interval }: RecoveryAnalysisRecord): string {
  return `Where ${WORDS[arm].replace(/ trains?$/, "")} ${arm === "layer" ? "trains" : "train"}, ${percent(regained.mean, 1)} of the loss comes back on average (median ${percent(regained.median, 1)}, n = ${counted(regained.n, "network")}); what comes back goes with what was lost by Spearman ${estimate(spearman, interval.spearman)}, n = ${grouped(n)}.`;
}

/** Mean accuracy of each arm's networks by epoch, with the middle half of them. */
function curves(recoveries: readonly RecoveryRecord[], baseline: number): LinesFigure {
  const byArm = new Map(groupBy(recoveries, ({ arm }) => arm));
  return {
    mark: "lines",
    title: "Accuracy by epoch of recovery",
    description: "Mean over the networks of each arm; the band holds the middle half of them and is no interval.",
    x: { title: "epochs of recovery", whole: true },
    y: { title: "accuracy (%)" },
    series: ARMS.filter((arm) => byArm.has(arm)).map((arm) => {
      const byEpoch = groupBy(
        byArm.get(arm)!.toSorted((a, b) => a.epoch - b.epoch),
        ({ epoch }) => epoch,
      ).map(([epoch, records]) => ({
        epoch,
        accuracies: records.map(({ correct, samples }) => (100 * correct) / samples).sort((a, b) => a - b),
      }));
      return {
        name: WORDS[arm],
        x: byEpoch.map(({ epoch }) => epoch),
        y: byEpoch.map(({ accuracies }) => accuracies.reduce((sum, one) => sum + one, 0) / accuracies.length),
        band: byEpoch.map(({ accuracies }) =>
          accuracies.length < 4 ? null : ([quartile(accuracies, 0.25), quartile(accuracies, 0.75)] as const),
        ),
      };
    }),
    references: [{ value: 100 * baseline, name: "intact" }],
  };
}

const quartile = (sorted: readonly number[], share: number) => sorted[Math.round(share * (sorted.length - 1))]!;

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
      groups: arms.map((arm) => WORDS[arm]),
      points,
    },
  ];
}

function armTable(analyses: readonly RecoveryAnalysisRecord[]): Table {
  return table(
    "Arms (95 % bootstrap intervals)",
    [
      left("arm"),
      right("n"),
      right("diverged"),
      right("mean regained"),
      right("median"),
      right("Spearman"),
      right("Pearson"),
    ],
    analyses.map(({ arm, n, diverged, regained, spearman, pearson, interval }) => [
      WORDS[arm],
      grouped(n),
      grouped(diverged),
      percent(regained.mean, 1),
      percent(regained.median, 1),
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
      WORDS[arm],
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
