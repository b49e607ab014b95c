/**
 * Damaged copies of a network that train again at once, every layer of each, its damaged units held at 0: Lesion against
 * TensorFlow.js, which trains one such network after the other.
 */
import { LesionError } from "../src/core/errors.ts";
import { random } from "../src/core/random.ts";
import { openDataset } from "../src/data/find.ts";
import { channelsOf, transformed, transformOf } from "../src/data/transform.ts";
import { openTrainer } from "../src/engine/training/trainer.ts";
import type { NetworkCopy, TrainerSetup, TrainingData } from "../src/engine/training/trainer-interface.ts";
import type { Gpu } from "../src/gpu/device.ts";
import { type DenseChain, denseChain } from "../src/network/dense-chain.ts";
import type { Network } from "../src/network/network.ts";
import { defaultStudyDocument } from "../src/study/defaults.ts";
import { openStudy, type StudyFiles } from "../src/study/open-study.ts";
import { measure, peerLine, type Timing, timingText } from "./measure.ts";
import { prepareTfjsTraining } from "./peers/tfjs-train.ts";
import { singlesAndPairs } from "./problem.ts";
import { partLines, timeStepParts } from "./step-parts.ts";
import { PEER_SAMPLES, type TrainBenchOptions } from "./train-epoch.ts";
import { agrees, lossDifference, peerOptimizer, recipe, SEED } from "./training-recipe.ts";

const BATCH = 256;
const LEARNING_RATE = 0.02;
const MOST_RUNS = 3;

export interface RecoverBenchOptions extends TrainBenchOptions {
  /** The study whose network and training data are used; else the embedded ones. */
  readonly study?: unknown;
  readonly studyFiles: StudyFiles;
}

/** Damage of a chain: units of one of its layers. */
export interface Damage {
  readonly layer: number;
  readonly units: readonly number[];
}

/** Every unit and every pair of the first layer, and every unit of the second. */
export function damages({ ablatable }: Pick<DenseChain, "ablatable">): readonly Damage[] {
  const [first, second] = ablatable;
  const singles = Array.from({ length: second?.units ?? 0 }, (_, unit) => ({ layer: 1, units: [unit] }));
  return [...singlesAndPairs(first?.units ?? 0).map((units) => ({ layer: 0, units })), ...singles];
}

