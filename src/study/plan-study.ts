/** What a study would cost, without running it: `lesion plan`. */
import { Tuner } from "../engine/tuner.ts";
import type { Gpu } from "../gpu/device.ts";
import { openStudy } from "./open-study.ts";
import { predictMs } from "./predict.ts";
import { planOpened, type RunInput } from "./run.ts";

/** The plan of a study on a device, with its predicted time. An untrained network stands in for one to be trained. */
export async function planStudy(input: RunInput, gpu: Gpu) {
  const opened = await openStudy(input.study, input.files);
  if (input.memoryBytes !== null) gpu.arena.budgetBytes = input.memoryBytes;
  const { chain, study } = opened;
  const { shard } = input;
  const plan = planOpened(opened, gpu, (row) => shard !== null && row % shard.of !== shard.index);
  const predictedMs = await predictMs({ gpu, tuner: new Tuner(gpu, input.tuning), opened, chain, plan });
  const macs = chain.stages.reduce((sum, { inFeatures, outFeatures }) => sum + inFeatures * outFeatures, 0);
  const train = "train" in study.model ? study.model.train : null;
  const trainSamples = train?.limit ?? TRAINING_SAMPLES;
  return {
    ablations: plan.ablations,
    samples: plan.samples,
    macs: plan.macs,
    macsWhole: plan.macsWhole,
    peakBytes: plan.peakBytes,
    budgetBytes: plan.budgetBytes,
    predictedMs,
    steps: plan.steps.map((step) => ({
      layer: chain.stages[step.stage]!.name,
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
    // Forward, weight gradient, and data gradient of all layers but the first.
    training: train && {
      epochs: train.epochs,
      samples: trainSamples,
      macs: train.epochs * trainSamples * (3 * macs - chain.stages[0]!.weight.length),
    },
  };
}

/** Samples of the training split of MNIST and of the embedded digits. */
const TRAINING_SAMPLES = 60_000;
