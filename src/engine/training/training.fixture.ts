/** Test support: drawn data, recipes, and the same training in float64 to follow the trainer by. */
import { expect } from "vitest";
import { random } from "../../core/random.ts";
import { type MemoryDataset, memoryDataset } from "../../data/dataset.ts";
import { levels } from "../../data/transform.ts";
import { parametersOf } from "../../network/layer-parameters.ts";
import type { Network } from "../../network/network.ts";
import { type Shape, sizeOf } from "../../network/shapes.ts";
import { postActivationOf } from "../../network/simplify.ts";
import { floatsOf } from "../../network/weight.ts";
import { trainStep, UNTRAINED } from "../../reference/train-step.ts";
import { type AdamOptions, learningRateAt, type SgdOptions, type TrainingOptions } from "./options.ts";
import type { CopyEpoch, NetworkCopy, TrainerSetup, TrainingData } from "./trainer-interface.ts";
import { formOf } from "./training-graph.ts";

export const SGD: SgdOptions = { kind: "sgd", learningRate: 0.05, momentum: 0.9, nesterov: false, weightDecay: 0.01 };
/** Its epsilon is large enough that a gradient of next to nothing does not decide a step by its rounding. */
export const ADAM: AdamOptions = {
  kind: "adam",
  learningRate: 0.01,
  beta1: 0.9,
  beta2: 0.99,
  epsilon: 1e-3,
  weightDecay: 0.01,
};
const RECIPE: TrainingOptions = {
  epochs: 1,
  batch: 4,
  optimizer: SGD,
  schedule: { kind: "constant" },
  clip: null,
  labelSmoothing: 0,
  batchNorm: "train",
  augment: null,
};
const AS_STORED = { scale: 1, mean: [0], std: [1], threshold: null };
/** From -1 to 1. */
const BYTES = { scale: 255, mean: [0.5], std: [0.5], threshold: null };
export const CLASSES = 5;

/** Samples of normal numbers. */
function normalDataset(shape: Shape, samples: number, seed = 31): MemoryDataset {
  const draw = random(seed, "samples");
  return memoryDataset({
    name: "random",
    shape,
    values: Float32Array.from({ length: samples * sizeOf(shape) }, () => draw.normal()),
    labels: Uint16Array.from({ length: samples }, () => draw.below(CLASSES)),
    classes: CLASSES,
    classNames: [],
  });
}

/** Images of bytes, 8 x 8, whose ground is 0 but for a square of noise somewhere. */
export function spottedDataset(samples: number): MemoryDataset {
  const draw = random(32, "spots");
  const values = new Uint8Array(samples * 64);
  for (let n = 0; n < samples; n++) {
    const [top, left] = [draw.below(3), draw.below(3)];
    for (let y = 0; y < 3; y++) {
      for (let x = 0; x < 3; x++) values[n * 64 + (top + y) * 8 + left + x] = draw.below(256);
    }
  }
  return memoryDataset({
    name: "spots",
    shape: [8, 8, 1],
    values,
    labels: Uint16Array.from({ length: samples }, () => draw.below(CLASSES)),
    classes: CLASSES,
    classNames: [],
  });
}

export interface Training {
  readonly network: Network;
  readonly samples: number;
  readonly options?: Partial<TrainingOptions>;
  readonly copies?: readonly NetworkCopy[];
  readonly trained?: ReadonlySet<string> | null;
  /** Left out: `normalDataset`. */
  readonly dataset?: MemoryDataset;
}

/** A training on drawn samples of the network's size, tested on the same. */
export function setupOf({ network, samples, options, copies, trained = null, dataset }: Training): TrainerSetup & {
  readonly data: { readonly dataset: MemoryDataset } & TrainingData;
} {
  const own = dataset ?? normalDataset(network.inputs[0]!.shape, samples);
  const transform = own.stored === "bytes" ? BYTES : AS_STORED;
  const data = { dataset: own, transform, samples };
  return {
    network,
    copies: copies ?? [{ seed: 4, held: [] }],
    trained,
    data,
    test: data,
    options: { ...RECIPE, ...options },
  };
}

