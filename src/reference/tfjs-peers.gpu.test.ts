import { describe, expect, test } from "vitest";
import { prepareTfjsSweep } from "../../bench/peers/tfjs-sweep.ts";
import { prepareTfjsTraining, type TrainProblem } from "../../bench/peers/tfjs-train.ts";
import { random } from "../core/random.ts";
import { gradients } from "./backward.ts";
import { randomChain } from "./chain.fixture.ts";
import { adamStep, sgdStep } from "./optimizer.ts";
import { type ChainLayer, evaluate, forward, logitsOf } from "./oracle.ts";

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
