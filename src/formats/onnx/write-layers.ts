/** The layers of a network as nodes of an ONNX graph, kind by kind. */
import type { AttributeProto } from "onnx-buf";
import type {
  Activation,
  BinaryLayer,
  ConstantLayer,
  Conv2dLayer,
  DenseLayer,
  Layer,
  Pool2dLayer,
  ScaleLayer,
  SliceLayer,
  Weight,
  Window,
} from "../../network/network.ts";
import { floatsOf } from "../../network/weight.ts";
import { writeActivation } from "./write-activation.ts";
import {
  type Axes,
  asKept,
  channelsFirst,
  float,
  type GraphWriter,
  inOrder,
  integer,
  integers,
  permuted,
  text,
  unwritable,
} from "./write-graph.ts";

/** Layers that the network gives to every sample alike, by name. */
export type Constants = ReadonlyMap<string, ConstantLayer>;

/**
 * Adds the layer's nodes; the first has the layer's name, and so has the last one's output. Throws
 * LesionError("unsupported") where a constant is read by what cannot take one.
 */
export function writeLayer(writer: GraphWriter, constants: Constants, layer: Layer): void {
  writer.gives(layer.name, writeNodes(writer, constants, layer));
}

/** Adds the nodes, and returns the order of the result's axes. */
function writeNodes(writer: GraphWriter, constants: Constants, layer: Layer): Axes {
  const { name } = layer;
  const [input = ""] = layer.inputs;
  const shape = layer.inputs.length === 0 ? [] : writer.shapeOf(input);
  const kept = asKept(shape.length);
  const first = channelsFirst(shape.length);
  const read = (axes: Axes) => writer.arranged(input, axes, layer);
  /** One node that leaves the axes where they are. */
  const inPlace = (opType: string, axes: Axes, attributes: AttributeProto[] = [], more: readonly string[] = []) => {
    writer.node(opType, name, [read(axes), ...more], name, attributes);
    return axes;
  };
  const axesOfInput = () => writer.axesOf(input) ?? kept;
  switch (layer.kind) {
    case "dense":
      return writeDense(writer, layer, read(kept), kept);
    case "conv2d":
      return writeConv(writer, layer, read(first), first);
    case "pool2d":
      return inPlace(layer.pool === "max" ? "MaxPool" : "AveragePool", first, poolAttributes(layer));
    case "global-pool":
      return inPlace(layer.pool === "max" ? "GlobalMaxPool" : "GlobalAveragePool", first);
    case "batch-norm": {
      const { gamma, beta, mean, variance, epsilon } = layer;
      const parts = Object.entries({ gamma, beta, mean, variance });
      const tensors = parts.map(([part, values]) => writer.constant(`${name}.${part}`, [values.length], values));
      return inPlace("BatchNormalization", first, [float("epsilon", epsilon)], tensors);
    }
    case "scale":
      return writeScale(writer, layer, read(first), first);
    case "lrn": {
      const { size, alpha, beta, bias } = layer;
      const numbers = [float("alpha", alpha), float("beta", beta), float("bias", bias)];
      return inPlace("LRN", first, [integer("size", size), ...numbers]);
    }
    case "binary":
      return writeBinary(writer, constants, layer);
    case "constant":
      throw unwritable(layer, "is a value of its own");
    case "concat": {
      const axes = axesOfInput();
      const inputs = layer.inputs.map((source) => writer.arranged(source, axes, layer));
      writer.node("Concat", name, inputs, name, [integer("axis", 1 + axes.indexOf(layer.axis))]);
      return axes;
    }
    case "pad": {
      const axes = axesOfInput();
      const sides = [layer.before, layer.after].flatMap((side) => [0, ...inOrder(side, axes)]);
      const pads = writer.constant(`${name}.pads`, [sides.length], sides);
      const value = writer.constant(`${name}.value`, [], Float32Array.of(layer.value));
      return inPlace("Pad", axes, [text("mode", layer.mode)], [pads, value]);
    }
    case "slice":
      return inPlace("Slice", axesOfInput(), [], sliceInputs(writer, layer, axesOfInput()));
    case "transpose": {
      // The axes change their names alone; whoever reads them in another order turns them round.
      inPlace("Identity", axesOfInput());
      return axesOfInput().map((axis) => layer.axes.indexOf(axis));
    }
    case "activation":
      writeActivation(writer, layer.activation, name, read(axesOfInput()), name);
      return axesOfInput();
    case "bias": {
      const axes = axesOfInput();
      const after = axes.length - 1 - axes.indexOf(axes.length - 1);
      const dims = [layer.bias.length, ...Array<number>(after).fill(1)];
      return inPlace("Add", axes, [], [writer.constant(`${name}.bias`, dims, layer.bias)]);
    }
    case "softmax": {
      const axes = axesOfInput();
      const place = axes.indexOf(axes.length - 1);
      const axis = place === axes.length - 1 ? -1 : 1 + place;
      return inPlace(layer.log ? "LogSoftmax" : "Softmax", axes, [integer("axis", axis)]);
    }
    case "flatten": {
      // Axes of one position are nowhere in the order of the numbers.
      const long = (axes: Axes) => axes.filter((axis) => shape[axis] !== 1).join();
      const axes = long(axesOfInput()) === long(kept) ? axesOfInput() : kept;
      inPlace("Flatten", axes, [integer("axis", 1)]);
      return [0];
    }
    case "reshape": {
      const sizes = [-1, ...layer.shape];
      inPlace("Reshape", kept, [], [writer.constant(`${name}.shape`, [sizes.length], sizes)]);
      return asKept(layer.shape.length);
    }
    case "identity":
      return inPlace("Identity", axesOfInput());
  }
}

