/** Training on the GPU: steps are recorded ahead, and losses and hits stay on the GPU until the epoch ends. */
import { LesionError } from "../core/errors.ts";
import { random } from "../core/random.ts";
import type { Dataset, Transform } from "../data/dataset.ts";
import type { Gpu } from "../gpu/device.ts";
import { type DenseChain, denseChain } from "../network/dense-chain.ts";
import type { Network } from "../network/network.ts";
import { parameterLayout, withParameters } from "./parameters.ts";
import { deviceSamples } from "./samples.ts";
import { type OptimizerOptions, trainingBuffers, trainingSteps } from "./training-steps.ts";
import type { Tuner } from "./tuner.ts";

export type { OptimizerOptions };

export interface TrainingOptions {
  readonly batch: number;
  readonly optimizer: OptimizerOptions;
  /** How many of the data set's samples to use. */
  readonly samples: number;
  readonly seed: number;
}

/** What an epoch saw, in the order it trained. */
export interface EpochResult {
  readonly epoch: number;
  /** Mean cross-entropy over the epoch's samples, in nats. */
  readonly loss: number;
  readonly correct: number;
  readonly samples: number;
  readonly ms: number;
}

/** Told how many samples of the epoch are done. Awaited; what it throws ends the epoch. */
export type EpochProgress = (samples: number) => void | Promise<void>;

/** Trains one network. Disposing of it frees its buffers. */
export interface Trainer extends Disposable {
  /** One pass over the samples, in the order that the seed gives epoch `epoch`, counted from 0. */
  epoch(epoch: number, progress?: EpochProgress): Promise<EpochResult>;
  /** The network with its present parameters. */
  network(): Promise<Network>;
}

/** Steps submitted at once: enough to hide the submit, few enough for a GPU that also draws the screen. */
const STEPS_A_SUBMIT = 16;
/** Epochs that are expected where variants are weighed. */
const EXPECTED_EPOCHS = 20;

/**
 * Sets a network up for training on the first `samples` of a data set. Throws `unsupported` where the last layer has an
 * activation, and `out-of-memory` where the samples do not fit the budget.
 */
export async function openTrainer(
  gpu: Gpu,
  tuner: Tuner,
  network: Network,
  dataset: Dataset,
  transform: Transform,
  options: TrainingOptions,
): Promise<Trainer> {
  const chain = denseChain(network);
  assertLogits(chain);
  const arena = gpu.arena.scope();
  const { batch, optimizer, seed } = options;
  const samples = Math.min(options.samples, dataset.samples);
  const stepsAnEpoch = Math.ceil(samples / batch);
  const source = deviceSamples(arena, dataset, transform, samples);
  await source.load(0, samples);
  const buffers = trainingBuffers(arena, chain, dataset.labels.subarray(0, samples), batch);
  const expectedSteps = stepsAnEpoch * EXPECTED_EPOCHS;
  const steps = await trainingSteps({ gpu, tuner, arena, chain, source, buffers, batch, expectedSteps, optimizer });

  const recordEpoch = async (epoch: number, progress: EpochProgress) => {
    // One submit is under way while the next is recorded.
    let before = Promise.resolve();
    for (let step = 0; step < stepsAnEpoch; step++) {
      const start = step * batch;
      const rows = Math.min(batch, samples - start);
      for (const record of steps) record(rows, start, epoch * stepsAnEpoch + step + 1);
      if (step % STEPS_A_SUBMIT < STEPS_A_SUBMIT - 1) continue;
      const submitted = gpu.finish();
      submitted.catch(() => {}); // Awaited in the next round, unless that is never reached.
      await before;
      before = submitted;
      await progress(start + rows);
    }
    await before;
  };

  return {
    async epoch(epoch, progress = () => {}) {
      const startMs = performance.now();
      arena.write(buffers.order, random(seed, `epoch ${epoch}`).permutation(samples));
      await recordEpoch(epoch, progress);
      const [losses, hits] = await gpu.read(
        { buffer: buffers.losses, sizeBytes: samples * 4 },
        { buffer: buffers.hits, sizeBytes: samples * 4 },
      );
      const loss = new Float32Array(losses!).reduce((sum, value) => sum + value, 0) / samples;
      const correct = new Uint32Array(hits!).reduce((sum, hit) => sum + hit, 0);
      return { epoch, loss, correct, samples, ms: performance.now() - startMs };
    },
    async network() {
      const layout = parameterLayout(chain);
      const [bytes] = await gpu.read({ buffer: buffers.parameters, sizeBytes: layout.count * 4 });
      return withParameters(network, chain, layout, new Float32Array(bytes!));
    },
    [Symbol.dispose]() {
      arena[Symbol.dispose]();
    },
  };
}

/** The cross-entropy is taken from logits, and so is its gradient. */
function assertLogits({ stages }: DenseChain): void {
  const { name, activation } = stages.at(-1)!;
  if (activation.kind === "linear") return;
  throw new LesionError("unsupported", `the last layer ${name} has the activation ${activation.kind}`, {
    where: name,
    fix: "Give the last layer the activation linear: the cross-entropy is taken from its logits.",
  });
}
