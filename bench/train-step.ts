/** One training step of a small convolutional network: Lesion against TensorFlow.js on WebGPU, on the same batches. */
import { reportOf } from "../src/core/errors.ts";
import { random } from "../src/core/random.ts";
import { openTrainer } from "../src/engine/training/trainer.ts";
import { formOf } from "../src/engine/training/training-graph.ts";
import type { Gpu } from "../src/gpu/device.ts";
import { cnnNetwork, noiseImages } from "./cnn.ts";
import { measureAdaptive, peerLine, shareOf, timingText } from "./measure.ts";
import { type CnnProblem, prepareTfjsCnnTraining } from "./peers/tfjs-train-cnn.ts";
import { partLines, timeStepParts } from "./step-parts.ts";
import { agrees, lossDifference, peerOptimizer, recipe, SEED } from "./training-recipe.ts";

const BATCH = 64;
const LEARNING_RATE = 0.01;
/** Steps that are queued before one waits for the loss: one takes a processor longer than the waiting. */
const STEPS = { processor: 1, gpu: 16 } as const;

export async function benchTrainStep(gpu: Gpu, { runs }: { readonly runs: number }) {
  const steps = gpu.isProcessor ? STEPS.processor : STEPS.gpu;
  const dataset = noiseImages(steps * BATCH, SEED);
  const network = cnnNetwork(SEED);
  const transform = { scale: 1, mean: [0], std: [1], threshold: null };
  const options = recipe(BATCH, LEARNING_RATE);
  const data = { dataset, transform, samples: dataset.samples };
  const setup = {
    network,
    copies: [{ seed: SEED, held: [] }],
    trained: null,
    data,
    test: { ...data, samples: 1 },
    options,
  };
  /** A step's time, and the losses of the epochs that were trained for it. */
  const timed = async (train: (epoch: number) => Promise<number>) => {
    const losses: number[] = [];
    const timing = await measureAdaptive(runs, async (times) => {
      for (let i = 0; i < times; i++) losses.push(await train(losses.length));
    });
    return { timing: shareOf(timing, steps), losses };
  };

  const lesion = await (async () => {
    using trainer = await openTrainer(gpu, setup);
    return await timed(async (epoch) => (await trainer.epoch(epoch))[0]!.loss);
  })();
  const parts = await timeStepParts(gpu, setup);
  const peer = await measurePeer({
    network: formOf(network),
    inputs: dataset.values,
    labels: dataset.labels,
    batch: BATCH,
    optimizer: peerOptimizer(options),
  });

  async function measurePeer(problem: CnnProblem) {
    try {
      const training = await prepareTfjsCnnTraining(problem);
      const { timing, losses } = await timed(
        async (epoch) => (await training.epoch(random(SEED, `epoch ${epoch}`).permutation(data.samples))).loss,
      );
      training.dispose();
      const difference = lossDifference(lesion.losses.slice(0, 2), losses.slice(0, 2));
      if (!agrees(difference)) return { failed: `its losses differ from Lesion's by ${difference.toExponential(1)}` };
      return { settings: training.settings, timing, difference, ratio: timing.medianMs / lesion.timing.medianMs };
    } catch (cause) {
      return { failed: reportOf(cause).message };
    }
  }
  const title = "TensorFlow.js webgpu";
  return {
    ...{ network: network.name, batch: BATCH, stepsQueued: steps, lesion: lesion.timing, parts, peer },
    firstLosses: lesion.losses.slice(0, 2),
    lines: [
      `train: one step of ${network.name} (32 x 32 x 3, six convolutions with batch norms), batches of ${BATCH}:`,
      `  ${"Lesion".padEnd(38)} ${timingText(lesion.timing)}`,
      ...partLines(parts),
      "failed" in peer
        ? `  ${title.padEnd(38)} failed: ${peer.failed}`
        : `${peerLine(title, peer.timing, peer.ratio)}, losses differ by ${peer.difference.toExponential(1)}`,
    ],
  };
}
