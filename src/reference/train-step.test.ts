import { describe, expect, test } from "vitest";
import { random } from "../core/random.ts";
import type { BatchNormLayer, Network } from "../network/network.ts";
import { graphGradients } from "./graph-gradients.ts";
import { heldParameters } from "./held-parameters.ts";
import { smallConvNet } from "./network.fixture.ts";
import { type TrainState, type TrainStepOptions, trainStep, UNTRAINED } from "./train-step.ts";

const SGD = { kind: "sgd", learningRate: 0.1, momentum: 0.9, nesterov: false, weightDecay: 0 } as const;
const ADAM = { kind: "adam", learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 } as const;
const PLAIN: TrainStepOptions = { optimizer: SGD, clip: null, trained: null, batchNorm: "train", smoothing: 0.1 };

const network = smallConvNet(3);
const draw = random(5, "train step");
const inputs = Float32Array.from({ length: 7 * 9 * 7 * 3 }, () => draw.normal());
const labels = Uint16Array.from({ length: 7 }, () => draw.below(5));

const arrayOf = (given: Network, layer: string, name: string) =>
  (given.layers.find((own) => own.name === layer) as unknown as Record<string, Float32Array>)[name]!;

/** Networks and results of so many steps on the same samples. */
function run(steps: number, options: TrainStepOptions) {
  let state: TrainState = UNTRAINED;
  let now = network;
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const result = trainStep(now, state, inputs, labels, options);
    [now, state] = [result.network, result.state];
    losses.push(result.loss);
  }
  return { network: now, state, losses };
}

describe("trainStep", () => {
  test("goes down the gradient, and leaves the network it was given", () => {
    const before = structuredClone(network);
    const { parameters } = graphGradients(network, inputs, labels, PLAIN);
    const { network: after } = run(1, PLAIN);
    expect(network).toEqual(before);
    for (const [layer, name] of [
      ["conv1", "weight"],
      ["norm2", "gamma"],
      ["classes", "bias"],
    ] as const) {
      const expected = arrayOf(network, layer, name).map((w, i) => w - 0.1 * parameters.get(layer)![name]![i]!);
      expect(arrayOf(after, layer, name)).toEqual(expected);
    }
  });

  test.each([SGD, { ...SGD, nesterov: true, weightDecay: 0.001 }, ADAM, { ...ADAM, kind: "adamw" as const }])(
    "learns its samples by $kind",
    (optimizer) => {
      const { losses, network: learnt } = run(25, { ...PLAIN, optimizer, smoothing: 0 });
      expect(losses.at(-1)).toBeLessThan(0.5 * losses[0]!);
      expect(trainStep(learnt, UNTRAINED, inputs, labels, PLAIN).correct).toBeGreaterThan(5);
    },
  );

  test("tells adam from adamw by its decay", () => {
    const [adam, adamw] = (["adam", "adamw"] as const).map((kind) =>
      run(2, { ...PLAIN, optimizer: { ...ADAM, kind } }),
    );
    expect(arrayOf(adam!.network, "conv1", "weight")).not.toEqual(arrayOf(adamw!.network, "conv1", "weight"));
  });

  test.each([SGD, ADAM])("keeps what touches held channels still by $kind, its moments at 0", (optimizer) => {
    const held = [{ layer: "relu1", units: [1, 4], values: [0, 0.5] }];
    const decaying = { ...optimizer, weightDecay: 0.1 };
    const { network: after, state } = run(3, { ...PLAIN, optimizer: decaying, held, clip: 0.5 });
    let stood = 0;
    for (const [layer, parameters] of heldParameters(network, held)) {
      for (const [name, still] of Object.entries(parameters)) {
        const [first, last] = [arrayOf(network, layer, name), arrayOf(after, layer, name)];
        const moments = state.moments.get(layer)![name as "weight"]!;
        still.forEach((isStill, i) => {
          stood += isStill;
          expect(first[i] === last[i], `${layer} ${name} ${i}`).toBe(isStill === 1);
          if (isStill === 1) expect([moments.first[i], moments.second[i]]).toEqual([0, 0]);
        });
      }
    }
    // Two filters of 27 weights, their norms, and what reads them through the pool: 9 taps, 2 channels, 6 filters.
    expect(stood).toBe(2 * 27 + 4 + 9 * 2 * 6);
  });

  test("trains the layers it is told to", () => {
    const { network: after, state } = run(2, { ...PLAIN, trained: new Set(["conv2", "norm2"]), batchNorm: "frozen" });
    const moved = network.layers.filter((layer, i) => layer !== after.layers[i]).map(({ name }) => name);
    expect(moved).toEqual(["conv2", "norm2"]);
    expect([...state.moments.keys()].sort()).toEqual(["conv2", "norm2"]);
    expect(arrayOf(after, "norm2", "mean")).toBe(arrayOf(network, "norm2", "mean"));
  });

  test("clips by the norm of all that moves", () => {
    const sizeOfStep = (options: Partial<TrainStepOptions>) => {
      const { network: after } = run(1, { ...PLAIN, ...options });
      const names = [...graphGradients(network, inputs, labels, PLAIN).parameters].flatMap(([layer, parameters]) =>
        Object.keys(parameters).map((name) => [layer, name] as const),
      );
      return Math.hypot(
        ...names.flatMap(([layer, name]) => {
          const before = arrayOf(network, layer, name);
          return Array.from(arrayOf(after, layer, name), (w, i) => w - before[i]!);
        }),
      );
    };
    const whole = sizeOfStep({});
    expect(sizeOfStep({ clip: (2 * whole) / 0.1 })).toBe(whole);
    expect(sizeOfStep({ clip: 0.01 })).toBeCloseTo(0.1 * 0.01, 5);
    const held = [{ layer: "relu1", units: [0, 1, 2], values: [0, 0, 0] }];
    expect(sizeOfStep({ clip: 0.01, held })).toBeCloseTo(0.1 * 0.01, 5);
  });

  test("moves running statistics a tenth of the way, by the unbiased variance", () => {
    const before = network.layers.find(({ name }) => name === "norm1") as BatchNormLayer;
    const { network: after } = run(1, PLAIN);
    const { mean, variance, count } = graphGradients(network, inputs, labels, PLAIN).statistics.get("norm1")!;
    expect(count).toBe(7 * 9 * 7);
    const unbiased = (variance[2]! * count) / (count - 1);
    expect(arrayOf(after, "norm1", "mean")[2]).toBeCloseTo(0.9 * before.mean[2]! + 0.1 * mean[2]!, 6);
    expect(arrayOf(after, "norm1", "variance")[2]).toBeCloseTo(0.9 * before.variance[2]! + 0.1 * unbiased, 6);
  });
});
