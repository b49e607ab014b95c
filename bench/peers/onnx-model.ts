/**
 * A convolutional network as an ONNX model for a peer, as exporters of channels-first frameworks write it: Conv, Gemm and
 * Relu, weights [out, in, rows, columns] and [out, in]. Weights stay outside of the model, each a file of its own, because a
 * model in memory must not exceed 2 GiB and would be copied more than once. Before what flattens a map, a Transpose brings
 * the channels last.
 */
import { create, toBinary } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProto_DataLocation,
  TensorProto_DataType,
  TensorProtoSchema,
  AttributeProto_AttributeType as Type,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "onnx-buf";
import { LesionError } from "../../src/core/errors.ts";
import type {
  Activation,
  Conv2dLayer,
  DenseLayer,
  Layer,
  Network,
  Pool2dLayer,
  Weight,
} from "../../src/network/network.ts";
import { inferShapes, type Shape, sizeOf } from "../../src/network/shapes.ts";
import { floatsOf } from "../../src/network/weight.ts";

/** A model and the files it names. */
export interface OnnxModel {
  readonly bytes: Uint8Array;
  readonly files: readonly { readonly path: string; readonly data: Uint8Array }[];
  readonly input: string;
  readonly output: string;
}

/** What the nodes of a model refer to. */
interface Parts {
  readonly tensors: TensorProto[];
  readonly files: { path: string; data: Uint8Array }[];
}

/** A simplified network of one input and one output, for so many images. Throws `unsupported` for other kinds of layers. */
export function onnxModel(network: Network, images: number): OnnxModel {
  const [input] = network.inputs;
  const [output] = network.outputs;
  const shapes = new Map<string, Shape>([[input!.name, input!.shape], ...inferShapes(network)]);
  const parts: Parts = { tensors: [], files: [] };
  const node = network.layers.flatMap((layer) => nodesOf(parts, layer, shapes.get(layer.inputs[0]!) ?? []));
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    producerName: "lesion",
    opsetImport: [{ domain: "", version: 17n }],
    graph: {
      name: network.name,
      node,
      initializer: parts.tensors,
      input: [valueInfo(input!.name, [images, ...channelsFirst(input!.shape)])],
      output: [valueInfo(output!, [images, ...channelsFirst(shapes.get(output!)!)])],
    },
  });
  return { bytes: toBinary(ModelProtoSchema, model), files: parts.files, input: input!.name, output: output! };
}

/** [channels, height, width] of [height, width, channels]; other shapes as they are. */
export function channelsFirst(shape: Shape): Shape {
  const [height, width, channels] = shape;
  return shape.length === 3 ? [channels!, height!, width!] : shape;
}

/** Samples of [height, width, channels] as [channels, height, width], or with `back` the other way round. */
export function rearranged(values: Float32Array, shape: Shape, back = false): Float32Array {
  if (shape.length !== 3) return values;
  const channels = shape[2]!;
  const positions = shape[0]! * shape[1]!;
  return transposed(values, back ? channels : positions, back ? positions : channels);
}

/** Matrices [rows, columns], one after the other, as [columns, rows]. */
function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  const turned = new Float32Array(values.length);
  for (let start = 0; start < values.length; start += rows * columns) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        turned[start + column * rows + row] = values[start + row * columns + column]!;
      }
    }
  }
  return turned;
}

/** The layer's nodes; the last one's output has the layer's name. */
function nodesOf(parts: Parts, layer: Layer, input: Shape): NodeProto[] {
  const { name } = layer;
  const [x = ""] = layer.inputs;
  switch (layer.kind) {
    case "conv2d":
      return activatedNodes(layer.activation, name, (y) => [convNode(parts, layer, x, y)]);
    case "pool2d":
      return [poolNode(layer, x)];
    case "dense":
      if (input.length !== 1) throw unsupported(`its layer "${name}" (dense, over a map)`, name);
      return activatedNodes(layer.activation, name, (y) => [denseNode(parts, layer, x, y)]);
    case "flatten": {
      if (input.length !== 3) return [node("Flatten", name, [x], name, [integer("axis", 1)])];
      const last = `${name}/channels-last`;
      return [
        node("Transpose", last, [x], last, [integers("perm", [0, 2, 3, 1])]),
        node("Flatten", name, [last], name, [integer("axis", 1)]),
      ];
    }
    case "softmax":
      return [node(layer.log ? "LogSoftmax" : "Softmax", name, [x], name, [integer("axis", -1)])];
    case "activation":
      return activatedNodes(layer.activation, name, (y) => (y === name ? [node("Identity", name, [x], y)] : []), x);
    default:
      throw unsupported(`its layer "${name}" (${layer.kind})`, name);
  }
}

