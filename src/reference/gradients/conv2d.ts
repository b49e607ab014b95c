/** Gradients of a cross-correlation by its input, filters and biases, in float64, term by term of its definition. */
import type { Conv2dLayer } from "../../network/network.ts";
import type { Shape } from "../../network/shapes.ts";
import { floatsOf } from "../../network/weight.ts";
import type { Tensor } from "../tensor.ts";
import { channelSums } from "./channelwise.ts";
import type { LayerGradient } from "./gradient.ts";

/** From `pre` [samples, ...outShape], the gradient by x * W + b, for x [samples, height, width, inChannels]. */
export function conv2dGradient(
  layer: Conv2dLayer,
  x: Tensor,
  pre: Float64Array,
  samples: number,
  outShape: Shape,
): LayerGradient {
  const [height, width] = x.shape as [number, number, number];
  const [outHeight, outWidth] = outShape as [number, number, number];
  const { kernel, stride, dilation, padding, inChannels, outChannels, groups } = layer;
  const groupIn = inChannels / groups;
  const groupOut = outChannels / groups;
  const filters = floatsOf(layer.weight);
  const weight = new Float64Array(filters.length);
  const dx = new Float64Array(x.values.length);

  /** One tap of the window at one output position: its pixel of the input, for all channels. */
  function addTap(tap: number, pixel: number, position: number): void {
    for (let i = 0; i < inChannels; i++) {
      const group = Math.floor(i / groupIn);
      const weightAt = (tap * groupIn + (i % groupIn)) * outChannels + group * groupOut;
      const preAt = position * outChannels + group * groupOut;
      const at = pixel * inChannels + i;
      const value = x.values[at]!;
      let sum = 0;
      for (let o = 0; o < groupOut; o++) {
        const gradient = pre[preAt + o]!;
        weight[weightAt + o] = weight[weightAt + o]! + value * gradient;
        sum += filters[weightAt + o]! * gradient;
      }
      dx[at] = dx[at]! + sum;
    }
  }

  for (let n = 0; n < samples; n++) {
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ky = 0; ky < kernel[0]; ky++) {
        const iy = oy * stride[0] - padding.top + ky * dilation[0];
        if (iy < 0 || iy >= height) continue;
        for (let ox = 0; ox < outWidth; ox++) {
          for (let kx = 0; kx < kernel[1]; kx++) {
            const ix = ox * stride[1] - padding.left + kx * dilation[1];
            if (ix < 0 || ix >= width) continue;
            addTap(ky * kernel[1] + kx, (n * height + iy) * width + ix, (n * outHeight + oy) * outWidth + ox);
          }
        }
      }
    }
  }
  const parameters = layer.bias === null ? { weight } : { weight, bias: channelSums(pre, outChannels) };
  return { inputs: [dx], parameters };
}
