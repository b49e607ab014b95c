/** Training on the GPU follows the float64 oracle step by step, and the same seed gives the same bits. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { random } from "../../core/random.ts";
import { memoryDataset } from "../../data/dataset.ts";
import { type Gpu, openGpu } from "../../gpu/device.ts";
import { denseChain } from "../../network/dense-chain.ts";
import type { ActivationKind, DenseLayer, Network } from "../../network/network.ts";
import { gradients } from "../../reference/backward.ts";
import { adamStep, sgdStep } from "../../reference/optimizer.ts";
import { type ChainLayer, evaluate, forward, logitsOf } from "../../reference/oracle.ts";
import { initialNetwork } from "../initial.ts";
import type { OptimizerOptions, TrainingOptions } from "./options.ts";
import { openTrainer } from "./trainer.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

interface Recipe {
  readonly batch: number;
  readonly optimizer: OptimizerOptions;
  readonly samples: number;
  readonly seed: number;
}

const SAMPLES = 67;
const EPOCHS = 2;
const FEATURES = 13;
const CLASSES = 5;
const transform = { scale: 1, mean: [0], std: [1], threshold: null };

const draw = random(31);
const dataset = memoryDataset({
  name: "random",
  shape: [FEATURES],
  values: Float32Array.from({ length: SAMPLES * FEATURES }, () => draw.normal()),
  labels: Uint16Array.from({ length: SAMPLES }, () => draw.below(CLASSES)),
  classes: CLASSES,
  classNames: [],
});

const untrained = (activation: ActivationKind, bias: boolean): Network =>
  initialNetwork(
    "net",
    {
      input: [FEATURES],
      layers: [
        { kind: "dense", units: 17, activation, bias, batchNorm: false },
        { kind: "dense", units: 7, activation, bias, batchNorm: false },
        { kind: "dense", units: CLASSES, activation: "linear", bias, batchNorm: false },
      ],
      init: "pytorch",
    },
    9,
  );

async function trained(network: Network, { batch, optimizer, seed }: Recipe) {
  const options: TrainingOptions = {
    epochs: EPOCHS,
    batch,
    optimizer,
    schedule: { kind: "constant" },
    clip: null,
    labelSmoothing: 0,
    batchNorm: "train",
    augment: null,
  };
  const data = { dataset, transform, samples: SAMPLES };
  using trainer = await openTrainer(gpu, {
    network,
    copies: [{ seed, held: [] }],
    trained: null,
    data,
    test: data,
    options,
  });
  const epochs: { epoch: number; samples: number; loss: number; correct: number }[] = [];
  for (let epoch = 0; epoch < EPOCHS; epoch++)
    epochs.push({ epoch, samples: SAMPLES, ...(await trainer.epoch(epoch))[0]! });
  return { epochs, stages: denseChain(await trainer.network(0)).stages };
}

/** The same in float64: parameters of all layers after each step, and what each epoch saw. */
function oracle(network: Network, { batch, optimizer, seed }: Recipe) {
  let layers: readonly ChainLayer[] = denseChain(network).stages.map((stage) => ({
    ...stage,
    weight: Float64Array.from(stage.weight),
    bias: stage.bias && Float64Array.from(stage.bias),
  }));
  const arrays = (of: readonly { weight: ChainLayer["weight"]; bias: ChainLayer["bias"] }[]) =>
    of.flatMap(({ weight, bias }) => [weight as Float64Array, ...(bias ? [bias as Float64Array] : [])]);
  const zeros = () => arrays(layers).map(({ length }) => new Float64Array(length));
  let first: readonly Float64Array[] = zeros();
  let second: readonly Float64Array[] = zeros();
  const epochs: { loss: number; correct: number }[] = [];
  for (let epoch = 0, step = 1; epoch < EPOCHS; epoch++) {
    const order = random(seed, `epoch ${epoch}`).permutation(SAMPLES);
    let [loss, correct] = [0, 0];
    for (let start = 0; start < SAMPLES; start += batch, step++) {
      const chosen = [...order.subarray(start, start + batch)];
      const labels = Uint16Array.from(chosen, (n) => dataset.labels[n]!);
      const inputs = Float64Array.from(
        chosen.flatMap((n) => [...dataset.values.subarray(n * FEATURES, (n + 1) * FEATURES)]),
      );
      const seen = evaluate(logitsOf(forward(layers, inputs, chosen.length)), labels);
      loss += (seen.loss * chosen.length) / SAMPLES;
      correct += seen.correct;
      const slopes = arrays(gradients(layers, inputs, labels).layers);
      const parameters = arrays(layers).map((values, i) => {
        if (optimizer.kind === "sgd") {
          const next = sgdStep(values, slopes[i]!, first[i]!, optimizer);
          first = first.with(i, next.velocity);
          return next.parameters;
        }
        const next = adamStep(values, slopes[i]!, { first: first[i]!, second: second[i]! }, step, optimizer);
        [first, second] = [first.with(i, next.first), second.with(i, next.second)];
        return next.parameters;
      });
      let at = 0;
      layers = layers.map((layer) => ({
        ...layer,
        weight: parameters[at++]!,
        bias: layer.bias ? parameters[at++]! : null,
      }));
    }
    epochs.push({ loss, correct });
  }
  return { epochs, layers };
}

