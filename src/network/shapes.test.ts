import { describe, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { layerCosts } from "./layer-costs.ts";
import {
  act,
  constant,
  drawing,
  globalPool,
  join,
  net,
  pad,
  pool,
  reshape,
  transpose,
  window,
} from "./layers.fixture.ts";
import { type Layer, LINEAR, type Network, RELU } from "./network.ts";
import { inferShapes } from "./shapes.ts";
import { validateNetwork } from "./validate.ts";

const { conv, dense: drawnDense, norm, scale } = drawing(random(7, "shapes"));

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

const IMAGE = [7, 9, 4];
const concat = (inputs: readonly string[], axis: number): Layer => ({ kind: "concat", name: "k", inputs, axis });
const slice = (starts: readonly number[], steps: readonly number[], sizes: readonly number[]): Layer => ({
  kind: "slice",
  name: "s",
  inputs: ["x"],
  starts,
  steps,
  sizes,
});
const sides = { top: 1, left: 0, bottom: 2, right: 3 };

test.each<[string, readonly Layer[], readonly number[]]>([
  ["conv2d", [conv("c", "x", 4, 6, window(3, { stride: [2, 3], padding: sides }))], [4, 4, 6]],
  ["conv2d, dilated", [conv("c", "x", 4, 2, { kernel: [3, 2], dilation: [2, 4] })], [3, 5, 2]],
  ["pool2d", [pool("p", "x", 2, { stride: [2, 2] })], [3, 4, 4]],
  ["pool2d, rounded up", [pool("p", "x", 2, { stride: [2, 2], ceilMode: true })], [4, 5, 4]],
  ["global-pool", [globalPool("g", "x")], [1, 1, 4]],
  ["batch-norm", [norm("n", "x", 4)], IMAGE],
  ["scale", [scale("n", "x", 4)], IMAGE],
  ["binary", [constant("k", [9, 1], [1, 2, 3, 4, 5, 6, 7, 8, 9]), join("b", ["k", "x"])], IMAGE],
  ["concat", [conv("c", "x", 4, 3), concat(["x", "c", "x"], 2)], [7, 9, 11]],
  ["lrn", [{ kind: "lrn", name: "l", inputs: ["x"], size: 5, alpha: 1, beta: 1, bias: 1 }], IMAGE],
  ["pad", [pad("p", "x", [1, -2, 0, 3, -3, 5])], [11, 4, 9]],
  ["slice, backwards", [slice([6, 0, 1], [-3, 2, 1], [3, 5, 2])], [3, 5, 2]],
  ["transpose", [transpose("t", "x", [2, 0, 1])], [4, 7, 9]],
  ["dense over the last axis", [drawnDense("d", "x", 4, 5)], [7, 9, 5]],
])("%s gives its shape", (_, layers, expected) => {
  const network = net(layers, undefined, IMAGE);
  validateNetwork(network);
  expect([...inferShapes(network).values()].at(-1)).toEqual(expected);
});

test("a convolution costs its positions times its weights; quantised weights 1 or 2 bytes", () => {
  const layer = conv("c", "x", 4, 6, { ...window(3), groups: 2, bias: new Float32Array(6) });
  const { weight } = layer;
  const cost = (changed: Layer) => layerCosts(net([changed], undefined, IMAGE)).get("c");
  const macs = 5 * 7 * 6 * 9 * 2;
  expect(cost(layer)).toMatchObject({
    shape: [5, 7, 6],
    parameters: 114,
    macs,
    parameterBytes: 456,
    activationBytes: 840,
  });
  const bytes = { values: new Uint8Array(108), scale: 1, min: 0 };
  const shorts = { values: new Uint16Array(108), scale: 1, min: 0 };
  expect(weight).toHaveLength(108);
  expect(cost({ ...layer, weight: bytes })).toMatchObject({ parameters: 114, parameterBytes: 108 + 24 });
  expect(cost({ ...layer, weight: shorts })).toMatchObject({ parameters: 114, parameterBytes: 216 + 24 });
});

describe("shapes that do not fit name the layer and both sizes", () => {
  test.each([
    ["dense on several axes", only(dense), /"d".*\[2, 3, 1\].*flatten/],
    ["dense with weights for others", withLayers([...layers.slice(0, 3), { ...dense, inFeatures: 7 }]), /"d".*7.*6/],
    [
      "bias",
      only({ kind: "bias", name: "b", inputs: [], bias: new Float32Array(4) }),
      /"b".*4 numbers for the 1 channels of \[2, 3, 1\]/,
    ],
    ["reshape", only({ kind: "reshape", name: "r", inputs: [], shape: [7] }), /"r".*\[7\] of \[2, 3, 1\].*6.*7/],
    [
      "dense that needs a flatten",
      only({ ...dense, inputs: [] }),
      /6 inputs and reads 1 of \[2, 3, 1\]; put a flatten/,
    ],
    ["conv2d of channels", net([conv("c", "x", 3, 2)], undefined, IMAGE), /"c".*3 channels and reads 4 of \[7, 9, 4\]/],
    ["conv2d of two axes", net([conv("c", "x", 3, 2)], undefined, [7, 3]), /"c".*\[7, 3\]/],
    [
      "a window too large",
      net([conv("c", "x", 4, 2, { kernel: [5, 1], dilation: [2, 1] })], undefined, IMAGE),
      /window of 9 x 1.*7 x 9/,
    ],
    [
      "a maximum of padding alone",
      net(
        [pool("p", "x", 1, { pool: "max", stride: [3, 3], padding: { top: 1, left: 0, bottom: 0, right: 0 } })],
        undefined,
        IMAGE,
      ),
      /"p".*window 0 of its rows lies outside/,
    ],
    ["global-pool", net([globalPool("g", "x")]), /"g".*\[3\]/],
    ["batch-norm", net([norm("n", "x", 3)], undefined, IMAGE), /"n".*3 numbers for the 4 channels/],
    ["binary", net([constant("k", [2], [1, 2]), join("b", ["x", "k"])]), /"b".*\[3\] and \[2\]/],
    [
      "concat",
      net([conv("c", "x", 4, 4, window(2)), concat(["x", "c"], 2)], undefined, IMAGE),
      /\[7, 9, 4\] and \[6, 8, 4\] along axis 2/,
    ],
    ["concat of other axes", net([concat(["x"], 3)], undefined, IMAGE), /axis 3/],
    ["pad of nothing left", net([pad("p", "x", [-2, -1])]), /"p".*axis 0 of \[3\] by -2 and -1: nothing/],
    ["reflection of more than there is", net([pad("p", "x", [3, 0], { mode: "reflect" })]), /reflect has 2 to give/],
    ["pad of other axes", net([pad("p", "x", [1, 1, 1, 1])]), /2 axes and reads \[3\]/],
    ["slice", net([slice([1], [1], [3])]), /3 numbers from 1 to 3 of axis 0 of \[3\]/],
    ["slice, backwards", net([slice([1], [-1], [3])]), /from 1 to -1/],
    ["transpose", net([transpose("t", "x", [0, 0, 1])], undefined, IMAGE), /\[7, 9, 4\] by the axes \[0, 0, 1\]/],
    ["a huge result", net([pad("p", "x", [2 ** 27, 2 ** 27])]), /"p".*\[268435459\], more than 268435456/],
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

  const image = (layer: Layer) => net([layer], undefined, IMAGE);
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
    ["one operand", net([join("b", ["x"])]), /"b".*reads 1 inputs, it takes 2/],
    ["nothing joined", net([concat([], 0)]), /"k".*reads 0 inputs, it takes 1 or more/],
    ["a constant that reads", net([{ ...constant("k", [1], [1]), inputs: ["x"] }]), /"k".*reads 1 inputs, it takes 0/],
    ["a constant of another length", net([constant("k", [2], [1])]), /values of layer "k" has 1 numbers, 2/],
    ["a constant that is infinite", net([constant("k", [1], [Number.POSITIVE_INFINITY])]), /Infinity at index 0/],
    ["no stride", image(conv("c", "x", 4, 2, { stride: [1, 0] })), /stride \[1, 0\]/],
    ["half a kernel", image({ ...conv("c", "x", 4, 2), kernel: [0.5, 1] }), /kernel \[0.5, 1\]/],
    [
      "negative padding",
      image(pool("p", "x", 1, { padding: { top: 0, left: -1, bottom: 0, right: 0 } })),
      /padding \[0, -1, 0, 0\]/,
    ],
    ["a window without end", image(pool("p", "x", 2 ** 20)), /window of 1048576 x 1048576/],
    [
      "groups that do not divide",
      image({ ...conv("c", "x", 4, 2), groups: 3 }),
      /4 input and 2 output channels in 3 groups/,
    ],
    [
      "a short convolution",
      image({ ...conv("c", "x", 4, 2), weight: new Float32Array(7) }),
      /weight of layer "c" has 7 numbers, 8/,
    ],
    [
      "quantised by NaN",
      image({ ...conv("c", "x", 4, 2), weight: { values: new Uint8Array(8), scale: Number.NaN, min: 0 } }),
      /quantised by NaN/,
    ],
    [
      "a variance below zero",
      image({ ...norm("n", "x", 4), variance: Float32Array.of(1, 1, -1, 1) }),
      /variance -1 at index 2/,
    ],
    [
      "half a batch norm",
      image({ ...norm("n", "x", 4), mean: new Float32Array(3) }),
      /mean of layer "n" has 3 numbers, 4/,
    ],
    ["a clip without limit", image(act("a", "x", { kind: "clip", alpha: 0 })), /clip with beta undefined/],
    [
      "a power of nothing",
      image({ kind: "lrn", name: "l", inputs: ["x"], size: 5, alpha: 1, beta: 1, bias: 0 }),
      /bias 0/,
    ],
    ["a step of half", net([slice([0], [0.5], [2])]), /steps \[0.5\]/],
    ["sizes that do not fit", image(reshape("r", "x", [3])), /\[3\] of \[7, 9, 4\]/],
    ["too many axes", net([reshape("r", "x", [3, ...Array(40).fill(1)])]), /"r" has the shape/],
    [
      "a layer of more numbers than fit",
      { ...network, inputs: [{ name: "x", shape: [2 ** 20, 2 ** 20] }] },
      /input "x" has the shape/,
    ],
    ["no units", withLayers([...layers.slice(0, 3), { ...dense, outFeatures: 0 }]), /0 units/],
  ] as readonly (readonly [string, Network, RegExp])[])("refuses %s", (_, broken, says) => {
    expect(() => validateNetwork(broken)).toThrow(
      expect.objectContaining({ code: "bad-model", message: expect.stringMatching(says) }),
    );
  });
});
