/** The backward pass of every layer kind in float64, straight from its definition: what kernels are measured against. */
import { type Layer, LINEAR } from "../../network/network.ts";
import { outputShape } from "../../network/shapes.ts";
import { differentiable } from "../activation.ts";
import { evaluateLayer } from "../evaluate-layer.ts";
import type { Tensor } from "../tensor.ts";
import { binaryGradient } from "./binary.ts";
import {
  batchNormGradient,
  channelStatistics,
  channelSums,
  lrnGradient,
  scaleGradient,
  softmaxGradient,
} from "./channelwise.ts";
import { conv2dGradient } from "./conv2d.ts";
import { denseGradient } from "./dense.ts";
import type { LayerGradient } from "./gradient.ts";
import { globalPoolGradient, pool2dGradient } from "./pool2d.ts";
import { rearrangedGradient } from "./rearrange.ts";

/** How a layer was run when its gradient is asked for. */
export interface LayerGradientOptions {
  /** A batch norm took the statistics of its batch, and gradient passes through them. False unless given. */
  readonly batchStatistics?: boolean;
}

/**
 * Gradients of a scalar loss by the inputs [samples, ...shape] and parameters of `layer`, from `dy` [samples,
 * ...outputShape], the gradient by what the layer gave, its activation included. Activations have the derivatives of
 * `differentiable`, and the first of equal maxima takes a pool's gradient. Throws `bad-model` as `outputShape` does.
 */
export function layerGradient(
  layer: Layer,
  inputs: readonly Tensor[],
  dy: Float64Array,
  samples: number,
  options: LayerGradientOptions = {},
): LayerGradient {
  const shapes = inputs.map(({ shape }) => shape);
  const shape = outputShape(layer, shapes);
  const pre = preActivationGradient(layer, inputs, dy, samples);
  const [x, other] = inputs as readonly [Tensor, Tensor];
  switch (layer.kind) {
    case "dense":
      return denseGradient(layer, x, pre);
    case "conv2d":
      return conv2dGradient(layer, x, pre, samples, shape);
    case "pool2d":
      return without(pool2dGradient(layer, x, dy, samples, shape));
    case "global-pool":
      return without(globalPoolGradient(layer, x, dy, samples));
    case "batch-norm":
      return batchNormGradient(layer, x, dy, options.batchStatistics === true ? channelStatistics(x) : null);
    case "scale":
      return scaleGradient(layer, x, pre);
    case "bias":
      return { inputs: [dy], parameters: { bias: channelSums(dy, layer.bias.length) } };
    case "lrn":
      return without(lrnGradient(layer, x, dy));
    case "softmax":
      return without(softmaxGradient(layer, x, dy));
    case "binary":
      return without(...binaryGradient(layer, [x, other], pre, samples, shape));
    case "constant":
      return without();
    case "activation":
      return without(pre);
    case "pad":
      return without(...moved({ ...layer, value: 0 }));
    case "concat":
    case "slice":
    case "transpose":
      return without(...moved(layer));
    case "flatten":
    case "reshape":
    case "identity":
      return without(dy);
  }

  function moved(mover: Layer): readonly Float64Array[] {
    return rearrangedGradient((numbered) => evaluateLayer(mover, numbered, 1), shapes, dy, samples);
  }
}

/** The gradient by what the layer's own activation reads, or `dy` itself where it has none. */
function preActivationGradient(layer: Layer, inputs: readonly Tensor[], dy: Float64Array, samples: number) {
  if (!("activation" in layer) || layer.activation.kind === "linear") return dy;
  const pre = evaluateLayer({ ...layer, activation: LINEAR }, inputs, samples);
  const { derivative } = differentiable(layer.activation);
  return dy.map((gradient, at) => gradient * derivative(pre[at]!));
}

/** Gradients of a layer that has no parameters to train. */
function without(...inputs: readonly Float64Array[]): LayerGradient {
  return { inputs, parameters: {} };
}
