import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { randomGraph } from "../engine/graph/random-graph.fixture.ts";
import type { Activation, Layer, Network } from "../network/network.ts";
import { inferShapes, sizeOf } from "../network/shapes.ts";
import { gradients } from "./backward.ts";
import { chainNetwork, randomChain } from "./chain.fixture.ts";
import { evaluateNetwork } from "./evaluate-network.ts";
import { gradientErrors } from "./gradients/central-differences.fixture.ts";
import { type GraphGradientOptions, graphGradients } from "./graph-gradients.ts";
import { smallConvNet } from "./network.fixture.ts";

const TANH: Activation = { kind: "tanh", alpha: 0 };

/** Inputs and labels of 5 classes. */
function batchFor(network: Network, samples: number, seed: number) {
  const draw = random(seed, "batch");
  return {
    inputs: Float64Array.from({ length: samples * sizeOf(network.inputs[0]!.shape) }, () => draw.normal()),
    labels: Uint16Array.from({ length: samples }, () => draw.below(5)),
  };
}

/** Without kinks, which a random step may cross, and with batch norms after some of its layers. */
function smoothed(network: Network, seed: number): Network {
  const draw = random(seed, "smoothed");
  const shapes = inferShapes(network);
  const renamed = new Map<string, string>();
  const layers = network.layers.flatMap((layer): Layer[] => {
    const smooth = {
      ...layer,
      inputs: layer.inputs.map((name) => renamed.get(name) ?? name),
      ...("activation" in layer && layer.activation.kind !== "linear" ? { activation: TANH } : {}),
      ...(layer.kind === "pool2d" ? { pool: "average" } : {}),
    } as Layer;
    if (network.outputs.includes(layer.name) || draw.below(3) > 0) return [smooth];
    const channels = shapes.get(layer.name)!.at(-1)!;
    const numbers = () => Float32Array.from({ length: channels }, () => 1 + 0.3 * draw.normal());
    const variance = numbers().map((value) => value * value + 0.5);
    const norm = { gamma: numbers(), beta: numbers(), mean: numbers(), variance, epsilon: 0.01 };
    renamed.set(layer.name, `${layer.name} norm`);
    return [smooth, { kind: "batch-norm", name: `${layer.name} norm`, inputs: [layer.name], ...norm }];
  });
  return { ...network, layers };
}