/** Adds a node and, where there is one, its activation as another. */
function activated(
  writer: GraphWriter,
  { name, activation }: { readonly name: string; readonly activation: Activation },
  opType: string,
  inputs: readonly string[],
  attributes: readonly AttributeProto[] = [],
  nodeName = name,
): void {
  if (activation.kind === "linear") {
    writer.node(opType, nodeName, inputs, name, attributes);
    return;
  }
  const output = writer.fresh(`${name}/linear`);
  writer.node(opType, nodeName, inputs, output, attributes);
  writeActivation(writer, activation, writer.fresh(`${name}/${activation.kind}`), output, name);
}

/** Gemm takes one axis a sample, so that more are a MatMul and an Add. */
function writeDense(writer: GraphWriter, layer: DenseLayer<Weight>, input: string, axes: Axes): Axes {
  const { name, inFeatures, outFeatures, bias } = layer;
  const weight = writer.constant(`${name}.weight`, [inFeatures, outFeatures], floatsOf(layer.weight));
  if (bias === null) {
    activated(writer, layer, "MatMul", [input, weight]);
    return axes;
  }
  const added = writer.constant(`${name}.bias`, [outFeatures], bias);
  if (axes.length === 1) {
    activated(writer, layer, "Gemm", [input, weight, added]);
    return axes;
  }
  const product = writer.fresh(`${name}/product`);
  writer.node("MatMul", name, [input, weight], product);
  activated(writer, layer, "Add", [product, added], [], writer.fresh(`${name}/bias`));
  return axes;
}

function writeConv(writer: GraphWriter, layer: Conv2dLayer, input: string, axes: Axes): Axes {
  const { name, kernel, inChannels, outChannels, groups, bias } = layer;
  const shape = [...kernel, inChannels / groups, outChannels];
  const order = [3, 2, 0, 1];
  const weight = permuted(floatsOf(layer.weight), shape, order);
  const inputs = [input, writer.constant(`${name}.weight`, inOrder(shape, order), weight)];
  if (bias !== null) inputs.push(writer.constant(`${name}.bias`, [outChannels], bias));
  activated(writer, layer, "Conv", inputs, [...windowAttributes(layer), integer("group", groups)]);
  return axes;
}

