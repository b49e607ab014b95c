/** One epoch of the study's network over 60,000 training images: Lesion against TensorFlow.js with the same batches. */
import { random } from "../src/core/random.ts";
import { makeDigits } from "../src/data/digits.ts";
import { transformed } from "../src/data/transform.ts";
import { initialNetwork } from "../src/engine/initial.ts";
import { openTrainer } from "../src/engine/training/trainer.ts";
import type { Gpu } from "../src/gpu/device.ts";
import { denseChain } from "../src/network/dense-chain.ts";
import { measure, peerLine, timingText } from "./measure.ts";
import { prepareTfjsTraining } from "./peers/tfjs-train.ts";
import { partLines, timeStepParts } from "./step-parts.ts";
import { peerOptimizer, recipe, SEED } from "./training-recipe.ts";

/** Samples of the epochs that TensorFlow.js is timed on, at most; its time is proportional to them. */
export const PEER_SAMPLES = 15_360;
const BATCH = 256;
const LEARNING_RATE = 0.02;
const MOST_RUNS = 5;
const PEER_RUNS = 3;

export interface TrainBenchOptions {
  /** At most; what is slow is measured less often. */
  readonly runs: number;
  /** Of an epoch of the study's network. */
  readonly samples: number;
}

export async function benchTrainEpoch(gpu: Gpu, { runs, samples }: TrainBenchOptions) {
  const dataset = makeDigits({ split: "train", samples });
  const transform = { scale: 255, mean: [0.5], std: [0.5], threshold: null };
  const unit = (units: number, activation: "relu" | "linear") => ({
    kind: "dense" as const,
    units,
    activation,
    bias: false,
    batchNorm: false,
  });
  const layers = [unit(20, "relu"), unit(10, "relu"), unit(10, "linear")];
  const network = initialNetwork("mlp", { input: [784], layers, init: "pytorch" }, SEED);
  const options = recipe(BATCH, LEARNING_RATE);
  const data = { dataset, transform, samples };
  const losses: number[] = [];
  const setup = {
    network,
    copies: [{ seed: SEED, held: [] }],
    trained: null,
    data,
    test: { ...data, samples: 1 },
    options,
  };
  const lesion = await (async () => {
    using trainer = await openTrainer(gpu, setup);
    return await measure(Math.min(runs, MOST_RUNS), 1, async () => {
      const [seen] = await trainer.epoch(losses.length);
      losses.push(seen!.loss);
    });
  })();
  const parts = await timeStepParts(gpu, setup);

  const peerSamples = Math.min(PEER_SAMPLES, samples);
  const inputs = await transformed(dataset, transform, 0, peerSamples);
  const order = random(SEED, "epoch 0").permutation(peerSamples);
  const peers: Record<string, unknown> = {};
  const lines: string[] = [];
  for (const backend of ["webgpu", "wasm"] as const) {
    const peer = await prepareTfjsTraining(backend, {
      layers: denseChain(network).stages,
      inputs,
      labels: dataset.labels.subarray(0, peerSamples),
      batch: BATCH,
      optimizer: peerOptimizer(options),
    });
    const timing = await measure(Math.min(runs, PEER_RUNS), peerSamples / samples, () => peer.epoch(order));
    const ratio = timing.medianMs / lesion.medianMs;
    peers[backend] = { settings: peer.settings, timing, ratio };
    lines.push(peerLine(`TensorFlow.js ${backend}`, timing, ratio));
    peer.dispose();
  }
  return {
    ...{ samples, peerSamples, batch: BATCH, lesion, firstEpochLoss: losses[0], parts, peers },
    lines: [
      `train: one epoch of 784-20-10-10 over ${samples} samples, batches of ${BATCH} (peers timed on ${peerSamples}, in proportion):`,
      `  ${"Lesion".padEnd(38)} ${timingText(lesion)}; one step:`,
      ...partLines(parts),
      ...lines,
    ],
  };
}
