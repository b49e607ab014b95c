/**
 * The ONNX reader: walks the graph from its inputs to its outputs, and lets the operator of each node turn it into layers.
 * Opsets 7 to 21; dense networks. Axis 0 is the batch: a model exported for one sample at a time reads any number.
 */
import type { GraphProto, ModelProto, NodeProto } from "onnx-buf";
import type { Layer, Network, NetworkInput } from "../../network/network.ts";
import { inferShapes } from "../../network/shapes.ts";
import { validateNetwork } from "../../network/validate.ts";
import { attributesOf } from "./attributes.ts";
import { damaged, impossible, quote, unsupported } from "./failure.ts";
import { readGraphInput } from "./graph-input.ts";
import { nodesInOrder, nodeText } from "./node-order.ts";
import { type Operation, refuse, type Value } from "./operation.ts";
import { OPERATORS } from "./operators.ts";
import { readTensor } from "./tensor.ts";
import { parseModel } from "./wire.ts";

const OLDEST_OPSET = 7;
const NEWEST_OPSET = 21;
/**
 * Numbers that a file's constants may become: a few nodes that share a weight may each transpose it, but a file may not
 * grow without bound. 4 a byte covers half-precision weights read 8 times.
 */
const FREE_NUMBERS = 1 << 24;
const NUMBERS_PER_BYTE = 4;
/** The default domain, by both of its names. */
const DOMAINS: readonly string[] = ["", "ai.onnx"];

/**
 * The network in an ONNX file. `name` becomes the network's name. Layers are named as their nodes, or as the nodes'
 * outputs where those have no name. Throws LesionError: "bad-file" for damage, with its byte offset or tensor,
 * "bad-model" for what cannot be, "unsupported" for operators and types that are not read.
 */
