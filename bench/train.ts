/** One epoch of the study's network over 60,000 training images: Lesion against TensorFlow.js with the same batches. */
import { random } from "../src/core/random.ts";
import { makeDigits } from "../src/data/digits.ts";
import { transformed } from "../src/data/transform.ts";
import { initialNetwork } from "../src/engine/initial.ts";
import { openTrainer } from "../src/engine/train.ts";
import { Tuner } from "../src/engine/tuner.ts";
import type { Gpu } from "../src/gpu/device.ts";
import { denseChain } from "../src/network/dense-chain.ts";
import { measure, peerLine, timingText } from "./measure.ts";
import { prepareTfjsTraining } from "./peers/tfjs-train.ts";

const SAMPLES = 60_000;
/** Samples of the epochs that TensorFlow.js webgpu is timed on; its time is proportional to them. */
const PEER_SAMPLES = 15_360;
const BATCH = 256;
const SEED = 1337;

export async function benchTrain(gpu: Gpu, options: { runs: number; tune: boolean }) {
  const dataset = makeDigits({ split: "train", samples: SAMPLES });
  const transform = { scale: 255, mean: [0.5], std: [0.5], threshold: null };
  const unit = (units: number, activation: "relu" | "linear") => ({ units, activation, bias: false });
  const build = {
    input: 784,
    layers: [unit(20, "relu"), unit(10, "relu"), unit(10, "linear")],
    init: "pytorch" as const,
  };
  const network = initialNetwork("mlp", build, SEED);
  const optimizer = { kind: "sgd" as const, learningRate: 0.02, momentum: 0.9, weightDecay: 0 };
  const tuner = new Tuner(gpu, {}, options.tune ? 0 : undefined);
  using trainer = await openTrainer(gpu, tuner, network, dataset, transform, {
    batch: BATCH,
    optimizer,
    samples: SAMPLES,
    seed: SEED,
  });
  let epoch = 0;
  let lesionLoss = 0;
  const lesion = await measure(Math.min(options.runs, 5), 1, async () => {
    const seen = await trainer.epoch(epoch++);
    if (epoch === 1) lesionLoss = seen.loss;
  });

  const share = PEER_SAMPLES / SAMPLES;
  const peerInputs = await transformed(dataset, transform, 0, PEER_SAMPLES);
  const peers: Record<string, unknown> = {};
  const lines: string[] = [];
  for (const backend of ["webgpu", "wasm"] as const) {
    const peer = await prepareTfjsTraining(backend, {
      layers: denseChain(network).stages,
      inputs: peerInputs,
      labels: dataset.labels.subarray(0, PEER_SAMPLES),
      batch: BATCH,
      optimizer,
    });
    const order = random(SEED, "epoch 0").permutation(PEER_SAMPLES);
    const timing = await measure(3, share, () => peer.epoch(order));
    const ratio = timing.medianMs / lesion.medianMs;
    peers[backend] = { settings: peer.settings, timing, ratio };
    lines.push(peerLine(`TensorFlow.js ${backend}`, timing, ratio));
    peer.dispose();
  }
  return {
    benchmark: "train",
    samples: SAMPLES,
    peerSamples: PEER_SAMPLES,
    batch: BATCH,
    seed: SEED,
    lesion,
    firstEpochLoss: lesionLoss,
    peers,
    tuning: tuner.tuning,
    lines: [
      `train: one epoch of 784-20-10-10 over ${SAMPLES} samples, batches of ${BATCH} (peers timed on ${PEER_SAMPLES}, in proportion):`,
      `  ${"Lesion".padEnd(38)} ${timingText(lesion)}`,
      ...lines,
    ],
  };
}
