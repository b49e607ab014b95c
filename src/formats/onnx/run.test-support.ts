/** Test support: evaluates ONNX graphs on arrays, in ONNX's order of axes, by the float64 oracle. */
import { TensorProto_DataType as Type } from "onnx-buf";
import { describe, expect, test } from "vitest";
import { evaluateNetwork } from "../../reference/evaluate-network.ts";
import { onnxFile, type TestModel, type TestNode } from "./model.fixture.ts";
import { type OnnxArray, readOnnxToRun } from "./to-run.ts";

/** Floats, row-major. */
export function array(dims: readonly number[], values: readonly number[]): OnnxArray {
  return { type: "float", dims, values: Float32Array.from(values) };
}

/** 1, 2, 3, ... in the given shape. */
export function counted(...dims: number[]): OnnxArray {
  const count = dims.reduce((product, size) => product * size, 1);
  return array(
    dims,
    Array.from({ length: count }, (_, i) => i + 1),
  );
}

/** A list of integers. */
export function list(...values: number[]): OnnxArray {
  return { type: "integer", dims: [values.length], values };
}

/** One node whose every input is an input of the graph; the inputs are named a, b, c, ... */
export interface NodeRun extends Pick<TestNode, "op" | "attributes"> {
  readonly opset?: number;
  /** Null where an optional one is left out. */
  readonly inputs: readonly (OnnxArray | null)[];
}

/** The node's first output. */
export function runNode({ op, attributes = {}, opset = 13, inputs }: NodeRun): OnnxArray {
  const names = inputs.map((input, i) => (input === null ? "" : String.fromCharCode(97 + i)));
  const arrays = new Map(inputs.flatMap((input, i) => (input === null ? [] : [[names[i]!, input] as const])));
  const nodes = [{ op, inputs: names, output: "y", attributes }];
  return runModel({ opset, nodes, outputs: ["y"] }, arrays).get("y")!;
}

/**
 * As `runNode`, with the node's first input out of a pooling of one number at a time: its channels are kept last. Takes
 * [batch, channels, positions] and images.
 */
export function runNodeOnImage({ op, attributes = {}, opset = 13, inputs }: NodeRun): OnnxArray {
  const names = inputs.map((input, i) => (input === null ? "" : String.fromCharCode(97 + i)));
  const arrays = new Map(inputs.flatMap((input, i) => (input === null ? [] : [[names[i]!, input] as const])));
  const kernel = inputs[0]!.dims.slice(2).map(() => 1);
  const nodes = [
    { op: "MaxPool", inputs: ["a"], output: "image", attributes: { kernel_shape: { ints: kernel } } },
    { op, inputs: ["image", ...names.slice(1)], output: "y", attributes },
  ];
  return runModel({ opset, nodes, outputs: ["y"] }, arrays).get("y")!;
}

/** A node and its result, worked by hand. */
export interface Worked extends NodeRun {
  readonly title: string;
  readonly expected: OnnxArray;
  /** Axis 0 is used as no batch can be. */
  readonly whole?: true;
}

/** Tests of every case; of those that read images, a second time with channels kept last, which must change nothing. */
export function testWorked(cases: readonly Worked[]): void {
  describe("on arrays", () => {
    test.each(cases)("$op: $title", ({ title: _, expected, whole: __, ...node }) => {
      expectArray(runNode(node), expected);
    });
  });
  const images = cases.filter(({ inputs: [first], whole }) => {
    const axes = first?.dims.length ?? 0;
    return whole === undefined && first?.type === "float" && (axes === 3 || axes === 4);
  });
  if (images.length === 0) return;
  describe("on images with their channels kept last", () => {
    test.each(images)("$op: $title", ({ title: _, expected, whole: __, ...node }) => {
      expectArray(runNodeOnImage(node), expected);
    });
  });
}

const TYPES = { float: Type.FLOAT, integer: Type.INT64, boolean: Type.BOOL };

/** The graph's outputs; it declares the arrays as its inputs. */
export function runModel(
  model: Omit<TestModel, "inputs" | "types">,
  arrays: ReadonlyMap<string, OnnxArray>,
): ReadonlyMap<string, OnnxArray> {
  const inputs = Object.fromEntries([...arrays].map(([name, { dims }]) => [name, dims]));
  const types = Object.fromEntries([...arrays].map(([name, { type }]) => [name, TYPES[type]]));
  const { network, feeds, samples, outputs } = readOnnxToRun(onnxFile({ ...model, inputs, types }), "test", arrays);
  const results =
    network.outputs.length === 0 ? new Map<string, Float64Array>() : evaluateNetwork(network, feeds, samples);
  return outputs(new Map([...results].map(([name, values]) => [name, Float32Array.from(values)])));
}

/** Fails unless both arrays are of one type and shape, and their numbers agree to 5 digits after the point. */
export function expectArray(found: OnnxArray, wanted: OnnxArray): void {
  expect({ type: found.type, dims: found.dims }).toEqual({ type: wanted.type, dims: wanted.dims });
  expect([...found.values]).toEqual([...wanted.values].map((value) => expect.closeTo(value, 5)));
}