/** Largest difference over the root mean square of what was wanted. */
function errorOf(got: Float32Array, wanted: ArrayLike<number>): number {
  const values = Array.from(wanted);
  const rms = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
  return Math.max(...values.map((value, i) => Math.abs(got[i]! - value))) / rms;
}

const sgd: OptimizerOptions = { kind: "sgd", learningRate: 0.1, momentum: 0.9, nesterov: false, weightDecay: 0.01 };
const adam: OptimizerOptions = {
  kind: "adam",
  learningRate: 0.01,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.001,
};

describe.each<[string, OptimizerOptions, ActivationKind, boolean, number]>([
  ["sgd", sgd, "relu", true, 16],
  ["sgd without biases", sgd, "leaky-relu", false, 16],
  ["sgd, one batch an epoch", sgd, "gelu", true, 67],
  ["adam", adam, "tanh", true, 9],
])("%s", (_, optimizer, activation, bias, batch) => {
  const options = { batch, optimizer, samples: SAMPLES, seed: 4 };
  const network = untrained(activation, bias);

  test("follows the oracle", async () => {
    const got = await trained(network, options);
    const wanted = oracle(network, options);
    got.epochs.forEach((epoch, i) => {
      expect(epoch).toMatchObject({ epoch: i, samples: SAMPLES });
      expect(epoch.loss).toBeCloseTo(wanted.epochs[i]!.loss, 4);
      expect(Math.abs(epoch.correct - wanted.epochs[i]!.correct)).toBeLessThanOrEqual(1);
    });
    const before = denseChain(network).stages;
    wanted.layers.forEach(({ weight, bias: biases }, i) => {
      expect(errorOf(got.stages[i]!.weight, weight), `weights ${i}`).toBeLessThan(1e-3);
      if (biases) expect(errorOf(got.stages[i]!.bias!, biases), `biases ${i}`).toBeLessThan(1e-3);
      else expect(got.stages[i]!.bias).toBeNull();
      // The steps were large enough to tell a wrong one from a right one.
      expect(errorOf(got.stages[i]!.weight, before[i]!.weight)).toBeGreaterThan(0.01);
    });
  });

  test("gives the same bits for the same seed, and others for another", async () => {
    const weights = ({ stages }: { stages: readonly DenseLayer[] }) => stages.map(({ weight, bias: b }) => [weight, b]);
    const once = weights(await trained(network, options));
    expect(weights(await trained(network, options))).toEqual(once);
    if (batch < SAMPLES) expect(weights(await trained(network, { ...options, seed: 5 }))).not.toEqual(once);
  });
});

test("leaves nothing allocated", async () => {
  const before = gpu.arena.allocatedBytes;
  await trained(untrained("relu", true), { batch: 16, optimizer: sgd, samples: SAMPLES, seed: 4 });
  expect(gpu.arena.allocatedBytes).toBe(before);
});
