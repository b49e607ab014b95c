/** Graphs on given arrays: which become constants, which axis 0 is, and arrays that do not fit. */
import { TensorProto_DataType as Type } from "onnx-buf";
import { describe, expect, test } from "vitest";
import { LesionError } from "../../core/errors.ts";
import { floats, integers, onnxFile, type TestModel } from "./model.fixture.ts";
import { array, counted, expectArray, list, runModel } from "./run.test-support.ts";
import { graphInputs, graphOutputs, type OnnxArray, readOnnxToRun } from "./to-run.ts";

const CONV: TestModel = {
  inputs: { x: [2, 2, 3, 3], w: [4, 2, 3, 3], b: [4] },
  nodes: [{ op: "Conv", name: "conv", inputs: ["x", "w", "b"], output: "y" }],
  outputs: ["y"],
};
const CONV_ARRAYS = new Map([
  ["x", counted(2, 2, 3, 3)],
  ["w", counted(4, 2, 3, 3)],
  ["b", counted(4)],
]);

test("inputs and outputs are listed in the graph's order, without initializers", () => {
  const model = { ...CONV, inputs: { ...CONV.inputs, x: ["n", 2, 3, 3] } };
  const tensors = [floats("b", [4], [1, 2, 3, 4])];
  const bytes = onnxFile({
    ...model,
    tensors,
    outputs: ["y", "x", "w"],
    outputTypes: { x: Type.INT8, w: Type.BFLOAT16 },
  });
  expect(graphInputs(bytes)).toEqual([
    { name: "x", dims: [null, 2, 3, 3] },
    { name: "w", dims: [4, 2, 3, 3] },
  ]);
  expect(graphOutputs(bytes)).toEqual([
    { name: "y", dtype: null },
    { name: "x", dtype: "i1" },
    { name: "w", dtype: null },
  ]);
});

test("arrays that are weights become parameters; axis 0 of the rest is the batch", () => {
  const { network, samples, feeds } = readOnnxToRun(onnxFile(CONV), "c", CONV_ARRAYS);
  expect(network.inputs).toEqual([{ name: "x", shape: [3, 3, 2] }]);
  expect(network.layers).toMatchObject([{ kind: "conv2d", name: "conv", outChannels: 4, bias: { length: 4 } }]);
  expect(samples).toBe(2);
  // Channels last: the first position's two channels, then the second's.
  expect([...feeds.keys()]).toEqual(["x"]);
  expect([...feeds.get("x")!.slice(0, 4)]).toEqual([1, 10, 2, 11]);
});

test("what is no batch is one sample, in ONNX's order", () => {
  const model = { inputs: { x: [3, 4, 5], y: [5] }, nodes: [{ op: "Add", inputs: ["x", "y"], output: "z" }] };
  const arrays = new Map([
    ["x", counted(3, 4, 5)],
    ["y", counted(5)],
  ]);
  const { network, samples } = readOnnxToRun(onnxFile({ ...model, outputs: ["z"] }), "a", arrays);
  expect({ samples, inputs: network.inputs }).toEqual({
    samples: 1,
    inputs: [
      { name: "x", shape: [3, 4, 5] },
      { name: "y", shape: [5] },
    ],
  });
});

test("one number is kept as [1]", () => {
  const nodes = [{ op: "Relu", inputs: ["x"], output: "y" }];
  const bytes = onnxFile({ inputs: { x: [] }, nodes, outputs: ["y"] });
  const { network, feeds, outputs } = readOnnxToRun(bytes, "r", new Map([["x", array([], [3])]]));
  expect(network.inputs).toEqual([{ name: "x", shape: [1] }]);
  expectArray(outputs(new Map([[network.outputs[0]!, feeds.get("x")!]])).get("y")!, array([], [3]));
});

test("a graph of constants alone has no layers", () => {
  const nodes = [{ op: "Shape", inputs: ["x"], output: "y" }];
  const bytes = onnxFile({ inputs: { x: ["n", 3] }, nodes, outputs: ["y"] });
  const { network, outputs } = readOnnxToRun(bytes, "s", new Map([["x", counted(5, 3)]]));
  expect(network).toMatchObject({ inputs: [], layers: [], outputs: [] });
  expect(outputs(new Map()).get("y")).toEqual({ type: "integer", dims: [2], values: [5, 3] });
});

test("several outputs, of layers, constants and inputs", () => {
  const nodes = [
    { op: "Dropout", inputs: ["x"], output: "d", more: ["mask"] },
    { op: "Shape", inputs: ["d"], output: "sizes" },
    { op: "Cast", inputs: ["sizes"], output: "floats", attributes: { to: { int: Type.FLOAT } } },
  ];
  const found = runModel({ nodes, outputs: ["d", "floats", "x"] }, new Map([["x", counted(1, 2, 2)]]));
  expectArray(found.get("d")!, counted(1, 2, 2));
  expectArray(found.get("floats")!, array([3], [1, 2, 2]));
  expectArray(found.get("x")!, counted(1, 2, 2));
});

test.each([
  [9, "float"],
  [10, "boolean"],
] as const)("the mask of a dropout is of ones, opset %i: %s", (opset, type) => {
  const nodes = [{ op: "Dropout", inputs: ["x"], output: "d", more: ["mask"] }];
  const found = runModel({ opset, nodes, outputs: ["d", "mask"] }, new Map([["x", counted(3, 2)]]));
  expectArray(found.get("d")!, counted(3, 2));
  expectArray(found.get("mask")!, { type, dims: [3, 2], values: [1, 1, 1, 1, 1, 1] });
});