describe("graphGradients", () => {
  test("of a chain are those of its chain rule", () => {
    const { layers, inputs, labels } = randomChain(5, [7, 6, 5], 9, "relu");
    const expected = gradients(layers, inputs, labels, [{ layerIndex: 0, unit: 2, scale: 0, shift: 0.7 }]);
    const held = [{ layer: "dense0", units: [2], values: [0.7] }];
    const found = graphGradients(chainNetwork(layers), inputs, labels, { batchNorm: "train", held });
    expect(found.loss).toBeCloseTo(expected.loss, 14);
    expected.layers.forEach(({ weight, bias }, i) => {
      const own = found.parameters.get(`dense${i}`)!;
      expect(Math.max(...weight.map((g, at) => Math.abs(g - own.weight![at]!)))).toBeLessThan(1e-14);
      expect(Math.max(...bias!.map((g, at) => Math.abs(g - own.bias![at]!)))).toBeLessThan(1e-14);
    });
  });

  test("agree with central differences on random graphs, held or not", () => {
    let numbers = 0;
    let layers = 0;
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 9999 }),
        fc.constantFrom("train", "frozen"),
        fc.boolean(),
        (seed, batchNorm, isHeld) => {
          const network = smoothed(randomGraph(seed, 4), seed);
          const { inputs, labels } = batchFor(network, 3, seed);
          fc.pre(weightsIn(network) < 6000);
          const first = network.layers[0]!.name;
          const held = isHeld ? [{ layer: first, units: [0], values: [0.4] }] : [];
          const errors = gradientErrors(network, inputs, labels, {
            batchNorm: batchNorm as "train",
            held,
            smoothing: 0.1,
          });
          numbers += errors.length;
          layers += network.layers.length;
          expect(Math.max(...errors)).toBeLessThan(1e-4);
        },
      ),
      { numRuns: 12, seed: 1337 },
    );
    expect(numbers).toBeGreaterThan(500);
    expect(layers).toBeGreaterThan(60);
  });

  test("agree with central differences where there are kinks, but for the few steps across one", () => {
    const network = smallConvNet(3);
    const { inputs, labels } = batchFor(network, 3, 1);
    const errors = gradientErrors(network, inputs, labels, { batchNorm: "train" });
    expect(errors.filter((error) => error < 1e-3).length / errors.length).toBeGreaterThan(0.9);
  });

  test("leave the softmax at the end to the loss", () => {
    const network = smallConvNet(3);
    const { inputs, labels } = batchFor(network, 3, 1);
    const found = graphGradients(network, inputs, labels, { batchNorm: "frozen" });
    const expected = evaluateNetwork(network, new Map([["x", inputs]]), 3).get("classes")!;
    expect([...found.logits]).toEqual([...expected]);
    expect([...found.parameters.keys()].sort()).toEqual(["classes", "conv1", "conv2", "norm1", "norm2"]);
    expect(found.statistics.size).toBe(0);
  });

  test("give what each batch norm saw, so that running statistics can follow", () => {
    const network = smallConvNet(3);
    const { inputs, labels } = batchFor(network, 3, 1);
    const { statistics } = graphGradients(network, inputs, labels, { batchNorm: new Set(["norm2"]) });
    expect([...statistics.keys()]).toEqual(["norm2"]);
    const { mean, variance, count } = statistics.get("norm2")!;
    const read = evaluateNetwork(network, new Map([["x", inputs]]), 3)
      .get("conv2")!
      .filter((_, at) => at % 6 === 4);
    expect(count).toBe(read.length);
    expect(mean[4]).toBeCloseTo(read.reduce((sum, value) => sum + value, 0) / count, 12);
    expect(variance[4]).toBeCloseTo(read.reduce((sum, value) => sum + (value - mean[4]!) ** 2, 0) / count, 12);
  });

  test("stop at held channels", () => {
    const network = smallConvNet(3);
    const { inputs, labels } = batchFor(network, 3, 1);
    const held = [{ layer: "relu1", units: [1, 4], values: [0, 0.5] }];
    const { parameters } = graphGradients(network, inputs, labels, { batchNorm: "train", held });
    const byFilter = Array.from({ length: 6 }, (_, unit) =>
      parameters
        .get("conv1")!
        .weight!.filter((_, at) => at % 6 === unit)
        .some((g) => g !== 0),
    );
    expect(byFilter).toEqual([true, false, true, true, false, true]);
    expect(parameters.get("norm1")!.beta![1]).toBe(0);
  });

  test("refuse labels, units and inputs that are not there", () => {
    const network = smallConvNet(3);
    const { inputs, labels } = batchFor(network, 3, 1);
    const run =
      (more: Partial<GraphGradientOptions>, given = labels, network_ = network) =>
      () =>
        graphGradients(network_, inputs, given, { batchNorm: "train", ...more });
    expect(run({}, Uint16Array.of(0, 1, 5))).toThrow("label 5 of sample 2");
    expect(run({}, Uint16Array.of(0, 1))).toThrow("567 numbers");
    expect(run({ held: [{ layer: "relu1", units: [6], values: [0] }] })).toThrow("no unit 6");
    const two = { ...network, inputs: [...network.inputs, { name: "z", shape: [1] }] };
    expect(run({}, labels, two)).toThrow("2 inputs");
  });
});

function weightsIn(network: Network): number {
  return network.layers.reduce(
    (sum, layer) => sum + ("weight" in layer ? (layer.weight as Float32Array).length : 0),
    0,
  );
}
