/** Who reads whom in a network: the small questions that passes, planners and descriptions ask of a graph. */
import type { Layer, Network } from "./network.ts";

/** Every layer by its name. */
export function layersByName(network: Network): ReadonlyMap<string, Layer> {
  return new Map(network.layers.map((layer) => [layer.name, layer]));
}

/** For each layer and input, the layers that read it, in order; a layer that reads it twice is there once. */
export function readersOf(network: Network): ReadonlyMap<string, readonly Layer[]> {
  const readers = new Map<string, Layer[]>();
  for (const { name } of [...network.inputs, ...network.layers]) readers.set(name, []);
  for (const layer of network.layers) {
    for (const name of new Set(layer.inputs)) readers.get(name)?.push(layer);
  }
  return readers;
}

/** How often each layer and input is read, being an output of the network included. */
export function readCounts(network: Network): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of [...network.layers.flatMap(({ inputs }) => inputs), ...network.outputs]) {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** Names of all layers that depend on any of `names`, themselves not included unless they depend on another of them. */
export function descendantsOf(network: Network, names: Iterable<string>): ReadonlySet<string> {
  const from = new Set(names);
  const reached = new Set<string>();
  for (const { name, inputs } of network.layers) {
    if (inputs.some((input) => from.has(input) || reached.has(input))) reached.add(name);
  }
  return reached;
}

/** Names of all layers and inputs that any of `names` depends on, themselves not included unless another needs them. */
export function ancestorsOf(network: Network, names: Iterable<string>): ReadonlySet<string> {
  const from = new Set(names);
  const needed = new Set<string>();
  for (const { name, inputs } of network.layers.toReversed()) {
    if (from.has(name) || needed.has(name)) for (const input of inputs) needed.add(input);
  }
  return needed;
}

/** The network without the layers that no output depends on. The same object where there are none. */
export function withoutUnread(network: Network): Network {
  const needed = new Set([...network.outputs, ...ancestorsOf(network, network.outputs)]);
  const layers = network.layers.filter(({ name }) => needed.has(name));
  return layers.length === network.layers.length ? network : { ...network, layers };
}

/** The layers with weights to multiply by: those whose outputs are units. */
export function hasUnits(layer: Layer): layer is Extract<Layer, { kind: "dense" | "conv2d" }> {
  return layer.kind === "dense" || layer.kind === "conv2d";
}
