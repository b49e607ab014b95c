/** y = activation(x W + b) over the last axis, in float64. */
import { applyActivation } from "../../network/activation.ts";
import type { DenseLayer, Weight } from "../../network/network.ts";
import { floatsOf } from "../../network/weight.ts";
import type { Tensor } from "../tensor.ts";

/** [samples, ..., outFeatures] for x [samples, ..., inFeatures]. Zeros are skipped, so weights must be finite. */
export function dense(layer: DenseLayer<Weight>, x: Tensor): Float64Array {
  const { inFeatures, outFeatures, bias, activation } = layer;
  const rows = x.values.length / inFeatures;
  const y = new Float64Array(rows * outFeatures);
  if (bias !== null) for (let row = 0; row < rows; row++) y.set(bias, row * outFeatures);
  for (let i = 0; i < inFeatures; i++) {
    const weight = weightRows(layer, i, i + 1);
    for (let row = 0; row < rows; row++) {
      const value = x.values[row * inFeatures + i]!;
      if (value === 0) continue;
      const start = row * outFeatures;
      for (let unit = 0; unit < outFeatures; unit++) y[start + unit] = y[start + unit]! + value * weight[unit]!;
    }
  }
  return y.map((value) => applyActivation(activation, value));
}

/** Rows of a layer's weight, [end - start, outFeatures]. Of a quantised weight no more than these are expanded. */
export function weightRows({ weight, outFeatures }: DenseLayer<Weight>, start: number, end: number): Float32Array {
  if (weight instanceof Float32Array) return weight.subarray(start * outFeatures, end * outFeatures);
  return floatsOf({ ...weight, values: weight.values.subarray(start * outFeatures, end * outFeatures) });
}
