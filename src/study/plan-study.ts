/** What a study would cost, without running it: `lesion plan`. */
import { measuredOn } from "../ablation/subject.ts";
import { nextTask } from "../core/next-task.ts";
import { Tuner } from "../engine/tuner.ts";
import type { Gpu } from "../gpu/device.ts";
import { adaptiveSweeps, assertAdaptive, rankedAblations } from "./analyses/adaptive-sweep.ts";
import { analysisCost } from "./analysis-cost.ts";
import { openStudy } from "./open-study.ts";
import { isElsewhere, planOpened } from "./plan-opened.ts";
import { type PlanReport, totalOf } from "./plan-report.ts";
import { predictMs } from "./predict.ts";
import { assertHeldAfterActivation } from "./recovery-plan.ts";
import type { RunInput } from "./run-interface.ts";
import { studyWarnings } from "./study-warnings.ts";
import { furtherTrainingCost, recoveryCost, trainingCost } from "./training-cost.ts";

/**
 * The plan of a study on a device, with its predicted time. An untrained network stands in for one to be trained. Throws as a
 * run does before it computes anything.
 */
export async function planStudy(input: RunInput, device: Gpu): Promise<PlanReport> {
  const opened = await openStudy(input.study, input.files, nextTask);
  assertHeldAfterActivation(opened.study);
  assertAdaptive(opened);
  using gpu = device.session(input.memoryBytes);
  const { study, network } = opened;
  const tuner = new Tuner(gpu, input.tuning);
  const { subject: plain } = opened;
  const subject =
    plain.kind === "graph"
      ? await measuredOn(gpu, tuner, network, plain, opened.ablations, opened.dataset.samples)
      : plain;
  const plan = planOpened({ ...opened, subject }, gpu, (row) => isElsewhere(row, input.shard));
  const proceed = async () => true;
  const predictedMs = plan.ablations === 0 ? 0 : await predictMs({ gpu, tuner, opened, subject, plan, proceed });
  const train = input.trained ? null : study.model.train;
  const training = train && (await trainingCost(gpu, opened, input.files, train));
  const costOfTraining = furtherTrainingCost.bind(null, gpu, opened, input.files);
  const analyses = await analysisCost({ gpu, tuner, opened, subject, costOfTraining, proceed });
  const recovery = study.recover && (await recoveryCost(gpu, opened, input, study.recover, subject));
  const ranked = adaptiveSweeps(study.sweeps).map(([, sweep]) => rankedAblations({ opened }, sweep).count);
  return {
    ablations: plan.ablations,
    ranked: ranked.reduce((sum, count) => sum + count, 0),
    samples: plan.samples,
    macs: plan.macs,
    macsWhole: plan.macsWhole,
    peakBytes: plan.peakBytes,
    budgetBytes: plan.budgetBytes,
    predictedMs,
    steps: plan.steps.map((step) => ({
      layer: subject.ablatable[step.stage]!.layer,
      layerIndex: step.stage,
      ablations: step.rows.length,
      entry: step.entry,
      tail: step.tail,
      masksPerBatch: step.masksPerBatch,
      samplesPerBatch: plan.samplesPerSegment,
      batches: Math.ceil(step.rows.length / step.masksPerBatch) * Math.ceil(plan.samples / plan.samplesPerSegment),
      macs: step.macs,
      bytes: step.bytes,
    })),
    ...{ training, analyses, recovery, warnings: studyWarnings(study, subject.ablatable) },
    total: totalOf({ predictedMs, training, analyses, recovery }),
  };
}
