/**
 * Every layer kind in float64, straight from its definition: the oracle that kernels, passes and readers are measured
 * against. Only convolution is arranged for speed, so that a VGG-sized network can be checked at all.
 */
import { applyActivation } from "../network/activation.ts";
import type { Layer } from "../network/network.ts";
import { outputShape } from "../network/shapes.ts";
import { binary } from "./layers/binary.ts";
import { batchNorm, bias, lrn, scale, softmax } from "./layers/channelwise.ts";
import { conv2d } from "./layers/conv2d.ts";
import { dense } from "./layers/dense.ts";
import { globalPool, pool2d } from "./layers/pool2d.ts";
import { concat, pad, slice, transpose } from "./layers/rearrange.ts";
import type { Tensor } from "./tensor.ts";

/**
 * What `layer` gives, [samples, ...outputShape], for `inputs` [samples, ...shape] in the order it names them. Throws
 * LesionError("bad-model") where their shapes do not fit, as `outputShape` does.
 */
export function evaluateLayer(layer: Layer, inputs: readonly Tensor[], samples: number): Float64Array {
  const shape = outputShape(
    layer,
    inputs.map((input) => input.shape),
  );
  const [x, other] = inputs as readonly [Tensor, Tensor];
  switch (layer.kind) {
    case "dense":
      return dense(layer, x);
    case "conv2d":
      return conv2d(layer, x, samples, shape);
    case "pool2d":
      return pool2d(layer, x, samples, shape);
    case "global-pool":
      return globalPool(layer, x, samples);
    case "batch-norm":
      return batchNorm(layer, x);
    case "scale":
      return scale(layer, x);
    case "bias":
      return bias(layer, x);
    case "lrn":
      return lrn(layer, x);
    case "softmax":
      return softmax(layer, x);
    case "binary":
      return binary(layer, x, other, samples, shape);
    case "constant": {
      const y = new Float64Array(samples * layer.values.length);
      for (let n = 0; n < samples; n++) y.set(layer.values, n * layer.values.length);
      return y;
    }
    case "concat":
      return concat(layer, inputs, samples);
    case "pad":
      return pad(layer, x, samples);
    case "slice":
      return slice(layer, x, samples);
    case "transpose":
      return transpose(layer, x, samples);
    case "activation":
      return Float64Array.from(x.values, (value) => applyActivation(layer.activation, value));
    case "flatten":
    case "reshape":
    case "identity":
      return Float64Array.from(x.values);
  }
}
