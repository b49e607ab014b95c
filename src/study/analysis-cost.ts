/** What a study's analyses will take on this adapter: their work, at the pace of single-unit ablations that are tried first. */
import type { Subject } from "../ablation/subject.ts";
import type { Tuner } from "../engine/tuner.ts";
import type { Gpu } from "../gpu/device.ts";
import { analysisWork, type Work } from "./analysis-work.ts";
import type { AblationList } from "./expand.ts";
import type { OpenedStudy } from "./open-study.ts";
import { planOpened } from "./plan-opened.ts";
import { predictMs } from "./predict.ts";
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
  if (work.every(({ ablations, macs }) => ablations + macs === 0)) return work.map((each) => ({ ...each, ms: null }));
  const single = eachUnit(opened, subject);
  const plan = planOpened({ subject, dataset, ablations: single }, gpu, () => false);
  const ms = await predictMs({ gpu, tuner, opened: { ...opened, ablations: single }, subject, plan, proceed });
  const perAblation = ms === null ? null : ms / single.count;
  const perMac = ms === null || plan.macs === 0 ? null : ms / plan.macs;
  return work.map((each) => {
    const { ablations, macs } = each;
    const isKnown = perAblation !== null && perMac !== null && ablations + macs > 0;
    return { ...each, ms: isKnown ? ablations * perAblation + macs * perMac : null };
  });
}

/** Every unit of every layer alone, as the study replaces units. */
function eachUnit({ study }: OpenedStudy, { ablatable }: Subject): AblationList {
  const { replacement, site } = study;
  const units = ablatable.flatMap(({ layerIndex, units }) =>
    Array.from({ length: units }, (_, unit) => [{ layerIndex, units: [unit] }]),
  );
  return {
    count: units.length,
    sweeps: [],
    at: (row) => ({ sweep: 0, index: row, row, sites: units[row]!, replacement, site }),
  };
}
