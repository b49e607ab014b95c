/** Test support: evaluates a network of one input on one sample, by the float64 oracle. */
import { evaluateNetwork } from "../reference/evaluate-network.ts";
import type { Network } from "./network.ts";

/** The network's outputs, one after the other, for one sample in its kept order. */
export function evaluate(network: Network, sample: readonly number[] | Float32Array): number[] {
  const results = evaluateNetwork(network, new Map([[network.inputs[0]!.name, Float64Array.from(sample)]]), 1);
  return network.outputs.flatMap((name) => [...results.get(name)!]);
}
