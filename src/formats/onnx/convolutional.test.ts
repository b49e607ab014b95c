/** Convolutional networks: the order of their inputs' axes, what becomes of Flatten and Transpose, and two real models. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { sharedData } from "../../../e2e/shared-data.ts";
import { evaluate } from "../../network/evaluate.test-support.ts";
import type { Network } from "../../network/network.ts";
import { inferShapes } from "../../network/shapes.ts";
import { floats, integers, onnxFile, type TestNode } from "./model.fixture.ts";
import { readOnnx } from "./read.ts";

/** A network whose nodes read x, of the given shape, and give y. */
function read(shape: readonly (number | string)[], nodes: readonly TestNode[]): Network {
  const tensors = [
    floats("w", [1, 2, 1, 1], [1, 10]),
    floats("w1", [1, 2, 2], [1, 2, 10, 20]),
    floats("rows", [6, 1], [1, 10, 100, 1000, 10000, 100000]),
    integers("target", [0, 2, -1]),
  ];
  return readOnnx(onnxFile({ inputs: { x: shape }, tensors, nodes, outputs: ["y"] }), "c");
}

const kindsOf = ({ layers }: Network) => layers.map(({ kind }) => kind);
const conv = (input: string, output = "y"): TestNode => ({ op: "Conv", inputs: [input, "w"], output });

describe("inputs", () => {
  test("a convolution's are images with their channels first, however wide", () => {
    // Without the convolution, [2, 3, 1] would be taken for channels last.
    const network = read(["n", 2, 3, 1], [{ op: "Relu", inputs: ["x"], output: "r" }, conv("r")]);
    expect(network.inputs).toEqual([{ name: "x", shape: [3, 1, 2] }]);
    expect(kindsOf(network)).toEqual(["activation", "conv2d"]);
    expect(evaluate(network, [1, 2, 3, 4, 5, 6])).toEqual([21, 43, 65]);
  });

  test("those of one axis of positions are rows", () => {
    const network = read(["n", 2, 3], [{ op: "Conv", inputs: ["x", "w1"], output: "y" }]);
    expect(network.inputs).toEqual([{ name: "x", shape: [1, 3, 2] }]);
    expect(evaluate(network, [1, 2, 3, 4, 5, 6])).toEqual([1 + 20 + 6 + 80, 3 + 40 + 10 + 120]);
  });

  test("channels that are last in the file stay where they are, and nothing moves", () => {
    const move: TestNode = {
      op: "Transpose",
      inputs: ["x"],
      output: "t",
      attributes: { perm: { ints: [0, 3, 1, 2] } },
    };
    const network = read(["n", 1, 3, 2], [move, conv("t")]);
    expect(network.inputs).toEqual([{ name: "x", shape: [1, 3, 2] }]);
    expect(kindsOf(network)).toEqual(["identity", "conv2d"]);
    expect(evaluate(network, [1, 2, 3, 4, 5, 6])).toEqual([21, 43, 65]);
  });
});

describe("after a convolution", () => {
  const pool: TestNode = { op: "MaxPool", inputs: ["x"], output: "p", attributes: { kernel_shape: { ints: [1, 1] } } };

  test("a flattened image is transposed to ONNX's order once, for a dense layer", () => {
    const nodes: TestNode[] = [
      pool,
      { op: "Flatten", inputs: ["p"], output: "f" },
      { op: "MatMul", inputs: ["f", "rows"], output: "y" },
    ];
    const network = read(["n", 2, 1, 3], nodes);
    expect(kindsOf(network)).toEqual(["pool2d", "transpose", "flatten", "dense"]);
    expect(evaluate(network, [1, 4, 2, 5, 3, 6])).toEqual([654321]);
  });

  test("one of a single position is not", () => {
    const network = read(["n", 6, 1, 1], [pool, { op: "Flatten", inputs: ["p"], output: "y" }]);
    expect(kindsOf(network)).toEqual(["pool2d", "flatten"]);
  });

  test("an image is brought into another order once for all that read it so", () => {
    const reshape = (output: string): TestNode => ({ op: "Reshape", inputs: ["p", "target"], output });
    const nodes = [pool, reshape("a"), reshape("b"), { op: "Add", inputs: ["a", "b"], output: "y" }];
    const network = read(["n", 2, 1, 3], nodes);
    expect(kindsOf(network)).toEqual(["pool2d", "transpose", "reshape", "reshape", "binary"]);
    expect(evaluate(network, [1, 4, 2, 5, 3, 6])).toEqual([2, 4, 6, 8, 10, 12]);
  });
});

function realNetwork(file: string): Network | null {
  const path = sharedData(`models/${file}`);
  return path === null ? null : readOnnx(readFileSync(path), file);
}

function countsOf({ layers }: Network): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of layers) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

const resnet = realNetwork("resnet20-cifar10.onnx");
describe.skipIf(resnet === null)("ResNet-20, all of its shape arithmetic left in", () => {
  test("is its layers alone", () => {
    expect(resnet!.inputs).toEqual([{ name: "input", shape: [32, 32, 3] }]);
    expect(countsOf(resnet!)).toEqual({
      conv2d: 19,
      "batch-norm": 19,
      activation: 19,
      binary: 9,
      slice: 4,
      pad: 3,
      pool2d: 1,
      flatten: 1,
      dense: 1,
    });
    const shapes = inferShapes(resnet!);
    expect(resnet!.outputs.map((name) => shapes.get(name))).toEqual([[10]]);
  });

  test("its shortcuts take every second position, and pad the channels", () => {
    const shortcut = resnet!.layers.filter(({ name }) => name.startsWith("/layer2/layer2.0/shortcut"));
    expect(shortcut).toMatchObject([
      { kind: "slice", starts: [0, 0, 0], steps: [2, 1, 1], sizes: [16, 32, 16] },
      { kind: "slice", starts: [0, 0, 0], steps: [1, 2, 1], sizes: [16, 16, 16] },
      { kind: "pad", before: [0, 0, 8], after: [0, 0, 8], mode: "constant", value: 0 },
    ]);
  });
});

const squeezenet = realNetwork("squeezenet1.1-imagenet.onnx");
test.skipIf(squeezenet === null)("SqueezeNet 1.1: pooling rounds up, branches are joined by channels", () => {
  expect(squeezenet!.inputs).toEqual([{ name: "input", shape: [224, 224, 3] }]);
  expect(countsOf(squeezenet!)).toEqual({
    conv2d: 26,
    activation: 26,
    pool2d: 3,
    concat: 8,
    "global-pool": 1,
    flatten: 1,
  });
  const shapes = inferShapes(squeezenet!);
  const pools = squeezenet!.layers.filter(({ kind }) => kind === "pool2d");
  expect(pools.map(({ name }) => shapes.get(name))).toEqual([
    [55, 55, 64],
    [27, 27, 128],
    [13, 13, 256],
  ]);
  expect(squeezenet!.outputs.map((name) => shapes.get(name))).toEqual([[1000]]);
});
