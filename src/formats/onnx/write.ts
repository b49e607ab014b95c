/**
 * The ONNX writer: a network as a file that other programs read too. Opset 17, or 20 where a GELU needs it. A dense layer
 * becomes a Gemm, or a MatMul where it has no bias, and its activation a node of its own.
 */
import { create, toBinary } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProto_DataType,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "onnx-buf";
import { LesionError } from "../../core/errors.ts";
import type { Activation, DenseLayer, Layer, Network, Weight } from "../../network/network.ts";
import { inferShapes, type Shape } from "../../network/shapes.ts";
import { validateNetwork } from "../../network/validate.ts";
import { floatsOf } from "../../network/weight.ts";

/**
 * The network as an ONNX file. Layers keep their names; reading it back gives the same network, with a dense layer's
 * activation as a layer after it (`simplify` joins them again). Throws LesionError("bad-model") for an unsound network.
 */
export function writeOnnx(network: Network): Uint8Array {
  validateNetwork(network);
  const shapes = inferShapes(network);
  const writer = writerFor(network);
  const nodes = network.layers.flatMap((layer) => nodesOf(writer, layer));
  const needsGelu = nodes.some(({ opType }) => opType === "Gelu");
  const model = create(ModelProtoSchema, {
    irVersion: needsGelu ? 9n : 8n,
    producerName: "lesion",
    opsetImport: [{ domain: "", version: needsGelu ? 20n : 17n }],
    graph: create(GraphProtoSchema, {
      name: network.name,
      node: nodes,
      initializer: writer.tensors,
      input: network.inputs.map(({ name, shape }) => valueInfo(name, shape, shape.length === 3)),
      output: network.outputs.map((name) => valueInfo(name, shapes.get(name)!, false)),
    }),
  });
  return toBinary(ModelProtoSchema, model);
}

interface Writer {
  readonly tensors: TensorProto[];
  /** A name that nothing in the graph has: the wanted one, numbered where it is taken. */
  readonly fresh: (wanted: string) => string;
}

function writerFor(network: Network): Writer {
  const taken = new Set([...network.inputs, ...network.layers].map(({ name }) => name));
  const fresh = (wanted: string) => {
    let name = wanted;
    for (let number = 2; taken.has(name); number++) name = `${wanted}#${number}`;
    taken.add(name);
    return name;
  };
  return { tensors: [], fresh };
}

/** The layer's nodes; the last one's output has the layer's name. */
function nodesOf(writer: Writer, layer: Layer): NodeProto[] {
  const { name } = layer;
  const [input = ""] = layer.inputs;
  switch (layer.kind) {
    case "dense":
      return denseNodes(writer, layer, input);
    case "activation":
      return activationNodes(writer, layer.activation, name, input, name);
    case "bias":
      return [node("Add", name, [input, constant(writer, `${name}.bias`, [layer.bias.length], layer.bias)], name)];
    case "softmax":
      return [node(layer.log ? "LogSoftmax" : "Softmax", name, [input], name, [integer("axis", -1)])];
    case "flatten":
      return [node("Flatten", name, [input], name, [integer("axis", 1)])];
    case "reshape": {
      const shape = [-1, ...layer.shape];
      return [node("Reshape", name, [input, constant(writer, `${name}.shape`, [shape.length], shape)], name)];
    }
    case "identity":
      return [node("Identity", name, [input], name)];
    default:
      throw new LesionError("unsupported", `layer "${name}" (${layer.kind}) cannot be written to ONNX`, {
        where: `layer "${name}"`,
        fix: "Keep the file the network was read from; only dense networks are written.",
      });
  }
}

