/** Test support: evaluates a network on one sample in float64, straight from the layers' definitions. */
import { applyActivation } from "./activation.ts";
import type { Layer, Network } from "./network.ts";
import { inferShapes } from "./shapes.ts";

/** The network's outputs, one after the other, for one sample in its kept order. */
export function evaluate(network: Network, sample: readonly number[] | Float32Array): number[] {
  const shapes = inferShapes(network);
  const values = new Map<string, readonly number[]>([[network.inputs[0]!.name, [...sample]]]);
  for (const layer of network.layers) {
    values.set(layer.name, apply(layer, values.get(layer.inputs[0]!)!, shapes.get(layer.name)!.at(-1)!));
  }
  return network.outputs.flatMap((name) => [...values.get(name)!]);
}

/** `last` is the size of the output's last axis. */
function apply(layer: Layer, x: readonly number[], last: number): readonly number[] {
  switch (layer.kind) {
    case "dense": {
      const y = Array.from({ length: layer.outFeatures }, (_, unit) => layer.bias?.[unit] ?? 0);
      x.forEach((value, i) => {
        for (let unit = 0; unit < y.length; unit++) y[unit]! += value * layer.weight[i * y.length + unit]!;
      });
      return y.map((value) => applyActivation(layer.activation, value));
    }
    case "activation":
      return x.map((value) => applyActivation(layer.activation, value));
    case "bias":
      return x.map((value, i) => value + layer.bias[i % last]!);
    case "softmax":
      return Array.from({ length: x.length / last }, (_, row) => x.slice(row * last, (row + 1) * last)).flatMap(
        (row) => {
          const total = row.reduce((sum, value) => sum + Math.exp(value), 0);
          return row.map((value) => (layer.log ? value - Math.log(total) : Math.exp(value) / total));
        },
      );
    default:
      return x;
  }
}