/** Nodes that compute up to the activation, into the output that they are given, and the activation. */
function activatedNodes(
  { kind }: Activation,
  name: string,
  nodes: (output: string) => NodeProto[],
  linear = `${name}/linear`,
): NodeProto[] {
  if (kind === "linear") return nodes(name);
  if (kind !== "relu") throw unsupported(`the activation ${kind} of its layer "${name}"`, name);
  return [...nodes(linear), node("Relu", `${name}/relu`, [linear], name)];
}

function convNode(parts: Parts, layer: Conv2dLayer, x: string, y: string): NodeProto {
  const { name, kernel, inChannels, outChannels, groups, bias } = layer;
  const own = inChannels / groups;
  // [rows, columns, in, out] to [out, in, rows, columns].
  const outFirst = transposed(floatsOf(layer.weight), kernel[0] * kernel[1] * own, outChannels);
  const weight = transposed(outFirst, kernel[0] * kernel[1], own);
  const inputs = [x, tensor(parts, `${name}.weight`, [outChannels, own, ...kernel], weight)];
  if (bias) inputs.push(tensor(parts, `${name}.bias`, [outChannels], bias));
  return node("Conv", name, inputs, y, [...windowAttributes(layer), integer("group", groups)]);
}

/** The weight lies as PyTorch's exporter leaves it, [out, in]: of the forms there are, the quickest for the runtime. */
function denseNode(parts: Parts, layer: DenseLayer<Weight>, x: string, y: string): NodeProto {
  const { name, inFeatures, outFeatures, bias } = layer;
  const weight = transposed(floatsOf(layer.weight), inFeatures, outFeatures);
  const inputs = [x, tensor(parts, `${name}.weight`, [outFeatures, inFeatures], weight)];
  if (bias) inputs.push(tensor(parts, `${name}.bias`, [outFeatures], bias));
  return node("Gemm", name, inputs, y, [integer("transB", 1)]);
}

function poolNode(layer: Pool2dLayer, x: string): NodeProto {
  const { name, pool, ceilMode, countIncludePad } = layer;
  const attributes = [...windowAttributes(layer), integer("ceil_mode", ceilMode ? 1 : 0)];
  if (pool === "max") return node("MaxPool", name, [x], name, attributes);
  if (layer.dilation.some((step) => step !== 1)) throw unsupported(`the dilated mean of its layer "${name}"`, name);
  const counted = integer("count_include_pad", countIncludePad ? 1 : 0);
  const undilated = attributes.filter((attribute) => attribute.name !== "dilations");
  return node("AveragePool", name, [x], name, [...undilated, counted]);
}

function windowAttributes({ kernel, stride, dilation, padding }: Conv2dLayer | Pool2dLayer): AttributeProto[] {
  const { top, left, bottom, right } = padding;
  return [
    integers("kernel_shape", kernel),
    integers("strides", stride),
    integers("dilations", dilation),
    integers("pads", [top, left, bottom, right]),
  ];
}

/** Adds a tensor of f32, kept in a file of its own, and gives its name. */
function tensor({ tensors, files }: Parts, name: string, dims: Shape, values: Float32Array): string {
  if (values.length !== sizeOf(dims)) throw new LesionError("internal", `${name} has ${values.length} numbers`);
  const entries = { location: name, offset: "0", length: String(values.byteLength) };
  files.push({ path: name, data: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) });
  tensors.push(
    create(TensorProtoSchema, {
      name,
      dims: dims.map(BigInt),
      dataType: TensorProto_DataType.FLOAT,
      dataLocation: TensorProto_DataLocation.EXTERNAL,
      externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
    }),
  );
  return name;
}

function node(
  opType: string,
  name: string,
  input: string[],
  output: string,
  attribute: AttributeProto[] = [],
): NodeProto {
  return create(NodeProtoSchema, { opType, name, input, output: [output], attribute });
}

function integer(name: string, value: number): AttributeProto {
  return create(AttributeProtoSchema, { name, type: Type.INT, i: BigInt(value) });
}
function integers(name: string, values: readonly number[]): AttributeProto {
  return create(AttributeProtoSchema, { name, type: Type.INTS, ints: values.map(BigInt) });
}

function valueInfo(name: string, dims: Shape): ValueInfoProto {
  const dim = dims.map((size) => ({ value: { case: "dimValue" as const, value: BigInt(size) } }));
  const value = { elemType: TensorProto_DataType.FLOAT, shape: { dim } };
  return create(ValueInfoProtoSchema, { name, type: { value: { case: "tensorType", value } } });
}

function unsupported(what: string, layer: string): LesionError {
  return new LesionError("unsupported", `the network cannot be given to ONNX Runtime: ${what} is not written`, {
    where: `layer "${layer}"`,
    fix: "Benchmark a chain of convolutions, pools and dense layers with ReLU.",
  });
}