function denseNodes(writer: Writer, layer: DenseLayer<Weight>, input: string): NodeProto[] {
  const { name, inFeatures, outFeatures, weight, bias, activation } = layer;
  const linear = activation.kind === "linear";
  const output = linear ? name : writer.fresh(`${name}/linear`);
  const inputs = [input, constant(writer, `${name}.weight`, [inFeatures, outFeatures], floatsOf(weight))];
  if (bias !== null) inputs.push(constant(writer, `${name}.bias`, [outFeatures], bias));
  const product = node(bias === null ? "MatMul" : "Gemm", name, inputs, output);
  if (linear) return [product];
  return [product, ...activationNodes(writer, activation, writer.fresh(`${name}/${activation.kind}`), output, name)];
}

function activationNodes(
  writer: Writer,
  activation: Activation,
  name: string,
  input: string,
  output: string,
): NodeProto[] {
  switch (activation.kind) {
    case "linear":
      return [node("Identity", name, [input], output)];
    case "relu":
      return [node("Relu", name, [input], output)];
    case "leaky-relu":
      return [node("LeakyRelu", name, [input], output, [float("alpha", activation.alpha)])];
    case "sigmoid":
      return [node("Sigmoid", name, [input], output)];
    case "tanh":
      return [node("Tanh", name, [input], output)];
    case "gelu":
      return [node("Gelu", name, [input], output, [text("approximate", "none")])];
    case "gelu-tanh":
      return [node("Gelu", name, [input], output, [text("approximate", "tanh")])];
    case "silu": {
      const gate = writer.fresh(`${name}/sigmoid`);
      return [node("Sigmoid", gate, [input], gate), node("Mul", name, [input, gate], output)];
    }
    case "clip": {
      const bounds = [activation.alpha, activation.beta ?? 0].map((bound, i) =>
        constant(writer, `${name}.${i === 0 ? "min" : "max"}`, [], Float32Array.of(bound)),
      );
      return [node("Clip", name, [input, ...bounds], output)];
    }
    case "hard-sigmoid": {
      const slopes = [float("alpha", activation.alpha), float("beta", activation.beta ?? 0)];
      return [node("HardSigmoid", name, [input], output, slopes)];
    }
    case "hard-swish":
      return [node("HardSwish", name, [input], output)];
    case "elu":
      return [node("Elu", name, [input], output, [float("alpha", activation.alpha)])];
  }
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

/** Adds an initializer, f32 or, for a list, int64, and returns its name. */
function constant(writer: Writer, wanted: string, dims: readonly number[], values: Float32Array | number[]): string {
  const name = writer.fresh(wanted);
  const isFloat = values instanceof Float32Array;
  const rawData = new Uint8Array(values.length * (isFloat ? 4 : 8));
  const view = new DataView(rawData.buffer);
  values.forEach((value, i) => {
    if (isFloat) view.setFloat32(i * 4, value, true);
    else view.setBigInt64(i * 8, BigInt(value), true);
  });
  const dataType = isFloat ? TensorProto_DataType.FLOAT : TensorProto_DataType.INT64;
  writer.tensors.push(create(TensorProtoSchema, { name, dims: dims.map(BigInt), dataType, rawData }));
  return name;
}

function integer(name: string, value: number): AttributeProto {
  return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) });
}
function float(name: string, value: number): AttributeProto {
  return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.FLOAT, f: value });
}
function text(name: string, value: string): AttributeProto {
  return create(AttributeProtoSchema, {
    name,
    type: AttributeProto_AttributeType.STRING,
    s: new TextEncoder().encode(value),
  });
}

/** An input or output with an open batch size. The channels of an image are marked as its last axis. */
function valueInfo(name: string, shape: Shape, isImage: boolean): ValueInfoProto {
  const batch = { value: { case: "dimParam" as const, value: "batch" }, denotation: "DATA_BATCH" };
  const axes = shape.map((size, axis) => ({
    value: { case: "dimValue" as const, value: BigInt(size) },
    denotation: isImage ? (axis === shape.length - 1 ? "DATA_CHANNEL" : "DATA_FEATURE") : "",
  }));
  return create(ValueInfoProtoSchema, {
    name,
    type: {
      value: {
        case: "tensorType",
        value: { elemType: TensorProto_DataType.FLOAT, shape: { dim: [batch, ...axes] } },
      },
    },
  });
}