export function readOnnx(bytes: Uint8Array, name: string): Network {
  const model = parseModel(bytes);
  const opset = opsetOf(model);
  const { graph } = model;
  if (graph === undefined || graph.output.length === 0) throw damaged("it holds no graph with outputs", "graph");
  const reading = readNodes(graph, opset, FREE_NUMBERS + NUMBERS_PER_BYTE * bytes.length);
  const outputs = graph.output.map((output) => {
    const open = reading.values.get(output.name);
    const value = open?.kind === "elementwise" ? open.asFeatures() : open;
    if (value?.kind === "features" && reading.layers.has(value.layer)) return value.layer;
    throw unsupported(
      `the output ${quote(output.name)} is not computed from the input`,
      `output ${quote(output.name)}`,
      "Remove it from the graph's outputs.",
    );
  });
  const network = { name, inputs: reading.inputs, layers: layersFor(outputs, reading.layers), outputs };
  validateNetwork(network);
  inferShapes(network);
  return network;
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

interface Reading {
  readonly inputs: readonly NetworkInput[];
  readonly values: ReadonlyMap<string, Value>;
  readonly layers: ReadonlyMap<string, Layer>;
}

function readNodes(graph: GraphProto, opset: number, budget: number): Reading {
  const nodes = nodesInOrder(graph);
  const values = new Map<string, Value>();
  const layers = new Map<string, Layer>();
  const { inputs, batch } = readInputs(graph, nodes, values);
  const resolve = resolver(graph, values);
  const reserve = limit(budget);
  const layerName = namesFor(graph, inputs);
  for (const node of nodes) {
    const where = nodeText(node);
    const output = node.output[0];
    if (output === undefined || output === "") throw impossible(`${where} has no first output`, where);
    const name = layerName(node.name, output);
    const operation: Operation = {
      type: node.opType,
      name,
      opset,
      where,
      inputs: node.input.map((input) => resolve(input, where)),
      attributes: attributesOf(node.attribute, where),
      batch,
      emit: (layer) => {
        layers.set(layer.name, layer);
        return layer.name;
      },
      reserve: (count) => reserve(count, where),
      extraName: (suffix) => layerName("", `${name}/${suffix}`),
    };
    values.set(output, readNode(node, operation));
  }
  return { inputs, values, layers };
}

/** Looks values up by name; reads a constant when it is first asked for. */
function resolver(graph: GraphProto, values: Map<string, Value>): (input: string, where: string) => Value | null {
  const constants = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  return (input, where) => {
    if (input === "") return null;
    const known = values.get(input);
    if (known !== undefined) return known;
    const tensor = constants.get(input);
    if (tensor === undefined) {
      const message = `${where} reads ${quote(input)}, which is not the first output of its node`;
      throw unsupported(message, where, "Use the first outputs of nodes only; export the model in evaluation mode.");
    }
    const value = readTensor(tensor, input);
    values.set(input, value);
    return value;
  };
}

/** Counts numbers up, and throws LesionError("bad-model") once there are more than `budget`. */
function limit(budget: number): (count: number, where: string) => void {
  let reserved = 0;
  return (count, where) => {
    reserved += count;
    if (reserved <= budget) return;
    throw impossible(`up to ${where} the graph makes ${reserved} numbers, ${budget} are possible for its size`, where);
  };
}

function readNode(node: NodeProto, operation: Operation): Value {
  const operator = DOMAINS.includes(node.domain) ? OPERATORS.get(node.opType) : undefined;
  if (operator === undefined) {
    const domain = node.domain === "" ? "ai.onnx" : node.domain;
    const known = [...OPERATORS.keys()].join(", ");
    const message = `the operator ${quote(node.opType)} of ${quote(domain)}, opset ${operation.opset}, is not read`;
    const fix = `Rebuild this part of the model from ${known}.`;
    const inputs = node.input.slice(0, 8).map((input) => input.slice(0, 80));
    const detail = { op: node.opType, node: operation.name, domain, opset: operation.opset, inputs };
    throw unsupported(
      `${message}: ${operation.where} reads ${inputs.map(quote).join(", ")}`,
      operation.where,
      fix,
      detail,
    );
  }
  const value = operator(operation);
  const ignored = operation.attributes.ignored();
  if (ignored.length > 0) throw refuse(operation, `has the unknown attribute ${ignored.map(quote).join(", ")}`);
  return value;
}

/** The graph's inputs that its nodes read; files before IR version 4 list the initializers among them. */
function readInputs(
  graph: GraphProto,
  nodes: readonly NodeProto[],
  values: Map<string, Value>,
): { inputs: NetworkInput[]; batch: number | null } {
  const constants = new Set(graph.initializer.map(({ name }) => name));
  const used = new Set(nodes.flatMap((node) => node.input));
  const read = graph.input.filter((info) => used.has(info.name) && !constants.has(info.name)).map(readGraphInput);
  if (read.length === 0) throw impossible("no input of the graph leads to its outputs", "graph");
  for (const { input, features } of read) values.set(input.name, features);
  return { inputs: read.map(({ input }) => input), batch: read[0]!.batch };
}

/** Gives every layer a name of its own: the wanted one, or else the fallback, numbered where that is taken. */
function namesFor(graph: GraphProto, inputs: readonly NetworkInput[]): (wanted: string, fallback: string) => string {
  const inputNames = new Set(inputs.map(({ name }) => name));
  const taken = new Set([...inputNames, ...graph.node.map(({ name }) => name)]);
  return (wanted, fallback) => {
    if (wanted !== "" && !inputNames.has(wanted)) return wanted;
    let name = fallback;
    for (let number = 2; taken.has(name); number++) name = `${fallback}#${number}`;
    taken.add(name);
    return name;
  };
}

/** The layers that the outputs need, in order. */
function layersFor(outputs: readonly string[], layers: ReadonlyMap<string, Layer>): Layer[] {
  const needed = new Set(outputs);
  const kept = [...layers.values()].reverse().filter((layer) => {
    if (!needed.has(layer.name)) return false;
    for (const input of layer.inputs) needed.add(input);
    return true;
  });
  return kept.reverse();
}
