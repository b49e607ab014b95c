import { describe, expect, test } from "vitest";
import { random } from "../../src/core/random.ts";
import { readOnnx } from "../../src/formats/onnx/read.ts";
import { type Layer, LINEAR, type Network, RELU } from "../../src/network/network.ts";
import { simplify } from "../../src/network/simplify.ts";
import { evaluateNetwork } from "../../src/reference/evaluate-network.ts";
import { relativeError } from "../conv-error.ts";
import { uniforms } from "../vgg-network.ts";
import { onnxModel, rearranged } from "./onnx-model.ts";

const IMAGES = 2;
const draw = random(1337, "onnx-model");
const window = { stride: [1, 1], dilation: [1, 1], padding: { top: 1, left: 1, bottom: 1, right: 1 } } as const;
const parameters = (fanIn: number, outs: number) => ({
  weight: uniforms(fanIn * outs, draw),
  bias: uniforms(outs, draw),
});

/** A convolution, a pool and two dense layers over 4 x 6 x 3: no two axes alike. */
const layers: readonly Layer[] = [
  {
    ...{ kind: "conv2d", name: "conv", inputs: ["x"], inChannels: 3, outChannels: 5, groups: 1, kernel: [3, 3] },
    ...{ ...window, ...parameters(27, 5), activation: RELU },
  },
  {
    ...{ kind: "pool2d", name: "pool", inputs: ["conv"], pool: "max", ceilMode: false, countIncludePad: false },
    ...{ ...window, kernel: [2, 2], stride: [2, 2], padding: { top: 0, left: 0, bottom: 0, right: 0 } },
  },
  { kind: "flatten", name: "flatten", inputs: ["pool"] },
  {
    ...{ kind: "dense", name: "hidden", inputs: ["flatten"], inFeatures: 30, outFeatures: 7 },
    ...{ ...parameters(30, 7), activation: RELU },
  },
  {
    ...{ kind: "dense", name: "logits", inputs: ["hidden"], inFeatures: 7, outFeatures: 4 },
    ...{ weight: uniforms(28, draw), bias: null, activation: LINEAR },
  },
  { kind: "softmax", name: "softmax", inputs: ["logits"], log: false },
];
const network: Network = { name: "small", inputs: [{ name: "x", shape: [4, 6, 3] }], layers, outputs: ["softmax"] };

describe("onnxModel", () => {
  test("writes a model that reads back as a network of the same results", () => {
    const { bytes, files, input, output } = onnxModel(network, IMAGES);
    const external = new Map(files.map(({ path, data }) => [path, data]));
    const read = simplify(readOnnx(bytes, "small", { external }));
    expect(read.inputs.map(({ shape }) => shape)).toEqual([[4, 6, 3]]);
    const inputs = uniforms(IMAGES * 4 * 6 * 3, draw);
    const own = evaluateNetwork(network, new Map([[input, inputs]]), IMAGES).get(output)!;
    const found = evaluateNetwork(read, new Map([[read.inputs[0]!.name, inputs]]), IMAGES).get(read.outputs[0]!)!;
    expect(relativeError(found, own)).toBeLessThan(1e-12);
  });

  test("keeps weights out of the model", () => {
    const { bytes, files } = onnxModel(network, IMAGES);
    expect(files.map(({ path }) => path)).toEqual([
      ...["conv.weight", "conv.bias", "hidden.weight", "hidden.bias", "logits.weight"],
    ]);
    expect(files.reduce((sum, { data }) => sum + data.length, 0)).toBe(4 * (27 * 5 + 5 + 30 * 7 + 7 + 28));
    expect(bytes.length).toBeLessThan(2500);
  });

  test("refuses what it cannot write, by name", () => {
    const scale: Layer = {
      ...{ kind: "scale", name: "odd", inputs: ["x"], activation: LINEAR },
      ...{ scale: new Float32Array(3), shift: new Float32Array(3) },
    };
    const refused = { ...network, layers: [scale], outputs: ["odd"] };
    expect(() => onnxModel(refused, 1)).toThrow(expect.objectContaining({ code: "unsupported", where: 'layer "odd"' }));
  });
});

test("rearranged turns images channels first, and back", () => {
  const shape = [1, 3, 2];
  const images = Float32Array.of(0, 10, 1, 11, 2, 12, 5, 15, 6, 16, 7, 17);
  const turned = Float32Array.of(0, 1, 2, 10, 11, 12, 5, 6, 7, 15, 16, 17);
  expect(rearranged(images, shape)).toEqual(turned);
  expect(rearranged(turned, shape, true)).toEqual(images);
  expect(rearranged(images, [12])).toBe(images);
});
