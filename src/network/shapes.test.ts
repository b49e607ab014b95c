import { describe, expect, test } from "vitest";
import { layerCosts } from "./layer-costs.ts";
import { type Layer, LINEAR, type Network, RELU } from "./network.ts";
import { inferShapes } from "./shapes.ts";
import { validateNetwork } from "./validate.ts";

const dense: Layer = {
  kind: "dense",
  name: "d",
  inputs: ["f"],
  inFeatures: 6,
  outFeatures: 5,
  weight: new Float32Array(30),
  bias: new Float32Array(5),
  activation: RELU,
};
const layers: readonly Layer[] = [
  { kind: "reshape", name: "r", inputs: ["x"], shape: [3, 2] },
  { kind: "bias", name: "b", inputs: ["r"], bias: Float32Array.of(1, 2) },
  { kind: "flatten", name: "f", inputs: ["b"] },
  dense,
  { kind: "activation", name: "a", inputs: ["d"], activation: LINEAR },
  { kind: "identity", name: "i", inputs: ["a"] },
  { kind: "softmax", name: "s", inputs: ["i"], log: true },
];
const network: Network = { name: "n", inputs: [{ name: "x", shape: [2, 3, 1] }], layers, outputs: ["s"] };
const withLayers = (changed: readonly Layer[]): Network => ({
  ...network,
  layers: changed,
  outputs: [changed.at(-1)!.name],
});
const only = (layer: Layer) => withLayers([{ ...layer, inputs: ["x"] }]);

test("shapes and costs of every kind of layer", () => {
  expect(Object.fromEntries(inferShapes(network))).toEqual({
    r: [3, 2],
    b: [3, 2],
    f: [6],
    d: [5],
    a: [5],
    i: [5],
    s: [5],
  });
  const costs = layerCosts(network);
  expect(costs.get("d")).toEqual({ shape: [5], parameters: 35, macs: 30, parameterBytes: 140, activationBytes: 20 });
  expect(costs.get("b")).toEqual({ shape: [3, 2], parameters: 2, macs: 0, parameterBytes: 8, activationBytes: 24 });
  expect(costs.get("s")).toMatchObject({ parameters: 0, macs: 0, parameterBytes: 0 });
});

describe("shapes that do not fit name the layer and both sizes", () => {
  test.each([
    ["dense on several axes", only(dense), /"d".*\[2, 3, 1\].*flatten/],
    ["dense with weights for others", withLayers([...layers.slice(0, 3), { ...dense, inFeatures: 7 }]), /"d".*7.*6/],
    ["bias", only({ kind: "bias", name: "b", inputs: [], bias: new Float32Array(4) }), /"b".*4 numbers to 1/],
    ["reshape", only({ kind: "reshape", name: "r", inputs: [], shape: [7] }), /"r".*\[7\] of \[2, 3, 1\].*6.*7/],
  ])("%s", (_, broken, says) => {
    expect(() => inferShapes(broken)).toThrow(
      expect.objectContaining({ code: "bad-model", message: expect.stringMatching(says) }),
    );
  });
});

describe("validateNetwork", () => {
  test("accepts a sound network", () => {
    expect(() => validateNetwork(network)).not.toThrow();
  });

  const at = (values: Float32Array, index: number, value: number) =>
    values.map((old, i) => (i === index ? value : old));
  test.each([
    ["a name twice", withLayers([layers[0]!, { ...layers[1]!, name: "r" }]), /"r" is used twice/],
    ["a layer named as an input", only({ ...layers[2]!, name: "x" }), /"x" is used twice/],
    ["an empty name", only({ ...layers[2]!, name: "" }), /empty name/],
    ["an input of nowhere", withLayers([{ ...layers[2]!, inputs: ["z"] }]), /"f" reads "z"/],
    ["a later input", withLayers([layers[1]!, layers[0]!]), /"b" reads "r"/],
    ["two inputs", withLayers([{ ...layers[2]!, inputs: ["x", "x"] }]), /2 inputs/],
    ["an output of nowhere", { ...network, outputs: ["z"] }, /output "z"/],
    ["no output", { ...network, outputs: [] }, /no output/],
    ["no input", { ...network, inputs: [] }, /no input/],
    ["an empty axis", { ...network, inputs: [{ name: "x", shape: [2, 0] }] }, /\[2, 0\]/],
    [
      "a negative axis",
      only({ kind: "reshape", name: "r", inputs: [], shape: [-2, -3] }),
      /"r" has the shape \[-2, -3\]/,
    ],
    [
      "a short weight",
      withLayers([...layers.slice(0, 3), { ...dense, weight: new Float32Array(29) }]),
      /29 numbers, 30/,
    ],
    ["a long bias", withLayers([...layers.slice(0, 3), { ...dense, bias: new Float32Array(6) }]), /bias.*6 numbers, 5/],
    [
      "NaN",
      withLayers([...layers.slice(0, 3), { ...dense, weight: at(new Float32Array(30), 17, Number.NaN) }]),
      /NaN at index 17/,
    ],
    [
      "infinity",
      only({ kind: "bias", name: "b", inputs: [], bias: Float32Array.of(Number.NEGATIVE_INFINITY) }),
      /-Infinity at index 0/,
    ],
    [
      "a slope of NaN",
      only({ kind: "activation", name: "a", inputs: [], activation: { kind: "leaky-relu", alpha: Number.NaN } }),
      /slope NaN/,
    ],
    ["no units", withLayers([...layers.slice(0, 3), { ...dense, outFeatures: 0 }]), /0 units/],
  ] as readonly (readonly [string, Network, RegExp])[])("refuses %s", (_, broken, says) => {
    expect(() => validateNetwork(broken)).toThrow(
      expect.objectContaining({ code: "bad-model", message: expect.stringMatching(says) }),
    );
  });
});
