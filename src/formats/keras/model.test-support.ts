/** Test support: Keras models from a few lines, with weights in memory. */
import type { Network } from "../../network/network.ts";
import { evaluateNetwork } from "../../reference/evaluate-network.ts";
import { readKeras } from "./read.ts";
import { namedWeights } from "./weights.ts";

/** Shape and numbers by name: "conv/kernel". */
export type TestWeights = Readonly<Record<string, readonly [shape: readonly number[], values: readonly number[]]>>;
/** A layer by its class and configuration. */
export type TestLayer = readonly [type: string, config?: Readonly<Record<string, unknown>>];

/** { class_name: "Sequential" } of layers named as their classes in lower case, for an input of `shape`. */
export function sequential(shape: readonly number[], ...layers: readonly TestLayer[]) {
  const input = { class_name: "InputLayer", config: { name: "x", batch_input_shape: [null, ...shape] } };
  const listed = layers.map(([type, config]) => ({
    class_name: type,
    config: { name: type.toLowerCase(), ...config },
  }));
  return { class_name: "Sequential", config: { name: "test", layers: [input, ...listed] } };
}

/** The network of a configuration. */
export function networkOf(model: unknown, weights: TestWeights = {}, kerasVersion: string | null = "2.7.0"): Network {
  const stored = namedWeights(
    Object.entries(weights).map(([name, [shape, values]]) => ({ name, shape, read: () => Float32Array.from(values) })),
  );
  const source = {
    of: ({ names }: { readonly names: readonly string[] }, variables: readonly (readonly string[])[]) =>
      stored.find(names.at(-1)!, variables),
  };
  return readKeras({ model, kerasVersion, weights: source }, "test");
}

/** What the network's first output is for one sample of each input. */
export function resultOf(network: Network, ...samples: readonly (readonly number[])[]): number[] {
  const feeds = new Map(network.inputs.map(({ name }, index) => [name, Float32Array.from(samples[index] ?? [])]));
  return [...evaluateNetwork(network, feeds, 1).get(network.outputs[0]!)!];
}
