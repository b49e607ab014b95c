/** The numbers that a layer keeps, under one roof: what is validated, counted and measured in bytes. */
import type { Layer, Weight } from "./network.ts";
import { sizeOf } from "./shapes.ts";
import { countOf } from "./weight.ts";

/** One array of a layer. */
export interface Parameter {
  readonly name: string;
  readonly values: Weight;
  /** How many numbers it must have. */
  readonly expected: number;
}

/** The arrays of a layer, in a fixed order; none for a layer without. */
export function parametersOf(layer: Layer): readonly Parameter[] {
  switch (layer.kind) {
    case "dense":
      return weightAndBias(layer, layer.inFeatures * layer.outFeatures, layer.outFeatures);
    case "conv2d": {
      const window = layer.kernel[0] * layer.kernel[1];
      const reads = layer.inChannels / layer.groups;
      return weightAndBias(layer, window * reads * layer.outChannels, layer.outChannels);
    }
    case "batch-norm": {
      const { gamma, beta, mean, variance } = layer;
      return Object.entries({ gamma, beta, mean, variance }).map(([name, values]) => ({
        name,
        values,
        expected: gamma.length,
      }));
    }
    case "scale":
      return [
        { name: "scale", values: layer.scale, expected: layer.scale.length },
        { name: "shift", values: layer.shift, expected: layer.scale.length },
      ];
    case "bias":
      return [{ name: "bias", values: layer.bias, expected: layer.bias.length }];
    case "constant":
      return [{ name: "values", values: layer.values, expected: sizeOf(layer.shape) }];
    default:
      return [];
  }
}

/** Bytes of an array as its file keeps it: 4 a number, or 1 or 2 where quantised. */
export function bytesOf(values: Weight): number {
  return countOf(values) * (values instanceof Float32Array ? values : values.values).BYTES_PER_ELEMENT;
}

function weightAndBias(
  { weight, bias }: { readonly weight: Weight; readonly bias: Float32Array | null },
  weights: number,
  units: number,
): readonly Parameter[] {
  const all: Parameter[] = [{ name: "weight", values: weight, expected: weights }];
  return bias === null ? all : [...all, { name: "bias", values: bias, expected: units }];
}
