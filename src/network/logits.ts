/** Which layer of a network gives the logits: what a check compares, and what decides which class is first. */
import { LesionError } from "../core/errors.ts";
import { descendantsOf, withoutUnread } from "./graph.ts";
import type { Layer, Network } from "./network.ts";

/** Layers that leave the numbers, and their order, as they are. */
const KEEPS_ORDER: readonly Layer["kind"][] = ["identity", "flatten", "reshape"];

/**
 * The network with its logits for its one output: its first output, or what a softmax at the end reads. Softmax orders the
 * classes as logits do, and rounds the small ones away. Throws `bad-model` for a network without an output.
 */
export function logitsNetwork(network: Network): Network {
  const layers = new Map(network.layers.map((layer) => [layer.name, layer]));
  const output = layers.get(network.outputs[0] ?? "");
  if (output === undefined) {
    throw new LesionError("bad-model", `the network "${network.name}" has no layer for its output`, {
      where: `network "${network.name}"`,
      fix: "Give the model an output that one of its layers computes.",
    });
  }
  let last: Layer | undefined = output;
  while (last !== undefined && KEEPS_ORDER.includes(last.kind)) last = layers.get(last.inputs[0] ?? "");
  const source = last?.kind === "softmax" ? layers.get(last.inputs[0] ?? "") : undefined;
  return { ...network, outputs: [source?.name ?? output.name] };
}

/** `logits`, a network that gives another's logits, with what comes after them there: its softmax. */
export function withOutputOf(network: Network, logits: Network): Network {
  const [from] = logitsNetwork(network).outputs;
  const [to] = logits.outputs;
  const [output] = network.outputs;
  if (from === output || from === undefined || to === undefined) return logits;
  const after = descendantsOf(network, [from]);
  const tail = network.layers
    .filter(({ name }) => after.has(name))
    .map((layer) => ({ ...layer, inputs: layer.inputs.map((input) => (input === from ? to : input)) }));
  return withoutUnread({ ...logits, layers: [...logits.layers, ...tail], outputs: [output!] });
}
