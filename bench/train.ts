/** Training, of a small network over a large set and of a convolutional one step by step, beside TensorFlow.js. */
import type { Gpu } from "../src/gpu/device.ts";
import { benchTrainEpoch, type TrainBenchOptions } from "./train-epoch.ts";
import { benchTrainStep } from "./train-step.ts";
import { SEED } from "./training-recipe.ts";

export async function benchTrain(gpu: Gpu, options: TrainBenchOptions) {
  const { lines: epochLines, ...epoch } = await benchTrainEpoch(gpu, options);
  const { lines: stepLines, ...step } = await benchTrainStep(gpu, options);
  return { benchmark: "train", seed: SEED, epoch, step, lines: [...epochLines, ...stepLines] };
}