test("a dropout in training drops nothing by the ratio 0, and is refused by another", () => {
  const run = (ratio: number) => {
    const nodes = [{ op: "Dropout", inputs: ["x", "r", "t"], output: "d" }];
    const training: OnnxArray = { type: "boolean", dims: [], values: [1] };
    const arrays = { x: counted(1, 2), r: array([], [ratio]), t: training };
    return runModel({ nodes, outputs: ["d"] }, new Map(Object.entries(arrays))).get("d")!;
  };
  expectArray(run(0), counted(1, 2));
  expect(() => run(0.5)).toThrow(/training mode/);
});

describe("where the maxima of a pooling are, over all axes", () => {
  // Two images of one channel: 3 x 3 each, the second with its maxima first.
  const image = array([2, 1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 8, 9, 6, 5, 4, 3, 2, 1]);
  const attributes = { kernel_shape: { ints: [2, 2] }, pads: { ints: [0, 1, 0, 0] }, strides: { ints: [1, 2] } };
  test.each([
    ["row by row", 0, [3, 5, 6, 8, 9, 11, 12, 13]],
    ["column by column", 1, [1, 7, 2, 8, 9, 15, 10, 13]],
  ])("%s", (_, order, indices) => {
    const nodes = [
      {
        op: "MaxPool",
        inputs: ["x"],
        output: "y",
        more: ["z"],
        attributes: { ...attributes, storage_order: { int: order } },
      },
    ];
    const found = runModel({ nodes, outputs: ["y", "z"] }, new Map([["x", image]]));
    expectArray(found.get("y")!, array([2, 1, 2, 2], [4, 6, 7, 9, 9, 9, 6, 5]));
    expectArray(found.get("z")!, { type: "integer", dims: [2, 1, 2, 2], values: indices });
  });

  test("of a computed value they are refused by name", () => {
    const nodes = [
      { op: "Relu", inputs: ["x"], output: "r" },
      { op: "MaxPool", inputs: ["r"], output: "y", more: ["z"], attributes },
    ];
    const run = () => runModel({ nodes, outputs: ["y", "z"] }, new Map([["x", image]]));
    expect(run).toThrow(/output "z" reads "z", a further output of its node/);
  });
});

test("an array without numbers is a constant", () => {
  const nodes = [{ op: "Reshape", inputs: ["x", "s"], output: "y", attributes: { allowzero: { int: 1 } } }];
  const arrays = new Map([
    ["x", array([0, 3, 4], [])],
    ["s", list(3, 4, 0)],
  ]);
  expectArray(runModel({ opset: 14, nodes, outputs: ["y"] }, arrays).get("y")!, array([3, 4, 0], []));
});

test("an array takes the place of an initializer", () => {
  const nodes = [{ op: "Reshape", inputs: ["x", "s"], output: "y" }];
  const model = { inputs: { x: [2, 3], s: [2] }, types: { s: Type.INT64 }, tensors: [integers("s", [2, 3])], nodes };
  const bytes = onnxFile({ ...model, outputs: ["y"] });
  const shapes = [
    new Map([["x", counted(2, 3)]]),
    new Map([
      ["x", counted(2, 3)],
      ["s", list(3, 2)],
    ]),
  ].map((arrays) => {
    const { feeds, network, outputs } = readOnnxToRun(bytes, "r", arrays);
    return outputs(new Map([[network.outputs[0]!, feeds.get("x")!]])).get("y")!.dims;
  });
  expect(shapes).toEqual([
    [2, 3],
    [3, 2],
  ]);
});

describe("refuses", () => {
  const without = (name: string) => new Map([...CONV_ARRAYS].filter(([input]) => input !== name));
  const withArray = (name: string, given: OnnxArray) => new Map([...CONV_ARRAYS, [name, given]]);
  test.each([
    ["a missing array", without("w"), "bad-data", /input "w" \[4, 2, 3, 3\] is given no array/],
    [
      "an array of another size",
      withArray("w", counted(4, 2, 3, 2)),
      "bad-data",
      /\[4, 2, 3, 3\], not floats \[4, 2, 3, 2\]/,
    ],
    ["an array of another type", withArray("b", list(1, 2, 3, 4)), "bad-data", /"b" takes floats \[4\], not integers/],
    ["too few numbers", withArray("b", array([4], [1])), "bad-data", /1 numbers for the shape \[4\]/],
    ["an unknown input", withArray("z", counted(1)), "bad-data", /no input "z"; it has "x", "w", "b"/],
  ] as const)("%s", (_, arrays, code, says) => {
    const read = () => readOnnxToRun(onnxFile(CONV), "c", arrays);
    expect(read).toThrow(LesionError);
    expect(read).toThrow(expect.objectContaining({ code, message: expect.stringMatching(says) }));
  });

  test("inputs of different numbers of samples, as the first reading says it", () => {
    const nodes = [
      { op: "MaxPool", inputs: ["x"], output: "p", attributes: { kernel_shape: { ints: [1] } } },
      { op: "Add", inputs: ["p", "y"], output: "z" },
    ];
    const arrays = new Map([
      ["x", counted(2, 1, 3)],
      ["y", counted(1, 1, 3)],
    ]);
    expect(() => runModel({ nodes, outputs: ["z"] }, arrays)).toThrow(/"y" has the shape \[1, 1, 3\], not 2 samples/);
  });
});
