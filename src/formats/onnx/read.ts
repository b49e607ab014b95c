/**
 * The ONNX reader: opsets 7 to 25, dense and convolutional networks. Axis 0 is the batch: a model exported for one sample at
 * a time reads any number.
 */
import type { GraphProto, ModelProto, NodeProto } from "onnx-buf";
import type { Network } from "../../network/network.ts";
import { validateNetwork } from "../../network/validate.ts";
import { channelsOfInputs } from "./channels-first.ts";
import type { ExternalFiles } from "./external.ts";
import { damaged, impossible, quote, unsupported } from "./failure.ts";
import { type GraphInput, readGraphInput } from "./graph-input.ts";
import { nodesInOrder } from "./node-order.ts";
import { DOMAINS, networkOf, readGraph } from "./read-graph.ts";
import { parseModel } from "./wire.ts";

export { externalFiles } from "./external.ts";

const OLDEST_OPSET = 7;
/** From 22 to 25 the operators that are read gained element types, and Cast a rounding of types that are not read. */
const NEWEST_OPSET = 25;
/**
 * Numbers that a file's constants may become: a few nodes that share a weight may each transpose it, but a file may not
 * grow without bound. 4 a byte covers half-precision weights read 8 times.
 */
const FREE_NUMBERS = 1 << 24;
const NUMBERS_PER_BYTE = 4;

/**
 * The network in an ONNX file. `name` becomes the network's name; `external` holds the files that the model keeps tensors
 * in, see `externalFiles`. Layers are named as their nodes, or as the nodes' outputs where those have no name. Throws
 * LesionError: "bad-file" for damage, with its byte offset or tensor, "bad-model" for what cannot be, "unsupported" for
 * operators and types that are not read, "not-found" for a file of tensors that is not given.
 */
export function readOnnx(
  bytes: Uint8Array,
  name: string,
  { external = new Map() }: { readonly external?: ExternalFiles } = {},
): Network {
  const { graph, opset } = openModel(bytes);
  const nodes = nodesInOrder(graph);
  const inputs = readInputs(graph, nodes);
  const { outputs, layers } = readGraph({
    graph,
    nodes,
    opset,
    external,
    inputs: new Map(inputs.map(({ features }) => [features.layer, features])),
    batched: true,
    batch: inputs[0]!.batch,
    anyBatch: true,
    budget: numbersFor([bytes, ...external.values()]),
  });
  const layersOut = Array.from(outputs, ([output, value]) => {
    if (value.kind === "features" && layers.has(value.layer)) return value.layer;
    const where = `output ${quote(output)}`;
    const message = `the ${where} is not computed from the input`;
    throw unsupported(message, where, "Remove it from the graph's outputs.");
  });
  const networkInputs = inputs.map(({ features }) => ({ name: features.layer, shape: features.kept }));
  const network = networkOf(name, networkInputs, layers, layersOut);
  validateNetwork(network);
  return network;
}

/** The graph in a file, which has outputs, and its opset. Throws as `readOnnx` does. */
export function openModel(bytes: Uint8Array): { graph: GraphProto; opset: number } {
  const model = parseModel(bytes);
  const opset = opsetOf(model);
  const { graph } = model;
  if (graph === undefined || graph.output.length === 0) throw damaged("it holds no graph with outputs", "graph");
  return { graph, opset };
}

/** How many numbers may be made of files of this size. */
export function numbersFor(files: readonly { readonly length: number }[]): number {
  return FREE_NUMBERS + NUMBERS_PER_BYTE * files.reduce((total, { length }) => total + length, 0);
}

function opsetOf(model: ModelProto): number {
  const found = model.opsetImport.find(({ domain }) => DOMAINS.includes(domain));
  if (found === undefined) throw damaged("it names no opset; it may be cut off, or be no ONNX file", "opset_import");
  const opset = Number(found.version);
  if (opset >= OLDEST_OPSET && opset <= NEWEST_OPSET) return opset;
  const range = `${OLDEST_OPSET} to ${NEWEST_OPSET}`;
  const message = `the model is of opset ${opset}; opsets ${range} are read`;
  const fix = `Export it with an opset from ${range}, or convert it with onnx.version_converter.`;
  throw unsupported(message, "opset_import", fix, { opset });
}

/** The graph's inputs that its nodes read; files before IR version 4 list the initializers among them. */
function readInputs(graph: GraphProto, nodes: readonly NodeProto[]): GraphInput[] {
  const constants = new Set(graph.initializer.map(({ name }) => name));
  const used = new Set(nodes.flatMap((node) => node.input));
  const read = graph.input.filter((info) => used.has(info.name) && !constants.has(info.name));
  if (read.length === 0) throw impossible("no input of the graph leads to its outputs", "graph");
  const channels = channelsOfInputs(graph, nodes);
  return read.map((info) => readGraphInput(info, channels.get(info.name)));
}
