/**
 * ONNX models to be evaluated on given arrays, as the test cases of the ONNX project are: weights, shapes and bounds may come
 * as inputs of the graph, and axis 0 need not be a batch. Such a graph is read twice: first with axis 0 as the batch, and
 * where that cannot be, as one sample whose first axis is axis 0.
 */
import { type GraphProto, type NodeProto, TensorProto_DataType as Type } from "onnx-buf";
import { fillByStrides } from "../../core/by-strides.ts";
import { LesionError } from "../../core/errors.ts";
import type { NpyType } from "../../data/npy.ts";
import type { Network } from "../../network/network.ts";
import { shapeText, sizeOf } from "../../network/shapes.ts";
import { validateNetwork } from "../../network/validate.ts";
import { channelsOfInputs } from "./channels-first.ts";
import type { ExternalFiles } from "./external.ts";
import { quote } from "./failure.ts";
import { type Features, featuresOf, keptAxes } from "./features.ts";
import { stridesOf } from "./folding.ts";
import { checkArrays, type OnnxArray, unfit } from "./given-arrays.ts";
import { sizesOfInput } from "./graph-input.ts";
import { nodesInOrder } from "./node-order.ts";
import type { SettledValue } from "./operation.ts";
import { numbersFor, openModel } from "./read.ts";
import { type GraphReading, networkOf, readGraph } from "./read-graph.ts";
import type { FloatTensor, Tensor } from "./tensor.ts";

export type { OnnxArray } from "./given-arrays.ts";

/** A model and its arrays, brought into the network's layout. */
export interface OnnxToRun {
  /** Without layers and outputs where all that the graph gives is constant. */
  readonly network: Network;
  readonly samples: number;
  /** [samples, ...shape] for each input of the network. */
  readonly feeds: ReadonlyMap<string, Float32Array>;
  /** The graph's outputs, for the results [samples, ...shape] of the layers in `network.outputs`. */
  readonly outputs: (computed: ReadonlyMap<string, Float32Array>) => ReadonlyMap<string, OnnxArray>;
}

/** The inputs that the graph must be given, in its order; null for a size that is open. */
export function graphInputs(bytes: Uint8Array): { name: string; dims: (number | null)[] }[] {
  const { graph } = openModel(bytes);
  return inputsOf(graph).map((info) => ({ name: info.name, dims: sizesOfInput(info) }));
}

/** The graph's outputs, in its order, with the element types they declare; null for those that NumPy has not. */
export function graphOutputs(bytes: Uint8Array): { name: string; dtype: NpyType | null }[] {
  return openModel(bytes).graph.output.map(({ name, type }) => {
    const elements = type?.value.case === "tensorType" ? type.value.value.elemType : Type.UNDEFINED;
    return { name, dtype: NPY_TYPES.get(elements) ?? null };
  });
}

const NPY_TYPES: ReadonlyMap<number, NpyType> = new Map([
  [Type.FLOAT16, "f2"],
  [Type.FLOAT, "f4"],
  [Type.DOUBLE, "f8"],
  [Type.INT8, "i1"],
  [Type.INT16, "i2"],
  [Type.INT32, "i4"],
  [Type.INT64, "i8"],
  [Type.UINT8, "u1"],
  [Type.UINT16, "u2"],
  [Type.UINT32, "u4"],
  [Type.UINT64, "u8"],
  [Type.BOOL, "bool"],
]);

/**
 * The network for `arrays` by the names of graph inputs; those that an operator needs as constants become its parameters.
 * Throws as `readOnnx` does, and LesionError("bad-data") for arrays that are missing or are not what the graph declares.
 */
export function readOnnxToRun(
  bytes: Uint8Array,
  name: string,
  arrays: ReadonlyMap<string, OnnxArray>,
  external: ExternalFiles = new Map(),
): OnnxToRun {
  const { graph, opset } = openModel(bytes);
  const nodes = nodesInOrder(graph);
  checkArrays(graph, nodes, arrays);
  const tensors = new Map([...arrays].map(([input, array]) => [input, tensorOf(input, array)] as const));
  const budget = numbersFor([bytes, ...external.values(), ...[...arrays.values()].map(({ values }) => values)]);
  const start = { graph, nodes, opset, external, anyBatch: false, budget };
  const asSamples = () => {
    const batch = firstBatch(tensors);
    const inputs = samplesFrom(graph, nodes, tensors);
    return toRun(name, readGraph({ ...start, inputs, batched: true, batch }), inputs, batch);
  };
  const asOne = () => {
    const inputs = new Map([...tensors].map(([input, tensor]) => [input, startValue(tensor, tensor.dims)] as const));
    return toRun(name, readGraph({ ...start, inputs, batched: false, batch: null }), inputs, null);
  };
  try {
    return asSamples();
  } catch (error) {
    if (!(error instanceof LesionError)) throw error;
    try {
      return asOne();
    } catch {
      // What the first reading says is about the model as most are meant.
      throw error;
    }
  }
}