function windowAttributes({ kernel, stride, dilation, padding }: Window): AttributeProto[] {
  const { top, left, bottom, right } = padding;
  return [
    integers("kernel_shape", kernel),
    integers("strides", stride),
    ...(dilation.some((step) => step !== 1) ? [integers("dilations", dilation)] : []),
    integers("pads", [top, left, bottom, right]),
  ];
}

function poolAttributes(layer: Pool2dLayer): AttributeProto[] {
  const attributes = windowAttributes(layer);
  if (layer.ceilMode) attributes.push(integer("ceil_mode", 1));
  if (layer.pool === "average") attributes.push(integer("count_include_pad", layer.countIncludePad ? 1 : 0));
  return attributes;
}

/** A batch norm of mean 0, variance 1 and epsilon 0. */
function writeScale(writer: GraphWriter, layer: ScaleLayer, input: string, axes: Axes): Axes {
  const { name, scale, shift } = layer;
  const channels = scale.length;
  const filled = (value: number) => new Float32Array(channels).fill(value);
  const parts = Object.entries({ scale, shift, mean: filled(0), variance: filled(1) });
  const tensors = parts.map(([part, values]) => writer.constant(`${name}.${part}`, [channels], values));
  activated(writer, layer, "BatchNormalization", [input, ...tensors], [float("epsilon", 0)]);
  return axes;
}

const OPERATORS = { add: "Add", subtract: "Sub", multiply: "Mul", divide: "Div" } as const;

/** ONNX aligns axes at the last, as networks do, but the batch is one of them: what has fewer axes gets some of size 1. */
function writeBinary(writer: GraphWriter, constants: Constants, layer: BinaryLayer): Axes {
  const shapes = layer.inputs.map((input) => constants.get(input)?.shape ?? writer.shapeOf(input));
  const rank = Math.max(...shapes.map(({ length }) => length));
  const leader = layer.inputs.find((input, i) => shapes[i]!.length === rank && writer.axesOf(input) !== undefined);
  const axes = (leader === undefined ? undefined : writer.axesOf(leader)) ?? asKept(rank);
  if (layer.inputs.every((input) => constants.has(input))) throw unwritable(layer, "joins constants alone");
  const inputs = layer.inputs.map((input, i) => {
    const constant = constants.get(input);
    const shape = [...Array<number>(rank - shapes[i]!.length).fill(1), ...shapes[i]!];
    if (constant !== undefined) {
      return writer.constant(`${input}.values`, inOrder(shape, axes), permuted(constant.values, shape, axes));
    }
    if (shapes[i]!.length === rank) return writer.arranged(input, axes, layer);
    const aligned = writer.fresh(`${input}/aligned`);
    const sizes = writer.constant(`${aligned}.shape`, [rank + 1], [-1, ...shape]);
    writer.node("Reshape", aligned, [writer.arranged(input, asKept(shapes[i]!.length), layer), sizes], aligned);
    writer.gives(aligned, asKept(rank));
    return writer.arranged(aligned, axes, layer);
  });
  activated(writer, layer, OPERATORS[layer.operator], inputs);
  return axes;
}

/** An end before the first number is told by one that is far below it. */
const BEFORE_ALL = -(2 ** 31);

function sliceInputs(writer: GraphWriter, { name, starts, steps, sizes }: SliceLayer, axes: Axes): string[] {
  const ends = starts.map((start, axis) => {
    const end = start + sizes[axis]! * steps[axis]!;
    return end < 0 ? BEFORE_ALL : end;
  });
  const places = axes.map((_, axis) => axis + 1);
  const lists = { starts: inOrder(starts, axes), ends: inOrder(ends, axes), axes: places, steps: inOrder(steps, axes) };
  return Object.entries(lists).map(([list, values]) => writer.constant(`${name}.${list}`, [values.length], values));
}
