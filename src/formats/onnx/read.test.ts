/** Whole files: every opset, every tensor type, names, graph order, and models that cannot be. */
import { create } from "@bufbuild/protobuf";
import { TensorProto_DataLocation, TensorProto_DataType, TensorProtoSchema } from "onnx-buf";
import { describe, expect, test } from "vitest";
import { LesionError } from "../../core/errors.ts";
import { denseChain } from "../../network/dense-chain.ts";
import { evaluate } from "../../network/evaluate.test-support.ts";
import { floatsOf } from "../../network/weight.ts";
import { floats, integers, onnxFile, rawTensor, type TestModel } from "./model.fixture.ts";
import { readOnnx } from "./read.ts";

const WEIGHTS = [1, 0, -1, 0.5, 2, 3];
const TWO_LAYERS: TestModel = {
  inputs: { image: [1, 1, 1, 3] },
  tensors: [
    floats("w0", [2, 3], [1, 0, 2, -1, 0.5, 3]),
    floats("b0", [2], [1, -1]),
    floats("w1", [2, 2], [1, 2, 3, 4]),
    floats("b1", [2], [0.5, 0]),
  ],
  nodes: [
    { op: "Flatten", inputs: ["image"], output: "flat" },
    { op: "Gemm", name: "hidden", inputs: ["flat", "w0", "b0"], output: "h", attributes: { transB: { int: 1 } } },
    { op: "Relu", inputs: ["h"], output: "r" },
    { op: "Dropout", inputs: ["r"], output: "d" },
    { op: "MatMul", name: "classes", inputs: ["d", "w1"], output: "m" },
    { op: "Add", inputs: ["m", "b1"], output: "a" },
    { op: "LogSoftmax", name: "scores", inputs: ["a"], output: "y" },
  ],
  outputs: ["y"],
};

test.each([7, 9, 11, 13, 17, 21, 22, 25])("opset %i", (opset) => {
  const chain = denseChain(readOnnx(onnxFile({ ...TWO_LAYERS, opset }), "two"));
  expect(chain.features).toBe(3);
  expect(chain.output).toBe("log-softmax");
  expect(chain.ablatable).toMatchObject([{ layer: "hidden", layerIndex: 0, units: 2 }]);
  expect(chain.stages.map(({ name, activation }) => [name, activation.kind])).toEqual([
    ["hidden", "relu"],
    ["classes", "linear"],
  ]);
  // x = [1, 2, 3]: hidden = relu([8, 8]) and logits = [8 + 24 + 0.5, 16 + 32], worked by hand.
  const logits = [32.5, 48];
  const total = Math.log(Math.exp(logits[0]! - 48) + 1) + 48;
  evaluate(readOnnx(onnxFile({ ...TWO_LAYERS, opset }), "two"), [1, 2, 3]).forEach((value, i) => {
    expect(value).toBeCloseTo(logits[i]! - total, 9);
  });
});

test.each([6, 26])("opset %i is refused with the range", (opset) => {
  expect(() => readOnnx(onnxFile({ ...TWO_LAYERS, opset }), "two")).toThrow(/opset.*7 to 25/);
});

test("layers are named as their nodes, or as the nodes' outputs", () => {
  const network = readOnnx(onnxFile(TWO_LAYERS), "two");
  expect(network.name).toBe("two");
  expect(network.layers.map(({ name }) => name)).toEqual(["flat", "hidden", "r", "d", "classes", "a", "scores"]);
  expect(network.outputs).toEqual(["scores"]);
});

test("a node named as an input, or as another node's output, gets a name of its own", () => {
  const nodes = [
    { op: "Relu", name: "x", inputs: ["x"], output: "second" },
    { op: "Tanh", inputs: ["second"], output: "third" },
    { op: "Relu", name: "third", inputs: ["third"], output: "y" },
  ];
  const network = readOnnx(onnxFile({ inputs: { x: [1, 2] }, nodes, outputs: ["y"] }), "names");
  expect(network.layers.map(({ name }) => name)).toEqual(["second", "third#2", "third"]);
});

test("nodes in any order are read, those that lead nowhere are not, and initializers may be listed as inputs", () => {
  const nodes = [...[...TWO_LAYERS.nodes].reverse(), { op: "Einsum", inputs: ["flat"], output: "nowhere" }];
  const inputs = { ...TWO_LAYERS.inputs, w0: [2, 3], unused: ["n"] };
  const network = readOnnx(onnxFile({ ...TWO_LAYERS, inputs, nodes }), "two");
  expect(network.layers.map(({ name }) => name)).toEqual(
    readOnnx(onnxFile(TWO_LAYERS), "two").layers.map(({ name }) => name),
  );
  expect(network.inputs).toEqual([{ name: "image", shape: [1, 3, 1] }]);
});

