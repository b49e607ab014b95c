/**
 * Cross-correlation in float64. An output row is summed at a time, so that its sums stay in the cache while the weights
 * pass by once; four input channels go into each pass over the output channels. Some 2 G multiply-accumulates a second.
 */
import { applyActivation } from "../../network/activation.ts";
import type { Conv2dLayer } from "../../network/network.ts";
import type { Shape } from "../../network/shapes.ts";
import { floatsOf } from "../../network/weight.ts";
import type { Floats, Tensor } from "../tensor.ts";

/** [samples, ...outShape] for x [samples, height, width, inChannels]. Zeros are skipped, so weights must be finite. */
export function conv2d(layer: Conv2dLayer, x: Tensor, samples: number, outShape: Shape): Float64Array {
  const [height, width] = x.shape as [number, number, number];
  const [outHeight, outWidth] = outShape as [number, number, number];
  const { inChannels, outChannels, bias, activation } = layer;
  const weight = new Float64Array(floatsOf(layer.weight));
  const rowLength = outWidth * outChannels;
  const y = new Float64Array(samples * outHeight * rowLength);
  for (let n = 0; n < samples; n++) {
    const image = x.values.subarray(n * height * width * inChannels, (n + 1) * height * width * inChannels);
    for (let oy = 0; oy < outHeight; oy++) {
      const start = (n * outHeight + oy) * rowLength;
      const row = y.subarray(start, start + rowLength);
      if (bias !== null) for (let at = 0; at < rowLength; at += outChannels) row.set(bias, at);
      addRow(layer, weight, image, height, width, oy, row);
    }
  }
  return activation.kind === "linear" ? y : y.map((value) => applyActivation(activation, value));
}

/** Adds to `row` [outWidth, outChannels] what output row `oy` takes from `image` [height, width, inChannels]. */
function addRow(
  layer: Conv2dLayer,
  weight: Float64Array,
  image: Floats,
  height: number,
  width: number,
  oy: number,
  row: Float64Array,
): void {
  const { kernel, stride, dilation, padding, inChannels, outChannels, groups } = layer;
  const groupIn = inChannels / groups;
  const groupOut = outChannels / groups;
  const outWidth = row.length / outChannels;
  for (let ky = 0; ky < kernel[0]; ky++) {
    const iy = oy * stride[0] - padding.top + ky * dilation[0];
    if (iy < 0 || iy >= height) continue;
    for (let kx = 0; kx < kernel[1]; kx++) {
      const tap = (ky * kernel[1] + kx) * groupIn * outChannels;
      for (let group = 0; group < groups; group++) {
        for (let i = 0; i < groupIn; i += 4) {
          const channels = Math.min(4, groupIn - i);
          const weightAt = tap + i * outChannels + group * groupOut;
          for (let ox = 0; ox < outWidth; ox++) {
            const ix = ox * stride[1] - padding.left + kx * dilation[1];
            if (ix < 0 || ix >= width) continue;
            const imageAt = (iy * width + ix) * inChannels + group * groupIn + i;
            const rowAt = ox * outChannels + group * groupOut;
            addChannels(row, rowAt, groupOut, image, imageAt, channels, weight, weightAt, outChannels);
          }
        }
      }
    }
  }
}

/** row[rowAt + o] += sum of image[imageAt + c] * weight[weightAt + c * pitch + o] over up to four channels c. */
function addChannels(
  row: Float64Array,
  rowAt: number,
  outputs: number,
  image: Floats,
  imageAt: number,
  channels: number,
  weight: Float64Array,
  weightAt: number,
  pitch: number,
): void {
  if (channels < 4) {
    for (let c = 0; c < channels; c++) {
      const value = image[imageAt + c]!;
      const at = weightAt + c * pitch;
      if (value !== 0) for (let o = 0; o < outputs; o++) row[rowAt + o] = row[rowAt + o]! + value * weight[at + o]!;
    }
    return;
  }
  const x0 = image[imageAt]!;
  const x1 = image[imageAt + 1]!;
  const x2 = image[imageAt + 2]!;
  const x3 = image[imageAt + 3]!;
  if (x0 === 0 && x1 === 0 && x2 === 0 && x3 === 0) return;
  const w1 = weightAt + pitch;
  const w2 = w1 + pitch;
  const w3 = w2 + pitch;
  for (let o = 0; o < outputs; o++) {
    const sum = x0 * weight[weightAt + o]! + x1 * weight[w1 + o]! + x2 * weight[w2 + o]! + x3 * weight[w3 + o]!;
    row[rowAt + o] = row[rowAt + o]! + sum;
  }
}
