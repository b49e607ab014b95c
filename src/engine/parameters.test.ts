/** Parameters come back from one buffer as they went in, each at an offset that WebGPU lets a binding begin at. */
import { expect, test } from "vitest";
import { denseChain } from "../network/dense-chain.ts";
import type { DenseLayer } from "../network/network.ts";
import { initialNetwork } from "./initial.ts";
import { packParameters, parameterLayout, withParameters } from "./parameters.ts";

const network = initialNetwork(
  "net",
  {
    input: 13,
    layers: [
      { units: 9, activation: "relu", bias: true },
      { units: 5, activation: "relu", bias: false },
      { units: 65, activation: "linear", bias: true },
    ],
    init: "pytorch",
  },
  3,
);
const chain = denseChain(network);
const layout = parameterLayout(chain);

test("parameters lie apart, at multiples of 64", () => {
  const spans = chain.stages
    .flatMap(({ weight, outFeatures }, i) => [
      [layout.weights[i]!, weight.length],
      [layout.biases[i]!, outFeatures],
    ])
    .sort(([a], [b]) => a! - b!) as [number, number][];
  let end = 0;
  for (const [start, size] of spans) {
    expect(start % 64).toBe(0);
    expect(start).toBeGreaterThanOrEqual(end);
    end = start + size;
  }
  expect(layout.count).toBeGreaterThanOrEqual(end);
  expect(layout.count % 64).toBe(0);
});

test("packing and unpacking give the network back", () => {
  const packed = packParameters(chain, layout);
  expect(withParameters(network, chain, layout, packed)).toEqual(network);
  const sum = (values: Float32Array) => values.reduce((total, value) => total + Math.abs(value), 0);
  const all = chain.stages.reduce((total, { weight, bias }) => total + sum(weight) + (bias ? sum(bias) : 0), 0);
  expect(sum(packed)).toBeCloseTo(all, 3);
});

test("new parameters land in their layers and leave the old network as it was", () => {
  const packed = packParameters(chain, layout).map((value) => value + 1);
  const before = chain.stages[1]!.weight.slice();
  const moved = withParameters(network, chain, layout, packed).layers.filter(
    (l): l is DenseLayer => l.kind === "dense",
  );
  moved.forEach((layer, i) => {
    expect(layer.weight).toEqual(chain.stages[i]!.weight.map((w) => w + 1));
    expect(layer.bias).toEqual(chain.stages[i]!.bias?.map((b) => b + 1) ?? null);
  });
  expect(chain.stages[1]!.weight).toEqual(before);
});
