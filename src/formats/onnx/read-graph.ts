/**
 * Walks the nodes of a graph from what it starts with to its outputs, and lets the operator of each turn it into layers or
 * into a constant.
 */
import type { GraphProto, NodeProto } from "onnx-buf";
import type { Layer, Network, NetworkInput } from "../../network/network.ts";
import { outputShape, type Shape } from "../../network/shapes.ts";
import { attributesOf } from "./attributes.ts";
import type { ExternalFiles } from "./external.ts";
import { impossible, quote, unsupported } from "./failure.ts";
import type { Features } from "./features.ts";
import { nodeText } from "./node-order.ts";
import { type Batching, type Operation, refuse, type SettledValue, settled, type Value } from "./operation.ts";
import { OPERATORS } from "./operators.ts";
import { readTensor, type Tensor } from "./tensor.ts";

/** The default domain, by both of its names. */
export const DOMAINS: readonly string[] = ["", "ai.onnx"];

/** What a graph is read from. */
export interface GraphStart extends Batching {
  readonly graph: GraphProto;
  /** In order, see `nodesInOrder`. */
  readonly nodes: readonly NodeProto[];
  readonly opset: number;
  readonly external: ExternalFiles;
  /** Inputs of the graph by their names: computed ones, and constants. */
  readonly inputs: ReadonlyMap<string, Tensor | Features>;
  /** Most numbers that constants may become. */
  readonly budget: number;
}

/** What the nodes gave. */
export interface GraphReading {
  readonly outputs: ReadonlyMap<string, SettledValue>;
  /** Every layer by its name, in an order in which each comes after what it reads. */
  readonly layers: ReadonlyMap<string, Layer>;
}

/**
 * The values of the graph's outputs, by name. Throws LesionError: "bad-model" for what cannot be, "unsupported" for
 * operators, attributes and uses of them that are not read, and as `readTensor` does.
 */
export function readGraph(start: GraphStart): GraphReading {
  const { graph, nodes, opset, batched, batch, anyBatch, external } = start;
  const values = new Map<string, Value>(start.inputs);
  const { layers, emit } = layerList(start);
  const resolve = resolver(start, values);
  const reserve = limit(start.budget);
  const layerName = namesFor(start);
  const arranged = new Map<string, Features>();
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
      inputs: node.input.map((input) => (input === "" ? null : resolve(input, where))),
      attributes: attributesOf(node.attribute, where),
      batched,
      batch,
      anyBatch,
      emit,
      reserve: (count) => reserve(count, where),
      extraName: (suffix) => layerName("", `${name}/${suffix}`),
      arranged,
      gives: (index, value) => {
        const other = node.output[index] ?? "";
        if (other !== "") values.set(other, value());
      },
      readTensor: (proto) => readTensor(proto, name, external),
    };
    values.set(output, readNode(node, operation));
  }
  const outputs = graph.output.map(({ name }) => [name, settled(resolve(name, `output ${quote(name)}`))] as const);
  return { outputs: new Map(outputs), layers };
}

/** The network of the layers that `outputs` need. */
export function networkOf(
  name: string,
  inputs: readonly NetworkInput[],
  layers: ReadonlyMap<string, Layer>,
  outputs: readonly string[],
): Network {
  const needed = new Set(outputs);
  const kept = [...layers.values()].reverse().filter((layer) => {
    if (!needed.has(layer.name)) return false;
    for (const input of layer.inputs) needed.add(input);
    return true;
  });
  return { name, inputs, layers: kept.reverse(), outputs };
}

/** Collects layers, with the shape of each. */
function layerList({ inputs }: GraphStart): { layers: Map<string, Layer>; emit: (layer: Layer) => Shape } {
  const layers = new Map<string, Layer>();
  const shapes = new Map<string, Shape>();
  for (const value of inputs.values()) if (value.kind === "features") shapes.set(value.layer, value.kept);
  const emit = (layer: Layer) => {
    const shape = outputShape(
      layer,
      layer.inputs.map((input) => shapes.get(input)!),
    );
    layers.set(layer.name, layer);
    shapes.set(layer.name, shape);
    return shape;
  };
  return { layers, emit };
}

/** Looks values up by name; reads a constant when it is first asked for. */
function resolver({ graph, external }: GraphStart, values: Map<string, Value>): (name: string, where: string) => Value {
  const constants = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  return (name, where) => {
    const known = values.get(name);
    if (known !== undefined) return known;
    const tensor = constants.get(name);
    if (tensor === undefined) {
      const message = `${where} reads ${quote(name)}, a further output of its node, which is not computed`;
      throw unsupported(message, where, "Use the first outputs of nodes only; export the model in evaluation mode.");
    }
    const value = readTensor(tensor, name, external);
    values.set(name, value);
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

/** Gives every layer a name of its own: the wanted one, or else the fallback, numbered where that is taken. */
function namesFor({ graph, inputs }: GraphStart): (wanted: string, fallback: string) => string {
  const inputNames = new Set(inputs.keys());
  const taken = new Set([...inputNames, ...graph.node.map(({ name }) => name)]);
  const numbers = new Map<string, number>();
  return (wanted, fallback) => {
    if (wanted !== "" && !inputNames.has(wanted)) return wanted;
    let name = fallback;
    let number = numbers.get(fallback) ?? 2;
    for (; taken.has(name); number++) name = `${fallback}#${number}`;
    numbers.set(fallback, number);
    taken.add(name);
    return name;
  };
}
