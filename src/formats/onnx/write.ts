/**
 * The ONNX writer: a network as a file that other programs read too. Opset 17, or 20 where an operator needs it. Images
 * are [batch, channels, height, width] where a convolution or its kin reads them, and as the network keeps them elsewhere.
 */
import { create, toBinary } from "@bufbuild/protobuf";
import {
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  TensorProto_DataType,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "onnx-buf";
import { LesionError } from "../../core/errors.ts";
import { parametersOf } from "../../network/layer-parameters.ts";
import type { Layer, Network } from "../../network/network.ts";
import { validateNetwork } from "../../network/validate.ts";
import { countOf } from "../../network/weight.ts";
import { type Axes, asKept, channelsFirst, GraphWriter, inOrder } from "./write-graph.ts";
import { writeLayer } from "./write-layers.ts";

/** A protobuf message has no more, by its own rules: 2 GiB less one byte. */
const MOST_BYTES = 2 ** 31 - 1;
/** For a node, its names and attributes. */
const NODE_BYTES = 1024;

/**
 * The network as an ONNX file. Layers keep their names; reading it back gives a network that computes the same, with
 * activations as layers of their own (`simplify` joins them again). Quantised weights become floats. Throws LesionError:
 * "bad-model" for an unsound network, "unsupported" for one that is larger than a file may be, and for a constant that is
 * read by anything but arithmetic.
 */
export function writeOnnx(network: Network, mostBytes: number = MOST_BYTES): Uint8Array {
  validateNetwork(network);
  assertFits(network, mostBytes);
  const writer = new GraphWriter(network);
  const constants = new Map(
    network.layers.flatMap((layer) => (layer.kind === "constant" ? [[layer.name, layer] as const] : [])),
  );
  for (const { name, shape } of network.inputs) {
    const isImage = shape.length === 3 && isReadChannelsFirst(network, name);
    writer.gives(name, isImage ? channelsFirst(3) : asKept(shape.length));
  }
  for (const layer of network.layers) {
    if (layer.kind !== "constant" || network.outputs.includes(layer.name)) writeLayer(writer, constants, layer);
  }
  const info = (name: string, isInput: boolean) => valueInfo(name, writer.shapeOf(name), writer.axesOf(name)!, isInput);
  const isRecent = writer.nodes.some(needsOpset20);
  const model = create(ModelProtoSchema, {
    irVersion: isRecent ? 9n : 8n,
    producerName: "lesion",
    opsetImport: [{ domain: "", version: isRecent ? 20n : 17n }],
    graph: create(GraphProtoSchema, {
      name: network.name,
      node: writer.nodes,
      initializer: writer.tensors,
      input: network.inputs.map(({ name }) => info(name, true)),
      output: network.outputs.map((name) => info(name, false)),
    }),
  });
  return toBinary(ModelProtoSchema, model);
}

function assertFits(network: Network, mostBytes: number): void {
  const bytes = network.layers.reduce(
    (total, layer) =>
      total + NODE_BYTES + 4 * parametersOf(layer).reduce((count, { values }) => count + countOf(values), 0),
    0,
  );
  if (bytes <= mostBytes) return;
  throw new LesionError(
    "unsupported",
    `the network takes ${bytes} bytes in ONNX, whose files have at most ${mostBytes}`,
    {
      where: network.name,
      fix: "Write it as safetensors, which has no such limit.",
    },
  );
}

const READS_CHANNELS: ReadonlySet<Layer["kind"]> = new Set([
  "conv2d",
  "pool2d",
  "global-pool",
  "batch-norm",
  "scale",
  "lrn",
]);
const KEEPS_ORDER: ReadonlySet<Layer["kind"]> = new Set([
  "activation",
  "bias",
  "identity",
  "binary",
  "concat",
  "pad",
  "slice",
]);

/** Whether the value, or what is made of it in the same order, is read by a layer that wants its channels first. */
function isReadChannelsFirst({ layers }: Network, value: string): boolean {
  const made = new Set([value]);
  for (const { kind, name, inputs: read } of layers) {
    if (!read.some((source) => made.has(source))) continue;
    if (READS_CHANNELS.has(kind)) return true;
    if (KEEPS_ORDER.has(kind)) made.add(name);
  }
  return false;
}

function needsOpset20({ opType, attribute }: NodeProto): boolean {
  const has = (name: string) => attribute.some((given) => given.name === name);
  const isWrapped = attribute.some(({ name, s }) => name === "mode" && new TextDecoder().decode(s) === "wrap");
  return opType === "Gelu" || (opType === "AveragePool" && has("dilations")) || (opType === "Pad" && isWrapped);
}

/** An input or output with an open batch size. Where the channels of an image are is marked. */
function valueInfo(name: string, shape: readonly number[], axes: Axes, isInput: boolean): ValueInfoProto {
  const batch = { value: { case: "dimParam" as const, value: "batch" }, denotation: "DATA_BATCH" };
  const isImage = isInput && shape.length === 3;
  const sizes = inOrder(shape, axes).map((size, axis) => ({
    value: { case: "dimValue" as const, value: BigInt(size) },
    denotation: isImage ? (axes[axis] === shape.length - 1 ? "DATA_CHANNEL" : "DATA_FEATURE") : "",
  }));
  return create(ValueInfoProtoSchema, {
    name,
    type: {
      value: {
        case: "tensorType",
        value: { elemType: TensorProto_DataType.FLOAT, shape: { dim: [batch, ...sizes] } },
      },
    },
  });
}
