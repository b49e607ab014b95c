/** What `lesion plan` prints: how much is computed, in what time and memory, and each layer's part of the sweeps. */
import type { PlanReport } from "../../workers/protocol.ts";
import { tableLines } from "./table.ts";
import { bytes, duration, grouped, macs, times } from "./units-of-measure.ts";

/** The whole plan, its table as wide as the screen. */
export function planLines(report: PlanReport, width: number): string[] {
  const whole = `whole networks (${macs(report.macsWhole)})`;
  const factor = `, ${times(report.macsWhole / report.macs)} less than ${whole}`;
  return [
    ablationsLine(report),
    ...(report.ablations === 0 ? [] : [`compute   ${macs(report.macs)}${factor}`]),
    `memory    ${bytes(report.peakBytes)} at most, of a budget of ${bytes(report.budgetBytes)}`,
    timeLine(report),
    "          besides starting the browser, compiling kernels, and making or reading samples",
    ...trainingLines(report),
    ...analysisLines(report),
    ...recoveryLines(report),
    ...report.warnings.map((warning) => `warning   ${warning}`),
    ...(report.steps.length === 0 ? [] : ["", ...stepLines(report, width)]),
  ];
}

function ablationsLine({ ablations, ranked, samples }: PlanReport): string {
  const measured = `${some(ablations, "ablation")} of ${some(samples, "sample")}`;
  if (ranked === 0) return measured;
  const adaptive = `${some(ranked, "ablation")} of ${some(samples, "sample")} at most in adaptive sweeps`;
  return ablations === 0 ? adaptive : `${measured}, ${adaptive}`;
}

function timeLine({ predictedMs, training, analyses, recovery, total }: PlanReport): string {
  const parts = [
    { name: "training", ms: training?.ms ?? 0 },
    { name: "sweeps", ms: predictedMs ?? 0 },
    { name: "analyses", ms: sumOf(analyses) },
    { name: "recovery", ms: recovery?.ms ?? 0 },
  ].filter(({ ms }) => ms > 0);
  const told = parts.map(({ name, ms }) => `${name} ${duration(ms)}`).join(", ");
  const unknown = total.unknown.length === 0 ? "" : `; not known of ${total.unknown.join(", ")}, too large to try`;
  return `time      about ${duration(total.ms)}${parts.length > 1 ? `: ${told}` : ""}${unknown}`;
}

function trainingLines({ training }: PlanReport): string[] {
  if (training === null) return [];
  const { epochs, samples, macs: count, ms } = training;
  return [`training  ${some(epochs, "epoch")} of ${some(samples, "sample")}, ${macs(count)}, ${about(ms)}`];
}

/** Of what is found out before the sweeps, too. */
function analysisLines({ analyses }: PlanReport): string[] {
  if (analyses.length === 0) return [];
  const ms = sumOf(analyses);
  return [
    `analyses  ${grouped(analyses.length)}${ms > 0 ? `, about ${duration(ms)} at most` : ""}`,
    ...analyses.map(({ name, ablations, macs: passes, ms }) => {
      if (ablations + passes === 0) return `          ${name}: no evaluations of its own`;
      const parts = [
        ...(ablations > 0 ? [`${some(ablations, "ablation")} at most`] : []),
        ...(passes > 0 ? [`${macs(passes)}${ablations > 0 ? " besides" : ""}`] : []),
        about(ms),
      ];
      return `          ${name}: ${parts.join(", ")}`;
    }),
  ];
}

const PREFIXES = {
  none: "",
  kept: ", what comes before the trained layers kept in memory",
  recomputed: ", what comes before the trained layers computed again in each step",
} as const;

function recoveryLines({ recovery }: PlanReport): string[] {
  if (recovery === null) return [];
  const { networks, epochs, copiesAtOnce, prefix, ms } = recovery;
  return [
    `recovery  ${some(networks, "network")} of ${some(epochs, "epoch")}, ${macs(recovery.macs)}, ${about(ms)}`,
    `          ${grouped(copiesAtOnce)} at once in ${bytes(recovery.bytes)}${PREFIXES[prefix]}`,
  ];
}

const COLUMNS = [
  { title: "layer", align: "left" },
  { title: "ablations", align: "right" },
  { title: "entered by", align: "left" },
  { title: "the rest", align: "left" },
  { title: "masks x samples", align: "right" },
  { title: "batches", align: "right" },
  { title: "compute", align: "right" },
  { title: "memory", align: "right" },
] as const;

function stepLines({ steps }: PlanReport, width: number): string[] {
  const rows = steps.map((step) => [
    `${step.layerIndex} ${step.layer}`,
    grouped(step.ablations),
    step.entry,
    step.tail,
    `${grouped(step.masksPerBatch)} x ${grouped(step.samplesPerBatch)}`,
    grouped(step.batches),
    macs(step.macs),
    bytes(step.bytes),
  ]);
  return [...tableLines(COLUMNS, rows, width)];
}

const some = (count: number, what: string) => `${grouped(count)} ${what}${count === 1 ? "" : "s"}`;
const about = (ms: number | null) => (ms === null ? "time not known" : `about ${duration(ms)}`);
const sumOf = (analyses: PlanReport["analyses"]) => analyses.reduce((sum, { ms }) => sum + (ms ?? 0), 0);