/** What the network reads of all samples. */
export function inputsOf({ dataset, transform }: { dataset: MemoryDataset } & TrainingData): Float32Array {
  const { values } = dataset;
  if (values instanceof Float32Array) return values;
  const table = levels(transform, 0);
  return Float32Array.from(values, (byte) => table[byte]!);
}

/** The training of copy 0 in float64. */
export function oracle(setup: ReturnType<typeof setupOf>): { readonly network: Network; readonly epochs: CopyEpoch[] } {
  const { data, copies, options, trained } = setup;
  const { dataset, samples } = data;
  const inputs = inputsOf(data);
  const features = sizeOf(dataset.shape);
  const { seed, held } = copies[0]!;
  let network = formOf(copies[0]!.network ?? setup.network);
  let state = UNTRAINED;
  const heldTensors = held.map(({ layer, ...units }) => ({ layer: postActivationOf(network, layer), ...units }));
  const norms = network.layers.flatMap(({ kind, name }) => (kind === "batch-norm" ? [name] : []));
  const batchNorm =
    options.batchNorm === "frozen" ? options.batchNorm : new Set(norms.filter((name) => trained?.has(name) ?? true));
  const epochs: CopyEpoch[] = [];
  const stepsAnEpoch = Math.ceil(samples / options.batch);
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    const order = random(seed, `epoch ${epoch}`).permutation(samples);
    let [loss, correct] = [0, 0];
    for (let step = 0; step < stepsAnEpoch; step++) {
      const chosen = [...order.subarray(step * options.batch, (step + 1) * options.batch)];
      const result = trainStep(
        network,
        state,
        Float64Array.from(chosen.flatMap((n) => [...inputs.subarray(n * features, (n + 1) * features)])),
        Uint16Array.from(chosen, (n) => dataset.labels[n]!),
        {
          optimizer: { ...options.optimizer, learningRate: learningRateAt(options, stepsAnEpoch, epoch, step) },
          clip: options.clip,
          smoothing: options.labelSmoothing,
          trained,
          batchNorm,
          held: heldTensors,
        },
      );
      ({ network, state } = result);
      loss += (result.loss * chosen.length) / samples;
      correct += result.correct;
    }
    epochs.push({ loss, correct });
  }
  return { network, epochs };
}

/** Every array of parameters and running statistics of a network, by "layer part". */
export function arraysOf(network: Network): ReadonlyMap<string, Float32Array> {
  return new Map(
    network.layers.flatMap((layer) =>
      parametersOf(layer).map(({ name, values }) => [`${layer.name} ${name}`, floatsOf(values)] as const),
    ),
  );
}

const rmsOf = (values: Float64Array) =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

/**
 * Expects each array of changes to be off by less than `tolerance` of its root mean square, or of a hundredth of that of
 * all together where it is less: what is 0 in theory, as a bias before a batch norm, is left with rounding.
 */
export function expectClose(
  found: ReadonlyMap<string, Float64Array>,
  expected: ReadonlyMap<string, Float64Array>,
  tolerance: number,
): void {
  expect([...found.keys()]).toEqual([...expected.keys()]);
  const least = rmsOf(Float64Array.from([...expected.values()].flatMap((values) => [...values]))) / 100;
  // Else any result would do.
  expect(least).toBeGreaterThan(0);
  for (const [name, values] of expected) {
    const own = found.get(name)!;
    const error = values.reduce((most, value, i) => Math.max(most, Math.abs(value - own[i]!)), 0);
    const share = error / Math.max(rmsOf(values), least);
    // Not a number is not close either.
    expect(share < tolerance, `${name} is off by ${share} of its rms`).toBe(true);
  }
}

/** What training made of each array: after - before. */
export function changes(before: Network, after: Network): ReadonlyMap<string, Float64Array> {
  const last = arraysOf(after);
  return new Map(
    Array.from(arraysOf(before), ([name, values]) => [
      name,
      Float64Array.from(values, (value, i) => last.get(name)![i]! - value),
    ]),
  );
}
