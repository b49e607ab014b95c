/** Test support: layers with every field filled in, and a brute-force convolution. */
import { type Conv2dLayer, LINEAR, type Pool2dLayer } from "../../network/network.ts";
import type { Tensor } from "../tensor.ts";

const NO_PADDING = { top: 0, left: 0, bottom: 0, right: 0 };
const WINDOW = { kernel: [1, 1], stride: [1, 1], dilation: [1, 1], padding: NO_PADDING } as const;

/** A 1 x 1 convolution of one channel, but for what is given. */
export function convLayer(given: Partial<Conv2dLayer>): Conv2dLayer {
  const channels = { inChannels: 1, outChannels: 1, groups: 1 };
  const parameters = { weight: Float32Array.of(1), bias: null, activation: LINEAR };
  return { kind: "conv2d", name: "conv", inputs: ["x"], ...WINDOW, ...channels, ...parameters, ...given };
}

/** A 1 x 1 pool, but for what is given. */
export function poolLayer(given: Partial<Pool2dLayer>): Pool2dLayer {
  const modes = { pool: "max", ceilMode: false, countIncludePad: false } as const;
  return { kind: "pool2d", name: "pool", inputs: ["x"], ...WINDOW, ...modes, ...given };
}

/** Numbers first, first + 1, ... in a shape. */
export function counting(shape: readonly number[], first = 1, samples = 1): Tensor {
  const length = shape.reduce((product, size) => product * size, samples);
  return { values: Float64Array.from({ length }, (_, i) => first + i), shape };
}

/** One output number of a convolution, by the sum in the layer's definition. */
export function convolvedAt(
  layer: Conv2dLayer,
  x: Tensor,
  [n, oy, ox, o]: readonly [number, number, number, number],
): number {
  const [height, width, channels] = x.shape as [number, number, number];
  const { kernel, stride, dilation, padding, inChannels, outChannels, groups } = layer;
  const perGroup = inChannels / groups;
  const group = Math.floor(o / (outChannels / groups));
  let sum = layer.bias?.[o] ?? 0;
  for (let ky = 0; ky < kernel[0]; ky++) {
    for (let kx = 0; kx < kernel[1]; kx++) {
      for (let i = 0; i < perGroup; i++) {
        const y = oy * stride[0] + ky * dilation[0] - padding.top;
        const z = ox * stride[1] + kx * dilation[1] - padding.left;
        const inside = y >= 0 && y < height && z >= 0 && z < width;
        const value = inside ? x.values[((n * height + y) * width + z) * channels + group * perGroup + i]! : 0;
        sum += value * (layer.weight as Float32Array)[((ky * kernel[1] + kx) * perGroup + i) * outChannels + o]!;
      }
    }
  }
  return sum;
}
