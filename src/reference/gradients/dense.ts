/** Gradients of y = x W + b over the last axis, in float64. */
import type { DenseLayer, Weight } from "../../network/network.ts";
import { floatsOf } from "../../network/weight.ts";
import type { Tensor } from "../tensor.ts";
import { channelSums } from "./channelwise.ts";
import type { LayerGradient } from "./gradient.ts";

/** From `pre` [samples, ..., outFeatures], the gradient by x W + b. */
export function denseGradient(layer: DenseLayer<Weight>, { values: x }: Tensor, pre: Float64Array): LayerGradient {
  const { inFeatures, outFeatures } = layer;
  const kernel = floatsOf(layer.weight);
  const weight = new Float64Array(kernel.length);
  const dx = new Float64Array(x.length);
  for (let row = 0; row < x.length / inFeatures; row++) {
    for (let i = 0; i < inFeatures; i++) {
      const at = row * inFeatures + i;
      let sum = 0;
      for (let unit = 0; unit < outFeatures; unit++) {
        const gradient = pre[row * outFeatures + unit]!;
        const k = i * outFeatures + unit;
        weight[k] = weight[k]! + x[at]! * gradient;
        sum += kernel[k]! * gradient;
      }
      dx[at] = sum;
    }
  }
  const parameters = layer.bias === null ? { weight } : { weight, bias: channelSums(pre, outFeatures) };
  return { inputs: [dx], parameters };
}
