/** Gradients of layers that treat each channel by numbers of its own, and of those that see one position's channels. */
import type { BatchNormLayer, LrnLayer, ScaleLayer, SoftmaxLayer } from "../../network/network.ts";
import { softmax } from "../layers/channelwise.ts";
import type { Floats, Tensor } from "../tensor.ts";
import type { LayerGradient } from "./gradient.ts";

/** Mean and biased variance of each channel over all samples and positions. */
export interface ChannelStatistics {
  /** Each [channels]. */
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  /** Numbers of each channel: samples x positions. */
  readonly count: number;
}

/** Sum of each channel of `values` [..., channels]: [channels]. */
export function channelSums(values: Floats, channels: number): Float64Array {
  const sums = new Float64Array(channels);
  values.forEach((value, at) => {
    sums[at % channels] = sums[at % channels]! + value;
  });
  return sums;
}

/** Statistics of each channel of x [samples, ..., channels], in two passes. */
export function channelStatistics({ values, shape }: Tensor): ChannelStatistics {
  const channels = shape.at(-1)!;
  const count = values.length / channels;
  const mean = channelSums(values, channels).map((sum) => sum / count);
  const squares = Float64Array.from(values, (value, at) => (value - mean[at % channels]!) ** 2);
  return { mean, variance: channelSums(squares, channels).map((sum) => sum / count), count };
}

/**
 * Of gamma x^ + beta, x^ = (x - mean) / sqrt(variance + epsilon): by the layer's own mean and variance, or, where
 * `batch` statistics are given, by those of x itself, through which gradient passes too (Ioffe and Szegedy 2015).
 */
export function batchNormGradient(
  layer: BatchNormLayer,
  x: Tensor,
  dy: Float64Array,
  batch: ChannelStatistics | null,
): LayerGradient {
  const channels = layer.gamma.length;
  const { mean, variance } = batch ?? layer;
  const deviation = Float64Array.from(variance, (value) => Math.sqrt(value + layer.epsilon));
  const normal = Float64Array.from(x.values, (v, at) => (v - mean[at % channels]!) / deviation[at % channels]!);
  const gamma = channelSums(
    dy.map((gradient, at) => gradient * normal[at]!),
    channels,
  );
  const beta = channelSums(dy, channels);
  const dx = dy.map((gradient, at) => {
    const c = at % channels;
    const through = batch === null ? 0 : (beta[c]! + normal[at]! * gamma[c]!) / batch.count;
    return (layer.gamma[c]! / deviation[c]!) * (gradient - through);
  });
  return { inputs: [dx], parameters: { gamma, beta } };
}

/** Of x * scale + shift, from the gradient by it. */
export function scaleGradient({ scale }: ScaleLayer, { values: x }: Tensor, pre: Float64Array): LayerGradient {
  const channels = scale.length;
  const products = pre.map((gradient, at) => gradient * x[at]!);
  return {
    inputs: [pre.map((gradient, at) => gradient * scale[at % channels]!)],
    parameters: { scale: channelSums(products, channels), shift: channelSums(pre, channels) },
  };
}

/** Of x[c] / s[c] ^ beta, s[c] = bias + alpha / size * sum of x^2 over the neighbours of c. */
export function lrnGradient({ size, alpha, beta, bias }: LrnLayer, { values: x, shape }: Tensor, dy: Float64Array) {
  const channels = shape.at(-1)!;
  const before = Math.floor((size - 1) / 2);
  const after = Math.ceil((size - 1) / 2);
  const dx = new Float64Array(x.length);
  for (let at = 0; at < x.length; at++) {
    const c = at % channels;
    const neighbours: number[] = [];
    for (let k = Math.max(0, c - before); k <= Math.min(channels - 1, c + after); k++) neighbours.push(at - c + k);
    const sum = bias + (alpha / size) * neighbours.reduce((squares, k) => squares + x[k]! ** 2, 0);
    dx[at] = dx[at]! + dy[at]! / sum ** beta;
    const bySum = (-beta * dy[at]! * x[at]!) / sum ** (beta + 1);
    for (const k of neighbours) dx[k] = dx[k]! + (bySum * 2 * alpha * x[k]!) / size;
  }
  return dx;
}

/** Of softmax over the last axis, or of its logarithm. */
export function softmaxGradient(layer: SoftmaxLayer, x: Tensor, dy: Float64Array): Float64Array {
  const channels = x.shape.at(-1)!;
  const y = softmax({ ...layer, log: false }, x);
  const dx = new Float64Array(dy.length);
  for (let start = 0; start < dy.length; start += channels) {
    let sum = 0;
    for (let at = start; at < start + channels; at++) sum += layer.log ? dy[at]! : dy[at]! * y[at]!;
    for (let at = start; at < start + channels; at++)
      dx[at] = layer.log ? dy[at]! - y[at]! * sum : y[at]! * (dy[at]! - sum);
  }
  return dx;
}
