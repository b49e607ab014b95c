/** Layers that treat each channel by numbers of its own, and those that see one position's channels, in float64. */
import { applyActivation } from "../../network/activation.ts";
import type { BatchNormLayer, BiasLayer, LrnLayer, ScaleLayer, SoftmaxLayer } from "../../network/network.ts";
import type { Floats, Tensor } from "../tensor.ts";

/** gamma (x - mean) / sqrt(variance + epsilon) + beta, each over the last axis, by the layer's statistics or others. */
export function batchNorm(
  layer: BatchNormLayer,
  x: Tensor,
  statistics: { readonly mean: Floats; readonly variance: Floats } = layer,
): Float64Array {
  const { gamma, beta, epsilon } = layer;
  const { mean, variance } = statistics;
  return perChannel(x, (value, c) => {
    return (gamma[c]! * (value - mean[c]!)) / Math.sqrt(variance[c]! + epsilon) + beta[c]!;
  });
}

/** activation(x * scale + shift) */
export function scale(layer: ScaleLayer, x: Tensor): Float64Array {
  return perChannel(x, (value, c) => applyActivation(layer.activation, value * layer.scale[c]! + layer.shift[c]!));
}

/** x + bias */
export function bias(layer: BiasLayer, x: Tensor): Float64Array {
  return perChannel(x, (value, c) => value + layer.bias[c]!);
}

function perChannel({ values, shape }: Tensor, function_: (value: number, channel: number) => number): Float64Array {
  const channels = shape.at(-1)!;
  return Float64Array.from(values, (value, at) => function_(value, at % channels));
}

/** x / (bias + alpha / size * sum of x^2 over the neighbouring channels) ^ beta */
export function lrn({ size, alpha, beta, bias }: LrnLayer, { values, shape }: Tensor): Float64Array {
  const channels = shape.at(-1)!;
  const before = Math.floor((size - 1) / 2);
  const after = Math.ceil((size - 1) / 2);
  return Float64Array.from(values, (value, at) => {
    const c = at % channels;
    let squares = 0;
    for (let k = Math.max(0, c - before); k <= Math.min(channels - 1, c + after); k++)
      squares += values[at - c + k]! ** 2;
    return value / (bias + (alpha / size) * squares) ** beta;
  });
}

/** Softmax over the last axis, shifted by the greatest number so that nothing overflows; or its logarithm. */
export function softmax({ log }: SoftmaxLayer, { values, shape }: Tensor): Float64Array {
  const channels = shape.at(-1)!;
  const y = new Float64Array(values.length);
  for (let start = 0; start < values.length; start += channels) {
    const row = values.subarray(start, start + channels);
    let greatest = Number.NEGATIVE_INFINITY;
    for (const value of row) greatest = Math.max(greatest, value);
    let sum = 0;
    for (const value of row) sum += Math.exp(value - greatest);
    for (let c = 0; c < channels; c++) {
      const shifted = row[c]! - greatest;
      y[start + c] = log ? shifted - Math.log(sum) : Math.exp(shifted) / sum;
    }
  }
  return y;
}
