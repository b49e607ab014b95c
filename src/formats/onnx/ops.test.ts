/** Every operator against small cases worked by hand. The input is x [batch, 3] unless said, the output y. */
import { TensorProto_DataType } from "onnx-buf";
import { describe, expect, test } from "vitest";
import { evaluate } from "../../network/evaluate.test-support.ts";
import { floats, integers, type NodeCase, rawTensor, readNode } from "./model.fixture.ts";

const W = floats("w", [3, 2], [1, 2, 3, 4, 5, 6]);
const WT = floats("wt", [2, 3], [1, 3, 5, 2, 4, 6]);
const ON_W = ["x", "w"];

const WORKED: readonly (NodeCase & { readonly sample: readonly number[]; readonly expected: readonly number[] })[] = [
  { title: "MatMul", node: { op: "MatMul", inputs: ON_W }, tensors: [W], sample: [1, -1, 2], expected: [8, 10] },
  { title: "Gemm without C", node: { op: "Gemm", inputs: ON_W }, tensors: [W], sample: [1, -1, 2], expected: [8, 10] },
  {
    title: "Gemm, transB, alpha, beta, C [2]",
    node: {
      op: "Gemm",
      inputs: ["x", "wt", "c"],
      attributes: { transB: { int: 1 }, alpha: { float: 0.5 }, beta: { float: 2 } },
    },
    tensors: [WT, floats("c", [2], [10, 20])],
    sample: [1, -1, 2],
    expected: [24, 45],
  },
  ...[[1, 2], [1], [], [1, 1]].map((dims) => ({
    title: `Gemm, C [${dims}]`,
    node: { op: "Gemm", inputs: ["x", "w", "c"] },
    tensors: [W, floats("c", dims, dims.at(-1) === 2 ? [7, 9] : [7])],
    sample: [0, 0, 0],
    expected: dims.at(-1) === 2 ? [7, 9] : [7, 7],
  })),
  {
    title: "Add, constant first",
    node: { op: "Add", inputs: ["c", "x"] },
    tensors: [floats("c", [1, 3], [1, 2, 3])],
    sample: [1, 1, 1],
    expected: [2, 3, 4],
  },
  {
    title: "Add of one number",
    node: { op: "Add", inputs: ["x", "c"] },
    tensors: [floats("c", [], [5])],
    sample: [1, 2, 3],
    expected: [6, 7, 8],
  },
  {
    title: "Sub",
    node: { op: "Sub", inputs: ["x", "c"] },
    tensors: [floats("c", [3], [1, 2, 3])],
    sample: [1, 1, 1],
    expected: [0, -1, -2],
  },
  { title: "Relu", node: { op: "Relu" }, sample: [-1, 0, 2], expected: [0, 0, 2] },
  { title: "LeakyRelu", node: { op: "LeakyRelu" }, sample: [-1, 0, 2], expected: [-0.01, 0, 2] },
  {
    title: "LeakyRelu, alpha",
    node: { op: "LeakyRelu", attributes: { alpha: { float: 0.25 } } },
    sample: [-1, 0, 2],
    expected: [-0.25, 0, 2],
  },
  { title: "Sigmoid", node: { op: "Sigmoid" }, sample: [0, Math.log(3), -Math.log(3)], expected: [0.5, 0.75, 0.25] },
  { title: "Tanh", node: { op: "Tanh" }, sample: [0, Math.log(2), -Math.log(2)], expected: [0, 0.6, -0.6] },
  { title: "Gelu", opset: 20, node: { op: "Gelu" }, sample: [0, 1, -1], expected: [0, 0.8413447461, -0.1586552539] },
  {
    title: "Gelu, tanh",
    opset: 20,
    node: { op: "Gelu", attributes: { approximate: { text: "tanh" } } },
    sample: [0, 1, -1],
    expected: [0, 0.8411919906, -0.1588080094],
  },
  {
    title: "SiLU as Mul of x and Sigmoid",
    nodes: [{ op: "Sigmoid", inputs: ["x"], output: "gate" }],
    node: { op: "Mul", inputs: ["gate", "x"] },
    sample: [0, Math.log(3), -Math.log(3)],
    expected: [0, 0.75 * Math.log(3), -0.25 * Math.log(3)],
  },
  {
    title: "GELU as exporters wrote it before opset 20",
    nodes: [
      { op: "Div", inputs: ["x", "root2"], output: "scaled" },
      { op: "Erf", inputs: ["scaled"], output: "erf" },
      { op: "Add", inputs: ["erf", "one"], output: "raised" },
      { op: "Mul", inputs: ["x", "raised"], output: "product" },
    ],
    tensors: [floats("root2", [], [Math.SQRT2]), floats("one", [], [1]), floats("half", [], [0.5])],
    node: { op: "Mul", inputs: ["product", "half"] },
    sample: [0, 1, -1],
    expected: [0, 0.8413447461, -0.1586552539],
  },
  {
    title: "GELU by tanh, spelled out",
    nodes: [
      { op: "Pow", inputs: ["x", "three"], output: "cube" },
      { op: "Mul", inputs: ["cube", "c"], output: "small" },
      { op: "Add", inputs: ["x", "small"], output: "bent" },
      { op: "Mul", inputs: ["bent", "k"], output: "scaled" },
      { op: "Tanh", inputs: ["scaled"], output: "tanh" },
      { op: "Add", inputs: ["one", "tanh"], output: "raised" },
      { op: "Mul", inputs: ["half", "x"], output: "halved" },
    ],
    tensors: [
      ...([
        ["three", 3],
        ["c", 0.044715],
        ["k", Math.sqrt(2 / Math.PI)],
        ["one", 1],
        ["half", 0.5],
      ] as const),
    ].map(([name, value]) => floats(name, [], [value])),
    node: { op: "Mul", inputs: ["halved", "raised"] },
    sample: [0, 1, -1],
    expected: [0, 0.8411919906, -0.1588080094],
  },
  {
    title: "Tanh of Sigmoid plus one number, which is no single activation",
    nodes: [
      { op: "Sigmoid", inputs: ["x"], output: "s" },
      { op: "Add", inputs: ["s", "one"], output: "a" },
    ],
    tensors: [floats("one", [1], [1])],
    node: { op: "Tanh", inputs: ["a"] },
    sample: [0, Math.log(3), -Math.log(3)],
    expected: [Math.tanh(1.5), Math.tanh(1.75), Math.tanh(1.25)],
  },
  { title: "Identity", node: { op: "Identity" }, sample: [1, 2, 3], expected: [1, 2, 3] },
  {
    title: "Dropout, opset 7",
    opset: 7,
    node: { op: "Dropout", attributes: { ratio: { float: 0.3 } } },
    sample: [1, 2, 3],
    expected: [1, 2, 3],
  },
  {
    title: "Dropout out of training, opset 13",
    node: { op: "Dropout", inputs: ["x", "ratio", "training"] },
    tensors: [floats("ratio", [], [0.3]), rawTensor("training", [], TensorProto_DataType.BOOL, Uint8Array.of(0))],
    sample: [1, 2, 3],
    expected: [1, 2, 3],
  },
  {
    title: "Cast to double",
    node: { op: "Cast", attributes: { to: { int: 11 } } },
    sample: [1, 2, 3],
    expected: [1, 2, 3],
  },
  {
    title: "Softmax",
    node: { op: "Softmax" },
    sample: [0, Math.log(2), Math.log(5)],
    expected: [1 / 8, 2 / 8, 5 / 8],
  },
  {
    title: "LogSoftmax, axis 1",
    node: { op: "LogSoftmax", attributes: { axis: { int: 1 } } },
    sample: [0, Math.log(2), Math.log(5)],
    expected: [-Math.log(8), Math.log(2 / 8), Math.log(5 / 8)],
  },
  {
    title: "Softmax over all axes of a sample, opset 11",
    opset: 11,
    inputs: { x: ["n", 2, 2] },
    node: { op: "Softmax" },
    sample: [0, Math.log(2), Math.log(3), Math.log(4)],
    expected: [0.1, 0.2, 0.3, 0.4],
  },
  {
    title: "Softmax over the last axis, opset 13",
    inputs: { x: ["n", 2, 2] },
    node: { op: "Softmax" },
    sample: [0, Math.log(3), 0, Math.log(4)],
    expected: [0.25, 0.75, 0.2, 0.8],
  },
  {
    title: "MatMul by a transposed Constant",
    nodes: [
      {
        op: "Constant",
        inputs: [],
        output: "c",
        attributes: { value: { tensor: floats("", [2, 3], [1, 3, 5, 2, 4, 6]) } },
      },
      { op: "Transpose", inputs: ["c"], output: "w" },
    ],
    node: { op: "MatMul", inputs: ON_W },
    sample: [1, -1, 2],
    expected: [8, 10],
  },
];