export async function benchRecover(gpu: Gpu, options: RecoverBenchOptions) {
  const { name, network, chain, data } = await openProblem(gpu, options);
  const damaged = damages(chain);
  const copyOf = ({ layer, units }: Damage): NetworkCopy => ({
    seed: SEED,
    held: [{ layer: chain.ablatable[layer]!.layer, units, values: units.map(() => 0) }],
  });
  const setup: TrainerSetup = { ...setupOf(network, data), copies: damaged.map(copyOf) };
  await warmUp(gpu, setup);
  const runs = Math.min(options.runs, MOST_RUNS);
  const { lesion, losses } = await (async () => {
    using trainer = await openTrainer(gpu, setup);
    let losses: readonly number[] = [];
    const lesion = await measure(
      runs,
      damaged.length,
      async (epoch) => {
        const seen = await trainer.epoch(epoch);
        if (epoch === 0) losses = seen.map(({ loss }) => loss);
      },
      0,
    );
    return { lesion, losses };
  })();
  const parts = await timeStepParts(gpu, setup);

  const sample = { ...data, samples: Math.min(PEER_SAMPLES, data.samples) };
  const one = damaged[Math.floor(damaged.length / 2)]!;
  const expected = await lossOf(gpu, { ...setup, data: sample, test: sample, copies: [copyOf(one)] });
  const inputs = await transformed(data.dataset, data.transform, 0, sample.samples);
  const order = random(SEED, "epoch 0").permutation(sample.samples);
  const peers: Record<string, { settings: unknown; timing: Timing; ratio: number; difference: number }> = {};
  for (const backend of ["webgpu", "wasm"] as const) {
    const peer = await prepareTfjsTraining(backend, {
      layers: chain.stages,
      masked: new Map([[one.layer, one.units]]),
      inputs,
      labels: data.dataset.labels.subarray(0, sample.samples),
      batch: BATCH,
      optimizer: peerOptimizer(setup.options),
    });
    const seen: number[] = [];
    const timing = await measure(runs, sample.samples / data.samples, async () => {
      seen.push((await peer.epoch(order)).loss);
    });
    const difference = lossDifference([expected], seen);
    peers[backend] = { settings: peer.settings, timing, ratio: timing.medianMs / lesion.medianMs, difference };
    peer.dispose();
  }
  const sizes = [chain.features, ...chain.stages.map(({ outFeatures }) => outFeatures)].join("-");
  const perSecond = 1000 / lesion.medianMs;
  return {
    benchmark: "recover",
    ...{ problem: name, data: data.dataset.name, seed: SEED, sizes, copies: damaged.length, batch: BATCH },
    ...{ samples: data.samples, peerSamples: sample.samples, lesion, networksPerSecond: perSecond, parts, peers },
    meanFirstEpochLoss: losses.reduce((sum, loss) => sum + loss, 0) / losses.length,
    lines: [
      `recover: ${damaged.length} damaged copies of ${sizes}, all layers training at once, one epoch over ${data.samples} samples of ${data.dataset.name},`,
      `batches of ${BATCH} (peers timed on one copy and ${sample.samples} samples, in proportion); a network and epoch:`,
      `  ${"Lesion".padEnd(38)} ${timingText(lesion)}, ${perSecond.toPrecision(3)} networks a second; one step:`,
      ...partLines(parts),
      ...Object.entries(peers).map(([backend, { timing, ratio }]) =>
        peerLine(`TensorFlow.js ${backend}`, timing, ratio),
      ),
      ...Object.entries(peers)
        .filter(([, { difference }]) => !agrees(difference))
        .map(([backend, { difference }]) => `  losses of ${backend} DIFFER by ${difference.toExponential(1)}`),
    ],
  };
}

/** The network with what it recovers on; one that is built trains for an epoch first. */
async function openProblem(gpu: Gpu, { study, studyFiles, samples }: RecoverBenchOptions) {
  const opened = await openStudy(study ?? defaultStudyDocument, studyFiles);
  const { model, data: source, name } = opened.study;
  if (opened.subject.kind !== "chain") {
    throw new LesionError("unsupported", `the network of ${name} is no chain of dense layers`, {
      where: "--study",
      fix: "Give a study of an MLP.",
    });
  }
  const { available, bytesOf } = studyFiles;
  const dataset = await openDataset({ ...source, split: "train", limit: samples }, bytesOf, available);
  const data = { dataset, transform: transformOf(source, channelsOf(dataset)), samples: dataset.samples };
  const network = "build" in model ? await trainedOnce(gpu, opened.network, data) : opened.network;
  return { name, network, chain: denseChain(network), data };
}

async function trainedOnce(gpu: Gpu, network: Network, data: TrainingData): Promise<Network> {
  using trainer = await openTrainer(gpu, setupOf(network, data));
  await trainer.epoch(0);
  return await trainer.network(0);
}

function setupOf(network: Network, data: TrainingData): TrainerSetup {
  const copies = [{ seed: SEED, held: [] }];
  return { network, copies, trained: null, data, test: { ...data, samples: 1 }, options: recipe(BATCH, LEARNING_RATE) };
}

/** Compiles what an epoch runs, on as few samples as make steps of both its sizes. */
async function warmUp(gpu: Gpu, setup: TrainerSetup): Promise<void> {
  const { samples } = setup.data;
  const few = { ...setup.data, samples: Math.min(samples, BATCH + (samples % BATCH)) };
  using trainer = await openTrainer(gpu, { ...setup, data: few, test: few });
  await trainer.epoch(0);
}

/** Of the first copy, in its first epoch. */
async function lossOf(gpu: Gpu, setup: TrainerSetup): Promise<number> {
  using trainer = await openTrainer(gpu, setup);
  return (await trainer.epoch(0))[0]!.loss;
}