function readWeight(tensor: Parameters<typeof onnxFile>[0]["tensors"]) {
  const nodes = [{ op: "MatMul", inputs: ["x", "w"], output: "y" }];
  const network = readOnnx(onnxFile({ inputs: { x: ["n", 3] }, tensors: tensor ?? [], nodes, outputs: ["y"] }), "t");
  const [layer] = network.layers;
  return layer?.kind === "dense" ? [...floatsOf(layer.weight)] : null;
}

describe("tensor types", () => {
  const HALVES = [0x3c00, 0x0000, 0xbc00, 0x3800, 0x4000, 0x4200];
  const DOUBLE = TensorProto_DataType.DOUBLE;
  const HALF = TensorProto_DataType.FLOAT16;
  test.each([
    ["float, raw", rawTensor("w", [3, 2], TensorProto_DataType.FLOAT, Float32Array.from(WEIGHTS))],
    ["float, typed", floats("w", [3, 2], WEIGHTS)],
    ["double, raw", rawTensor("w", [3, 2], DOUBLE, Float64Array.from(WEIGHTS))],
    ["double, typed", create(TensorProtoSchema, { name: "w", dims: [3n, 2n], dataType: DOUBLE, doubleData: WEIGHTS })],
    ["float16, raw", rawTensor("w", [3, 2], HALF, Uint16Array.from(HALVES))],
    ["float16, typed", create(TensorProtoSchema, { name: "w", dims: [3n, 2n], dataType: HALF, int32Data: HALVES })],
  ])("%s", (_, tensor) => {
    expect(readWeight([tensor])).toEqual(WEIGHTS);
  });

  test("subnormal and largest halves", () => {
    const bits = Uint16Array.of(0x0001, 0x03ff, 0x0400, 0x7bff, 0x8001, 0xfbff);
    const largest = 65504;
    expect(readWeight([rawTensor("w", [3, 2], HALF, bits)])).toEqual(
      [2 ** -24, 1023 * 2 ** -24, 2 ** -14, largest, -(2 ** -24), -largest].map(Math.fround),
    );
  });

  const external = create(TensorProtoSchema, {
    name: "w",
    dims: [3n, 2n],
    dataType: TensorProto_DataType.FLOAT,
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: [{ key: "location", value: "weights.bin" }],
  });
  test.each([
    ["NaN", floats("w", [3, 2], [1, 2, 3, 4, Number.NaN, 6]), "bad-model", /"w" is NaN at index 4/],
    ["infinite", floats("w", [3, 2], [1, 2, Number.NEGATIVE_INFINITY, 4, 5, 6]), "bad-model", /-Infinity at index 2/],
    ["infinite half", rawTensor("w", [3, 2], HALF, Uint16Array.of(0, 0x7c00, 0, 0, 0, 0)), "bad-model", /index 1/],
    [
      "beyond f32",
      rawTensor("w", [3, 2], DOUBLE, Float64Array.of(1, 1, 1, 1e300, 1, 1)),
      "bad-model",
      /1e\+300.*index 3/,
    ],
    ["too few numbers", floats("w", [3, 2], [1, 2, 3, 4, 5]), "bad-file", /5 numbers.*\[3, 2\].*6/],
    [
      "too few bytes",
      rawTensor("w", [3, 2], TensorProto_DataType.FLOAT, new Uint8Array(23)),
      "bad-file",
      /23 bytes.*24/,
    ],
    ["absurd", floats("w", [2 ** 40, 2 ** 40], [1]), "bad-file", /1099511627776/],
    ["huge", floats("w", [2 ** 31, 2 ** 20], [1]), "bad-file", /2251799813685248/],
    ["negative", floats("w", [-3, -2], WEIGHTS), "bad-file", /-3, -2/],
    ["strings", create(TensorProtoSchema, { name: "w", dims: [1n], dataType: 8 }), "unsupported", /STRING/],
    ["elsewhere", external, "not-found", /another file, "weights.bin"/],
    ["integers", integers("w", [1, 2, 3, 4, 5, 6], [3, 2]), "unsupported", /integers as input 1/],
  ] as const)("%s weights are refused", (_, tensor, code, says) => {
    expect(() => readWeight([tensor])).toThrow(expect.objectContaining({ code, message: expect.stringMatching(says) }));
  });
});