describe("computes", () => {
  test.each(WORKED)("$title", ({ title: _, sample, expected, ...model }) => {
    const found = evaluate(readNode(model), sample);
    expect(found).toHaveLength(expected.length);
    found.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 7);
    });
  });
});

const SHAPE = (values: readonly number[]) => [integers("s", values)];
const RESHAPE = { op: "Reshape", inputs: ["x", "s"] };

const SHAPED: readonly (NodeCase & { readonly shape: readonly number[] })[] = [
  { title: "Flatten", inputs: { x: [1, 784, 1] }, node: { op: "Flatten" }, shape: [784] },
  {
    title: "Flatten, axis -3",
    inputs: { x: ["n", 1, 4, 5] },
    node: { op: "Flatten", attributes: { axis: { int: -3 } } },
    shape: [20],
  },
  {
    title: "Flatten past an axis of size 1",
    inputs: { x: ["n", 1, 4, 5] },
    node: { op: "Flatten", attributes: { axis: { int: 2 } } },
    shape: [20],
  },
  { title: "Reshape [-1, 12]", inputs: { x: ["n", 3, 4] }, node: RESHAPE, tensors: SHAPE([-1, 12]), shape: [12] },
  { title: "Reshape [0, -1]", inputs: { x: ["n", 3, 4] }, node: RESHAPE, tensors: SHAPE([0, -1]), shape: [12] },
  {
    title: "Reshape [0, 0, 2, 2]",
    inputs: { x: ["n", 3, 4] },
    node: RESHAPE,
    tensors: SHAPE([0, 0, 2, 2]),
    shape: [3, 2, 2],
  },
  {
    title: "Reshape [1, 12] of a batch of 1",
    inputs: { x: [1, 3, 4] },
    node: RESHAPE,
    tensors: SHAPE([1, 12]),
    shape: [12],
  },
  {
    title: "Reshape [5, -1] of a batch of 5",
    inputs: { x: [5, 3, 4] },
    node: RESHAPE,
    tensors: SHAPE([5, -1]),
    shape: [12],
  },
  {
    title: "Squeeze, opset 11",
    opset: 11,
    inputs: { x: ["n", 6, 1] },
    node: { op: "Squeeze", attributes: { axes: { ints: [2] } } },
    shape: [6],
  },
  { title: "Squeeze of all, batch of 1", inputs: { x: [1, 6, 1] }, node: { op: "Squeeze" }, shape: [6] },
  {
    title: "Unsqueeze, opset 13",
    node: { op: "Unsqueeze", inputs: ["x", "s"] },
    tensors: SHAPE([1, -1]),
    shape: [1, 3, 1],
  },
  {
    title: "Transpose of an axis of size 1",
    inputs: { x: ["n", 28, 27, 1] },
    node: { op: "Transpose", attributes: { perm: { ints: [0, 3, 1, 2] } } },
    shape: [1, 28, 27],
  },
  {
    title: "Reshape to [batch of x, -1], as exporters leave it",
    inputs: { x: ["n", 3, 4] },
    nodes: [
      { op: "Shape", inputs: ["x"], output: "sizes" },
      { op: "Constant", inputs: [], output: "zero", attributes: { value: { tensor: integers("", [0], []) } } },
      { op: "Gather", inputs: ["sizes", "zero"], output: "batch", attributes: { axis: { int: 0 } } },
      { op: "Unsqueeze", inputs: ["batch", "axes"], output: "batches" },
      { op: "Concat", inputs: ["batches", "rest"], output: "target", attributes: { axis: { int: 0 } } },
    ],
    tensors: [integers("axes", [0]), integers("rest", [-1])],
    node: { op: "Reshape", inputs: ["x", "target"] },
    shape: [12],
  },
];