/** Inputs by name; features have `given`, the array they are. */
type Inputs = ReadonlyMap<string, Tensor | Features>;

/** The values of a graph whose axis 0 is the batch. */
function samplesFrom(graph: GraphProto, nodes: readonly NodeProto[], tensors: ReadonlyMap<string, Tensor>): Inputs {
  const channels = channelsOfInputs(graph, nodes);
  return new Map(
    [...tensors].map(([name, tensor]) => {
      const order = channels.get(name) === "first" ? "channels-last" : "onnx";
      return [name, startValue(tensor, tensor.dims.slice(1), order)] as const;
    }),
  );
}

/** Arrays of integers are constants, and so are those without numbers, which no layer takes. */
function startValue(tensor: Tensor, shape: readonly number[], order: Features["order"] = "onnx"): Tensor | Features {
  const isComputed = tensor.kind === "float" && tensor.values.length > 0;
  return isComputed ? { ...featuresOf(tensor.name, shape, order), given: tensor } : tensor;
}

function firstBatch(tensors: ReadonlyMap<string, Tensor>): number {
  const floats = [...tensors.values()].filter(
    ({ kind, dims, values }) => kind === "float" && dims.length > 0 && values.length > 0,
  );
  return floats[0]?.dims[0] ?? 1;
}

/** `batch` is null where there is one sample without a batch axis. */
function toRun(name: string, { outputs, layers }: GraphReading, inputs: Inputs, batch: number | null): OnnxToRun {
  const computed = [...outputs.values()].flatMap((value) =>
    value.kind === "features" && layers.has(value.layer) ? [value.layer] : [],
  );
  const whole = networkOf(name, [], layers, [...new Set(computed)]);
  const read = new Set(whole.layers.flatMap((layer) => layer.inputs));
  const used = [...inputs.values()].flatMap((value) =>
    value.kind === "features" && read.has(value.layer) ? [value] : [],
  );
  const samples = batch ?? 1;
  for (const { layer, given } of used) if (batch !== null) checkBatch(layer, given!, batch);
  const network = { ...whole, inputs: used.map(({ layer, kept }) => ({ name: layer, shape: kept })) };
  if (network.outputs.length > 0) validateNetwork(network);
  return {
    network,
    samples,
    feeds: new Map(used.map((features) => [features.layer, keptFrom(features, features.given!.values, samples)])),
    outputs: (results) =>
      new Map([...outputs].map(([output, value]) => [output, arrayOf(value, results, samples, batch !== null)])),
  };
}

function checkBatch(name: string, { dims }: FloatTensor, batch: number): void {
  if (dims[0] === batch) return;
  throw unfit(
    `the array for ${quote(name)} has the shape ${shapeText(dims)}, not ${batch} samples as another has`,
    name,
  );
}

/** An output of the graph, in ONNX's order of axes. */
function arrayOf(
  value: SettledValue,
  results: ReadonlyMap<string, Float32Array>,
  samples: number,
  batched: boolean,
): OnnxArray {
  if (value.kind !== "features") {
    const { kind, dims, values } = value;
    return kind === "float" ? { type: kind, dims, values } : { type: kind, dims, values: [...values] };
  }
  const dims = batched ? [samples, ...value.shape] : value.shape;
  const result = results.get(value.layer) ?? value.given?.values;
  if (result === undefined) {
    throw new LesionError("internal", `the layer ${quote(value.layer)} was not computed`, { where: value.layer });
  }
  const isArray = !results.has(value.layer);
  return { type: "float", dims, values: isArray ? result : onnxFrom(value, result, samples) };
}

/** Samples in ONNX's order of axes, in the network's. */
function keptFrom({ shape, order }: Features, values: Float32Array, samples: number): Float32Array {
  const axes = keptAxes(shape, order);
  const strides = stridesOf(shape);
  const kept = new Float32Array(samples * sizeOf(shape));
  const pick = (list: readonly number[]) => axes.map((axis) => list[axis]!);
  fillByStrides(kept, values, [samples, ...pick(shape)], [sizeOf(shape), ...pick(strides)]);
  return kept;
}

/** Samples in the network's order of axes, in ONNX's. */
function onnxFrom({ shape, order }: Features, values: Float32Array, samples: number): Float32Array {
  const axes = keptAxes(shape, order);
  const strides = stridesOf(axes.map((axis) => shape[axis]!));
  const turned = new Float32Array(samples * sizeOf(shape));
  const own = shape.map((_, axis) => strides[axes.indexOf(axis)]!);
  fillByStrides(turned, values, [samples, ...shape], [sizeOf(shape), ...own]);
  return turned;
}

function tensorOf(name: string, { type, dims, values }: OnnxArray): Tensor {
  if (type === "float") return { kind: type, name, dims, values: Float32Array.from(values) };
  return { kind: type, name, dims, values: Float64Array.from(values) };
}

function inputsOf({ input, initializer }: GraphProto) {
  const constants = new Set(initializer.map(({ name }) => name));
  return input.filter(({ name }) => !constants.has(name));
}
