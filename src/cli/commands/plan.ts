/** `lesion plan`: what a study would cost, before anything is run. */
import type { PlanReport } from "../../../workers/protocol.ts";
import { type Command, memoryBytes, SHARED_OPTIONS } from "../command.ts";
import { openEngine } from "../engine.ts";
import { pageRequest } from "../run-study.ts";
import type { Screen } from "../screen.ts";
import { readStudy } from "../study-files.ts";
import { tableLines } from "../table.ts";
import { bytes, duration, grouped, macs, times } from "../units-of-measure.ts";

export const plan: Command = {
  name: "plan",
  takes: "STUDY.json",
  count: [1, 1],
  summary: "Print what a study would compute, and its cost.",
  options: SHARED_OPTIONS,
  run: async (args, screen) => {
    const memory = memoryBytes(args);
    const study = await readStudy(args.names[0]!);
    await using page = await openEngine(screen, args.text("browser"));
    const report = await page.call("plan", pageRequest(page, study, memory));
    if (args.flag("json")) screen.result(JSON.stringify(report, null, 2));
    else printPlan(report, screen);
    return 0;
  },
};

const PREFIXES = {
  none: "",
  kept: ", what comes before the trained layers kept in memory",
  recomputed: ", what comes before the trained layers computed again in each step",
} as const;

/** What the recovery of the study would cost. */
export function recoveryPlanLines(recovery: NonNullable<PlanReport["recovery"]>): string[] {
  const { networks, epochs, copiesAtOnce, prefix } = recovery;
  const some = (count: number, what: string) => `${grouped(count)} ${what}${count === 1 ? "" : "s"}`;
  return [
    `recovery  ${some(networks, "network")} of ${some(epochs, "epoch")}, ${macs(recovery.macs)}`,
    `          ${grouped(copiesAtOnce)} at once in ${bytes(recovery.bytes)}${PREFIXES[prefix]}`,
  ];
}

/** What the analyses of the study would cost, and what is found out before its sweeps. */
export function analysisPlanLines(analyses: PlanReport["analyses"]): string[] {
  const totalMs = analyses.reduce((sum, { ms }) => sum + (ms ?? 0), 0);
  return [
    `analyses  ${grouped(analyses.length)}, about ${duration(totalMs)} at most`,
    ...analyses.map(({ name, ablations, macs: passes, ms }) => {
      const parts = [
        ablations > 0 ? `${grouped(ablations)} ablations at most` : "",
        passes > 0 ? `${macs(passes)} besides` : "",
        ms === null ? "" : `about ${duration(ms)}`,
      ].filter((part) => part !== "");
      return `          ${name}: ${parts.length === 0 ? "no evaluations of its own" : parts.join(", ")}`;
    }),
  ];
}

function printPlan(report: PlanReport, screen: Screen): void {
  screen.result(`${grouped(report.ablations)} ablations of ${grouped(report.samples)} samples`);
  if (report.training !== null) {
    const { epochs, samples, macs: trainingMacs } = report.training;
    screen.result(`training first: ${epochs} epochs of ${grouped(samples)} samples, ${macs(trainingMacs)}`);
  }
  const whole = `whole networks (${macs(report.macsWhole)})`;
  const factor = report.macs === 0 ? "" : `, ${times(report.macsWhole / report.macs)} less than ${whole}`;
  screen.result(`compute   ${macs(report.macs)}${factor}`);
  screen.result(`memory    ${bytes(report.peakBytes)} at most, of a budget of ${bytes(report.budgetBytes)}`);
  screen.result(
    `time      ${report.predictedMs === null ? "unknown: nothing was measured on this adapter yet" : `about ${duration(report.predictedMs)}`}`,
  );
  if (report.analyses.length > 0) for (const line of analysisPlanLines(report.analyses)) screen.result(line);
  if (report.recovery !== null) for (const line of recoveryPlanLines(report.recovery)) screen.result(line);
  screen.result("");
  const rows = report.steps.map((step) => [
    `${step.layerIndex} ${step.layer}`,
    grouped(step.ablations),
    step.entry,
    step.tail,
    `${grouped(step.masksPerBatch)} x ${grouped(step.samplesPerBatch)}`,
    grouped(step.batches),
    macs(step.macs),
    bytes(step.bytes),
  ]);
  const columns = [
    { title: "layer", align: "left" },
    { title: "ablations", align: "right" },
    { title: "entered by", align: "left" },
    { title: "the rest", align: "left" },
    { title: "masks x samples", align: "right" },
    { title: "batches", align: "right" },
    { title: "compute", align: "right" },
    { title: "memory", align: "right" },
  ] as const;
  for (const line of tableLines(columns, rows, screen.width)) screen.result(line);
}