test("a spelled-out activation is one layer, named as its last node", () => {
  const { title: _, ...model } = WORKED.find(({ title }) => title.startsWith("GELU by tanh"))!;
  const { layers } = readNode({ ...model, node: { ...model.node, name: "act" } });
  expect(layers).toEqual([
    { kind: "activation", name: "act", inputs: ["x"], activation: { kind: "gelu-tanh", alpha: 0 } },
  ]);
});

test("a long chain of functions is no long expression", () => {
  const nodes = Array.from({ length: 200 }, (_, i) => ({
    op: "Tanh",
    inputs: [i === 0 ? "x" : `t${i}`],
    output: `t${i + 1}`,
  }));
  expect(readNode({ nodes, node: { op: "Tanh", inputs: ["t200"] } }).layers).toHaveLength(201);
});

test("a product that doubles an expression time and again ends in layers", () => {
  const nodes = Array.from({ length: 8 }, (_, i) => ({
    op: "Mul",
    inputs: Array<string>(2).fill(i === 0 ? "x" : `m${i}`),
    output: `m${i + 1}`,
  }));
  const network = readNode({ nodes, node: { op: "Mul", inputs: ["m8", "m8"] } });
  expect(network.layers.map(({ kind }) => kind)).toEqual(Array<string>(9).fill("binary"));
  expect(evaluate(network, [1.01, -1, 0])).toEqual([expect.closeTo(Math.fround(1.01) ** 512, 2), 1, 0]);
});

