/**
 * What a study's analyses will take on this adapter: their work, at the pace of single-unit ablations of the same layers, which
 * are tried first.
 */
import type { Subject } from "../ablation/subject.ts";
import type { Tuner } from "../engine/tuner.ts";
import type { Gpu } from "../gpu/device.ts";
import { analysisWork, type Work } from "./analysis-work.ts";
import type { AblationList } from "./expand.ts";
import type { OpenedStudy } from "./open-study.ts";
import { planOpened } from "./plan-opened.ts";
import { predictMs } from "./predict.ts";
import type { LayerSummary } from "./records.ts";
import type { Proceed } from "./run-interface.ts";

/** Work, and about how long it takes; null: not known, as of maps of samples. */
export interface WorkCost extends Work {
  readonly ms: number | null;
}

/** The cost of everything but sweeps and recovery; empty where there is nothing else. */
export async function analysisCost(
  gpu: Gpu,
  tuner: Tuner,
  opened: OpenedStudy,
  subject: Subject,
  trainSamples: number,
  proceed: Proceed,
): Promise<readonly WorkCost[]> {
  const { study, dataset } = opened;
  const { samples } = dataset;
  const work = analysisWork(study, { layers: subject.ablatable, samples, trainSamples, macs: subject.macs });
  const predict = async (layers: readonly LayerSummary[]) => {
    const single = eachUnit(opened, layers);
    const plan = planOpened({ subject, dataset, ablations: single }, gpu, () => false);
    const ms = await predictMs({ gpu, tuner, opened: { ...opened, ablations: single }, subject, plan, proceed });
    return { perAblation: ms === null ? null : ms / single.count, perMac: ms && plan.macs ? ms / plan.macs : null };
  };
  const known = new Map<string, ReturnType<typeof predict>>();
  const paceOf = (layers: readonly LayerSummary[]) => {
    const key = layers.map(({ layerIndex }) => layerIndex).join();
    const pace = known.get(key) ?? predict(layers);
    known.set(key, pace);
    return pace;
  };
  const costs: WorkCost[] = [];
  for (const each of work) {
    const { ablations, layers, macs } = each;
    const perAblation = ablations > 0 ? (await paceOf(layers)).perAblation : 0;
    const perMac = macs > 0 ? (await paceOf(subject.ablatable)).perMac : 0;
    const isKnown = ablations + macs > 0 && perAblation !== null && perMac !== null;
    costs.push({ ...each, ms: isKnown ? ablations * perAblation + macs * perMac : null });
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
