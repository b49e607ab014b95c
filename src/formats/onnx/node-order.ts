/**
 * The nodes that an ONNX graph's outputs need, each after the nodes it reads. Nodes that lead nowhere are left out, so an
 * unsupported one among them does no harm. Found without recursion: a file may chain any number of nodes.
 */
import type { GraphProto, NodeProto } from "onnx-buf";
import { impossible, quote, unsupported } from "./failure.ts";

/**
 * Throws LesionError("bad-model") for a value that two nodes give or none does, a node name used twice, and nodes that
 * read each other in a circle.
 */
export function nodesInOrder(graph: GraphProto): NodeProto[] {
  const makers = makersOf(graph);
  const sources = new Set([...graph.input, ...graph.initializer].map(({ name }) => name));
  const state = new Map<NodeProto, "open" | "done">();
  const ordered: NodeProto[] = [];
  const stack: { node: NodeProto; next: number }[] = [];
  const visit = (value: string, reader: string) => {
    if (value === "" || sources.has(value)) return;
    const node = makers.get(value);
    if (node === undefined) throw missing(graph, value, reader);
    if (state.get(node) === "open") {
      throw impossible(`${nodeText(node)} reads its own result, by way of ${quote(value)}`, nodeText(node));
    }
    if (state.get(node) === "done") return;
    state.set(node, "open");
    stack.push({ node, next: 0 });
  };
  for (const output of graph.output) {
    visit(output.name, "the graph's outputs");
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const { node } = top;
      const input = node.input[top.next++];
      if (input !== undefined) {
        visit(input, nodeText(node));
      } else {
        state.set(node, "done");
        ordered.push(node);
        stack.pop();
      }
    }
  }
  return ordered;
}

/** A node for messages: node "fc1" (Gemm); one without a name goes by its output. */
export function nodeText(node: NodeProto): string {
  return `node ${quote(node.name || (node.output[0] ?? ""))} (${node.opType.slice(0, 80)})`;
}

function makersOf(graph: GraphProto): Map<string, NodeProto> {
  const makers = new Map<string, NodeProto>();
  const names = new Set<string>();
  const sources = new Set<string>();
  for (const { name } of graph.initializer) {
    if (sources.has(name)) throw impossible(`two initializers have the name ${quote(name)}`, `tensor ${quote(name)}`);
    sources.add(name);
  }
  const inputs = new Set<string>();
  for (const { name } of graph.input) {
    if (inputs.has(name)) throw impossible(`two inputs have the name ${quote(name)}`, `input ${quote(name)}`);
    inputs.add(name);
    sources.add(name);
  }
  for (const node of graph.node) {
    const where = nodeText(node);
    if (node.name !== "" && names.has(node.name))
      throw impossible(`two nodes have the name ${quote(node.name)}`, where);
    names.add(node.name);
    for (const output of node.output) {
      if (output === "") continue;
      if (makers.has(output) || sources.has(output)) {
        throw impossible(`${where} gives ${quote(output)}, which is given already`, where);
      }
      makers.set(output, node);
    }
  }
  return makers;
}

function missing(graph: GraphProto, value: string, reader: string): Error {
  const sparse = graph.sparseInitializer.some(({ values }) => values?.name === value);
  if (!sparse) return impossible(`${reader} reads ${quote(value)}, which nothing in the graph gives`, reader);
  const message = `${reader} reads the sparse tensor ${quote(value)}`;
  return unsupported(message, reader, "Save the weights as dense tensors.");
}
