/**
 * What a study's analyses will take on this adapter: ablations at the pace of single-unit ablations of the same layers,
 * passes at that of the intact network, trainings at their own; each is tried first.
 */
import type { Subject } from "../ablation/subject.ts";
import type { Tuner } from "../engine/tuner.ts";
import type { Gpu } from "../gpu/device.ts";
import { analysisWork, type TrainingWork, type Work } from "./analysis-work.ts";
import type { AblationList } from "./expand.ts";
import type { OpenedStudy } from "./open-study.ts";
import { planOpened } from "./plan-opened.ts";
import { predict } from "./predict.ts";
import type { LayerSummary } from "./records.ts";
import type { Proceed } from "./run-interface.ts";
import type { WorkCost } from "./training-cost.ts";

/** One thing that takes time: its ablations and all its multiply-accumulates besides, and about how long it takes. */
export interface AnalysisCost extends Pick<Work, "name" | "ablations">, WorkCost {}

/** What analyses are tried on. */
export interface AnalysisCostRequest {
  readonly gpu: Gpu;
  readonly tuner: Tuner;
  readonly opened: OpenedStudy;
  readonly subject: Subject;
  /** What trainings of the study's own network take. */
  readonly costOfTraining: (work: TrainingWork) => Promise<WorkCost>;
  readonly proceed: Proceed;
}

/** The cost of everything but sweeps and recovery; empty where there is nothing else. */
export async function analysisCost(request: AnalysisCostRequest): Promise<readonly AnalysisCost[]> {
  const { gpu, opened, subject, costOfTraining } = request;
  const { study, dataset } = opened;
  const { samples } = dataset;
  const work = analysisWork(study, { layers: subject.ablatable, samples, macs: subject.macs });
  const measured = async (layers: readonly LayerSummary[]) => {
    const single = eachUnit(opened, layers);
    const plan = planOpened({ subject, dataset, ablations: single }, gpu, () => false);
    const time = await predict({ ...request, opened: { ...opened, ablations: single }, plan });
    return time && { perAblation: time.ms / single.count, perMac: time.passMs / (samples * subject.macs) };
  };
  const known = new Map<string, ReturnType<typeof measured>>();
  const paceOf = (layers: readonly LayerSummary[]) => {
    const key = layers.map(({ layerIndex }) => layerIndex).join();
    const pace = known.get(key) ?? measured(layers);
    known.set(key, pace);
    return pace;
  };
  const costs: AnalysisCost[] = [];
  for (const { name, ablations, layers, macs, training } of work) {
    const perAblation = ablations > 0 ? (await paceOf(layers))?.perAblation : 0;
    const perMac = macs > 0 ? (await paceOf(subject.ablatable))?.perMac : 0;
    const trained = training ? await costOfTraining(training) : { macs: 0, ms: 0 };
    const isKnown = perAblation !== undefined && perMac !== undefined && trained.ms !== null;
    const ms = isKnown ? ablations * perAblation + macs * perMac + trained.ms! : null;
    costs.push({ name, ablations, macs: macs + trained.macs, ms });
  }
  return costs;
}

/** Every unit of some layers alone, as the study replaces units. */
function eachUnit({ study }: OpenedStudy, layers: readonly LayerSummary[]): AblationList {
  const { replacement, site } = study;
  const units = layers.flatMap(({ layerIndex, units }) =>
    Array.from({ length: units }, (_, unit) => [{ layerIndex, units: [unit] }]),
  );
  return {
    count: units.length,
    sweeps: [],
    at: (row) => ({ sweep: 0, index: row, row, sites: units[row]!, replacement, site }),
  };
}
