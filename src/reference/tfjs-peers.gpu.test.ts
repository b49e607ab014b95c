import { describe, expect, test } from "vitest";
import { prepareTfjsSweep } from "../../bench/peers/tfjs-sweep.ts";
import { prepareTfjsTraining, type TrainProblem } from "../../bench/peers/tfjs-train.ts";
import { prepareTfjsCnnTraining } from "../../bench/peers/tfjs-train-cnn.ts";
import { random } from "../core/random.ts";
import { initialNetwork } from "../engine/initial.ts";
import { formOf } from "../engine/training/training-graph.ts";
import { parametersOf } from "../network/layer-parameters.ts";
import { floatsOf } from "../network/weight.ts";
import { gradients } from "./backward.ts";
import { randomChain } from "./chain.fixture.ts";
import { adamStep, sgdStep } from "./optimizer.ts";
import { type ChainLayer, evaluate, forward, logitsOf } from "./oracle.ts";
import { trainStep, UNTRAINED } from "./train-step.ts";

describe.each(["webgpu", "wasm"] as const)("peers on %s", (backend) => {
  test.each(["activations", "weights"] as const)(
    "prepareTfjsSweep counts as the oracle, masking %s",
    async (masking) => {
      const { layers, inputs } = randomChain(6, [11, 6, 5, 4], 203, "relu");
      const labels = predictions(logitsOf(forward(layers, inputs, 203)), 4);
      const sweep = await prepareTfjsSweep(backend, { layers, inputs, labels }, masking);
      const counts = new Set<number>();
      for (const units of [[], [0], [5], [1, 3]]) {
        const changes = units.map((unit) => ({ layerIndex: 0, unit, scale: 0, shift: 0 }));
        const { correct } = evaluate(logitsOf(forward(layers, inputs, 203, changes)), labels);
        expect([await sweep.whole(units), await sweep.prefixCached(units)]).toEqual([correct, correct]);
        counts.add(correct);
      }
      expect(counts.size).toBe(4);
      expect(sweep.settings).toMatchObject({ backend, masking });
      sweep.dispose();
    },
  );

  test.each([
    { kind: "sgd", learningRate: 0.1, momentum: 0.9 },
    { kind: "adam", learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
  ] as const)("prepareTfjsTraining takes the oracle's steps: $kind", async (optimizer) => {
    const { layers, inputs, labels } = randomChain(7, [11, 6, 4], 53, "relu");
    const problem: TrainProblem = { layers, inputs, labels, batch: 20, optimizer };
    const training = await prepareTfjsTraining(backend, problem);
    const order = random(1).permutation(53);
    const expected = trainedByOracle(problem, order);
    const { loss } = await training.epoch(order);
    expect(loss).toBeCloseTo(expected.loss, 4);
    const weights = await training.weights();
    const wanted = expected.layers.flatMap(({ weight, bias }) => [weight, bias!]);
    expect(weights.map(({ length }) => length)).toEqual(wanted.map(({ length }) => length));
    wanted.forEach((values, i) => {
      values.forEach((value, j) => {
        expect(weights[i]![j]).toBeCloseTo(value, 4);
      });
    });
    training.dispose();
  });

  test("prepareTfjsTraining leaves weights into and out of masked units as they are, and moves the others", async () => {
    const { layers, inputs, labels } = randomChain(8, [9, 5, 4], 40, "relu");
    const optimizer = { kind: "sgd", learningRate: 0.1, momentum: 0.9 } as const;
    const masked = new Map([[0, [3]]]);
    const training = await prepareTfjsTraining(backend, { layers, inputs, labels, batch: 16, optimizer, masked });
    await training.epoch(random(2).permutation(40));
    const [into, , outOf] = await training.weights();
    const [first, second] = layers.map(({ weight }) => Float32Array.from(weight));
    into!.forEach((value, i) => {
      if (i % 5 === 3) expect(value).toBe(first![i]);
    });
    expect(outOf!.subarray(3 * 4, 4 * 4)).toEqual(second!.subarray(3 * 4, 4 * 4));
    expect(outOf!.filter((value, i) => value !== second![i])).toHaveLength(4 * 4);
    training.dispose();
  });
});

test("prepareTfjsCnnTraining takes the steps of float64, batch norms by the statistics of their batch", async () => {
  const common = { bias: true, activation: "relu" } as const;
  const network = formOf(
    initialNetwork(
      "cnn",
      {
        input: [6, 6, 3],
        layers: [
          { kind: "conv", filters: 5, kernel: 3, stride: 1, padding: "same", batchNorm: true, ...common },
          { kind: "pool", pool: "max", size: 2, stride: 2 },
          { kind: "dense", units: 4, batchNorm: false, ...common, activation: "linear" },
        ],
        init: "he",
      },
      3,
    ),
  );
  const draw = random(9);
  const inputs = Float32Array.from({ length: 14 * 6 * 6 * 3 }, () => draw.normal());
  const labels = Uint16Array.from({ length: 14 }, () => draw.below(4));
  const optimizer = { kind: "sgd", learningRate: 0.05, momentum: 0.9 } as const;
  const training = await prepareTfjsCnnTraining({ network, inputs, labels, batch: 7, optimizer });
  const { loss } = await training.epoch(Uint32Array.from({ length: 14 }, (_, n) => n));

  const options = {
    ...{ clip: null, smoothing: 0, trained: null, held: [] },
    optimizer: { ...optimizer, nesterov: false, weightDecay: 0 },
    batchNorm: new Set(network.layers.flatMap(({ kind, name }) => (kind === "batch-norm" ? [name] : []))),
  };
  const [half, images] = [7, 7 * 6 * 6 * 3];
  const first = trainStep(network, UNTRAINED, inputs.subarray(0, images), labels.subarray(0, half), options);
  const second = trainStep(first.network, first.state, inputs.subarray(images), labels.subarray(half), options);
  expect(loss).toBeCloseTo((first.loss + second.loss) / 2, 4);
  const order = ["weight", "bias", "beta", "gamma"];
  const wanted = second.network.layers.flatMap((layer) => {
    const own = new Map(parametersOf(layer).map(({ name, values }) => [name as string, floatsOf(values)]));
    return order.flatMap((name) => own.get(name) ?? []);
  });
  const weights = await training.weights();
  expect(weights.map(({ length }) => length)).toEqual(wanted.map(({ length }) => length));
  weights.forEach((values, i) => {
    values.forEach((value, j) => {
      expect(value).toBeCloseTo(wanted[i]![j]!, 3);
    });
  });
  training.dispose();
});

/** The classes that `logits` [samples, classes] name, so that an intact network is always right. */
function predictions(logits: Float64Array, classes: number): Uint16Array {
  return Uint16Array.from({ length: logits.length / classes }, (_, n) => {
    const row = logits.subarray(n * classes, (n + 1) * classes);
    return row.indexOf(Math.max(...row));
  });
}

/** An epoch of `problem` in float64. */
function trainedByOracle(problem: TrainProblem, order: Uint32Array): { loss: number; layers: readonly ChainLayer[] } {
  const { inputs, labels, batch, optimizer } = problem;
  const features = problem.layers[0]!.inFeatures;
  let layers: (ChainLayer & { weight: Float64Array; bias: Float64Array })[] = problem.layers.map((layer) => ({
    ...layer,
    weight: Float64Array.from(layer.weight),
    bias: Float64Array.from(layer.bias!),
  }));
  const zeros = (): Float64Array[][] =>
    layers.map(({ weight, bias }) => [weight, bias].map((values) => new Float64Array(values.length)));
  let first = zeros();
  let second = zeros();
  let sum = 0;
  for (let start = 0, step = 1; start < order.length; start += batch, step++) {
    const chosen = [...order.subarray(start, start + batch)];
    const rows = Float32Array.from(chosen.flatMap((n) => [...inputs.subarray(n * features, (n + 1) * features)]));
    const found = gradients(
      layers,
      rows,
      Uint16Array.from(chosen, (n) => labels[n]!),
    );
    sum += found.loss * chosen.length;
    const updated = layers.map(({ weight, bias }, l) =>
      [weight, bias].map((values, k) => {
        const gradient = k === 0 ? found.layers[l]!.weight : found.layers[l]!.bias!;
        if (optimizer.kind === "sgd") {
          const { parameters, velocity } = sgdStep(values, gradient, first[l]![k]!, { ...optimizer, weightDecay: 0 });
          return { parameters, first: velocity, second: velocity };
        }
        const moments = { first: first[l]![k]!, second: second[l]![k]! };
        return adamStep(values, gradient, moments, step, { ...optimizer, weightDecay: 0 });
      }),
    );
    first = updated.map((pair) => pair.map((part) => part.first));
    second = updated.map((pair) => pair.map((part) => part.second));
    layers = layers.map((layer, l) => ({
      ...layer,
      weight: updated[l]![0]!.parameters,
      bias: updated[l]![1]!.parameters,
    }));
  }
  return { loss: sum / order.length, layers };
}