describe("shapes", () => {
  test.each(SHAPED)("$title", ({ title: _, shape, ...model }) => {
    const network = readNode(model);
    const size = shape.reduce((product, axis) => product * axis, 1);
    const last = network.layers.at(-1);
    expect(last?.kind === "reshape" ? last.shape : [size]).toEqual(shape);
    const sample = Array.from({ length: size }, (_, i) => i);
    expect(evaluate(network, sample)).toEqual(sample);
  });
});

describe("images", () => {
  // Two channels of 1 x 3 positions: ONNX counts channel by channel, the network position by position.
  const inputs = { x: ["n", 2, 1, 3] };
  const ones = floats("w", [6, 1], [1, 10, 100, 1000, 10000, 100000]);

  test("the weights after a flattened image follow the order in which it is kept", () => {
    const nodes = [{ op: "Flatten", inputs: ["x"], output: "f" }];
    const network = readNode({ inputs, nodes, node: { op: "MatMul", inputs: ["f", "w"] }, tensors: [ones] });
    expect(network.inputs).toEqual([{ name: "x", shape: [1, 3, 2] }]);
    expect(evaluate(network, [1, 4, 2, 5, 3, 6])).toEqual([654321]);
  });

  test("an image whose channels come last already is left alone", () => {
    const nodes = [{ op: "Flatten", inputs: ["x"], output: "f" }];
    const model = { inputs: { x: ["n", 3, 1, 2] }, nodes, node: { op: "MatMul", inputs: ["f", "w"] }, tensors: [ones] };
    expect(readNode(model).inputs[0]?.shape).toEqual([3, 1, 2]);
    expect(evaluate(readNode(model), [1, 2, 3, 4, 5, 6])).toEqual([654321]);
  });

  test("a bias on a flattened image is added in ONNX's order", () => {
    const nodes = [{ op: "Flatten", inputs: ["x"], output: "f" }];
    const node = { op: "Add", inputs: ["f", "c"] };
    const network = readNode({ inputs, nodes, node, tensors: [floats("c", [6], [10, 20, 30, 40, 50, 60])] });
    expect(evaluate(network, [1, 4, 2, 5, 3, 6])).toEqual([11, 22, 33, 44, 55, 66]);
  });
});