describe("models that cannot be", () => {
  const relu = (input: string, output: string, name = "") => ({ op: "Relu", name, inputs: [input], output });
  const x = { x: ["n", 3] };
  const CASES: readonly (readonly [string, TestModel, string, RegExp])[] = [
    [
      "a circle",
      { inputs: x, nodes: [relu("b", "a"), relu("a", "b"), relu("b", "y")], outputs: ["y"] },
      "bad-model",
      /reads its own result/,
    ],
    ["a missing input", { inputs: x, nodes: [relu("z", "y", "r1")], outputs: ["y"] }, "bad-model", /"r1".*"z"/],
    ["a missing output", { inputs: x, nodes: [relu("x", "y")], outputs: ["z"] }, "bad-model", /outputs.*"z"/],
    [
      "a value given twice",
      { inputs: x, nodes: [relu("x", "y"), relu("x", "y")], outputs: ["y"] },
      "bad-model",
      /"y".*already/,
    ],
    [
      "a node name used twice",
      { inputs: x, nodes: [relu("x", "h", "r"), relu("h", "y", "r")], outputs: ["y"] },
      "bad-model",
      /two nodes.*"r"/,
    ],
    [
      "a tensor name used twice",
      { inputs: x, tensors: [floats("w", [1], [1]), floats("w", [1], [1])], nodes: [relu("x", "y")], outputs: ["y"] },
      "bad-model",
      /two initializers.*"w"/,
    ],
    [
      "an output that is the input",
      { inputs: x, nodes: [relu("x", "y")], outputs: ["y", "x"] },
      "unsupported",
      /"x" is not computed/,
    ],
    ["no outputs", { inputs: x, nodes: [relu("x", "y")], outputs: [] }, "bad-file", /no graph with outputs/],
    [
      "nothing read",
      { inputs: x, tensors: [floats("w", [1], [1])], nodes: [], outputs: ["w"] },
      "bad-model",
      /no input/,
    ],
    [
      "an open feature axis",
      { inputs: { x: ["n", "features"] }, nodes: [relu("x", "y")], outputs: ["y"] },
      "unsupported",
      /\[n, features\]/,
    ],
    ["no feature axis", { inputs: { x: [3] }, nodes: [relu("x", "y")], outputs: ["y"] }, "unsupported", /\[3\]/],
    [
      "an absurd sample",
      { inputs: { x: [1, 2 ** 20, 2 ** 20] }, nodes: [relu("x", "y")], outputs: ["y"] },
      "bad-model",
      /1099511627776/,
    ],
    ["an empty sample", { inputs: { x: [1, 0] }, nodes: [relu("x", "y")], outputs: ["y"] }, "bad-model", /sample of 0/],
  ];
  test.each(CASES)("%s", (_, model, code, says) => {
    const read = () => readOnnx(onnxFile(model), "broken");
    expect(read).toThrow(LesionError);
    expect(read).toThrow(expect.objectContaining({ code, message: expect.stringMatching(says) }));
  });
});

describe("small files that would grow without bound are refused", () => {
  test("lists joined with themselves", () => {
    const nodes = Array.from({ length: 60 }, (_, i) => ({
      op: "Concat",
      inputs: [`s${i}`, `s${i}`],
      output: `s${i + 1}`,
      attributes: { axis: { int: 0 } },
    }));
    const last = { op: "Reshape", inputs: ["x", "s60"], output: "y" };
    const model = {
      inputs: { x: ["n", 3] },
      tensors: [integers("s0", [1, 3])],
      nodes: [...nodes, last],
      outputs: ["y"],
    };
    expect(() => readOnnx(onnxFile(model), "t")).toThrow(/a list of 2048 integers/);
  });

  test("one number added to large samples, many times", () => {
    const nodes = Array.from({ length: 40 }, (_, i) => ({ op: "Add", inputs: [`v${i}`, "c"], output: `v${i + 1}` }));
    const model = { inputs: { v0: [1, 2 ** 24] }, tensors: [floats("c", [], [1])], nodes, outputs: ["v40"] };
    expect(() => readOnnx(onnxFile(model), "t")).toThrow(/numbers, .* are possible/);
  });

  test("long chains are read without recursion", () => {
    const nodes = Array.from({ length: 20_000 }, (_, i) => ({ op: "Relu", inputs: [`v${i}`], output: `v${i + 1}` }));
    const network = readOnnx(onnxFile({ inputs: { v0: [1, 3] }, nodes, outputs: ["v20000"] }), "t");
    expect(network.layers).toHaveLength(20_000);
  });
});
