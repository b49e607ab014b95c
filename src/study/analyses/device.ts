/**
 * What analyses that ask the network itself have at hand: the network on its samples, what an interrupted run found of them
 * already, and where their records go. They end with LesionError `cancelled` where the run is stopped.
 */
import { type ListedAblation, Measurement } from "../../ablation/measurement.ts";
import { measuredOn, type Subject, subjectOf } from "../../ablation/subject.ts";
import type { OptimalConstants } from "../../ablation/sweep.ts";
import { LesionError } from "../../core/errors.ts";
import type { TrainingData } from "../../engine/training/trainer-interface.ts";
import type { Tuner } from "../../engine/tuner.ts";
import type { Gpu } from "../../gpu/device.ts";
import type { Network } from "../../network/network.ts";
import type { StudyAnalysisRecord } from "../analysis-records.ts";
import type { OpenedStudy } from "../open-study.ts";
import { NO_PACE, pacer } from "../pace.ts";
import { planOpened } from "../plan-opened.ts";
import type { LayerSummary } from "../records.ts";
import type { Proceed, RunOutput } from "../run-interface.ts";
import type { TrainedNetworks } from "../trained-networks.ts";

export interface AnalysisDevice {
  readonly gpu: Gpu;
  readonly tuner: Tuner;
  readonly opened: OpenedStudy;
  /** The network that is ablated, and the same as a subject of sweeps on this adapter. */
  readonly network: Network;
  readonly subject: Subject;
  /** The networks that the study trains, and as they were before. */
  readonly trained: TrainedNetworks;
  /** Samples to train on. */
  readonly training: (split: "train" | "test", limit: number | null) => Promise<TrainingData>;
  /** Of `optimal` replacements. */
  readonly optimal?: OptimalConstants | undefined;
  readonly proceed: Proceed;
  /** Records of earlier executions of this run, of this one too. */
  readonly earlier: readonly StudyAnalysisRecord[];
  readonly output: Pick<RunOutput, "progress" | "warning">;
  write(records: readonly StudyAnalysisRecord[]): void;
}

/** Measures ablations of the study's network, or of another one, on the study's data. */
export function openMeasurement(device: AnalysisDevice, subject = device.subject): Measurement {
  const { gpu, tuner, opened, proceed, optimal } = device;
  const { dataset, transform, study } = opened;
  return new Measurement({
    gpu,
    tuner,
    subject,
    dataset,
    transform,
    seed: study.seed,
    top5: false,
    loss: true,
    optimal,
    proceed,
    plan: (ablations) => planOpened({ subject, dataset, ablations }, gpu, () => false),
  });
}

/** Another network than the study's as a subject of sweeps on this adapter. */
export async function subjectOn({ gpu, tuner, opened }: AnalysisDevice, network: Network): Promise<Subject> {
  const subject = subjectOf(network);
  const { ablations, dataset } = opened;
  return subject.kind === "graph" ? measuredOn(gpu, tuner, network, subject, ablations, dataset.samples) : subject;
}

/** Each unit of a layer alone, as the study replaces units. */
export function singleUnits({ opened }: Pick<AnalysisDevice, "opened">, layer: LayerSummary): ListedAblation[] {
  const { replacement, site } = opened.study;
  return Array.from({ length: layer.units }, (_, unit) => ({
    sites: [{ layerIndex: layer.layerIndex, units: [unit] }],
    replacement,
    site,
  }));
}

/** Asks whether the run may go on. Rejects with `cancelled` where it may not. */
export async function mayGoOn({ proceed }: Pick<AnalysisDevice, "proceed">): Promise<void> {
  if (!(await proceed())) throw new LesionError("cancelled", "the run was stopped");
}

/** Tells how far an analysis is, in whatever it counts. */
export function progressOf({ output }: Pick<AnalysisDevice, "output">, note: string) {
  const pace = pacer();
  output.progress({ phase: "analysing", done: 0, total: 0, ...NO_PACE, note });
  return (done: number, total: number) =>
    output.progress({ phase: "analysing", done, total, ...pace(done, total), note });
}
