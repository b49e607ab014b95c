/** Pooling in float64: over windows, and over all positions. */
import type { GlobalPoolLayer, Pool2dLayer } from "../../network/network.ts";
import type { Shape } from "../../network/shapes.ts";
import type { Tensor } from "../tensor.ts";

/** [samples, ...outShape] for x [samples, height, width, channels]. What hangs over beyond the padding is never counted. */
export function pool2d(layer: Pool2dLayer, x: Tensor, samples: number, outShape: Shape): Float64Array {
  const [height, width, channels] = x.shape as [number, number, number];
  const [outHeight, outWidth] = outShape as [number, number, number];
  const { stride, padding } = layer;
  const y = new Float64Array(samples * outHeight * outWidth * channels);
  let at = 0;
  for (let n = 0; n < samples; n++) {
    for (let oy = 0; oy < outHeight; oy++) {
      const rows = along(layer, 0, oy * stride[0] - padding.top, height, padding.bottom);
      for (let ox = 0; ox < outWidth; ox++) {
        const columns = along(layer, 1, ox * stride[1] - padding.left, width, padding.right);
        const pixels = rows.within.flatMap((iy) => columns.within.map((ix) => (n * height + iy) * width + ix));
        const count = layer.countIncludePad ? rows.padded * columns.padded : pixels.length;
        for (let c = 0; c < channels; c++) y[at++] = pooled(layer.pool, x, pixels, c, channels, count);
      }
    }
  }
  return y;
}

/** The window's positions within an axis of `size` numbers, and how many of its positions are within the padded axis. */
export function along({ kernel, dilation }: Pool2dLayer, axis: 0 | 1, start: number, size: number, padAfter: number) {
  const positions = Array.from({ length: kernel[axis] }, (_, k) => start + k * dilation[axis]);
  return {
    within: positions.filter((i) => i >= 0 && i < size),
    padded: positions.filter((i) => i < size + padAfter).length,
  };
}

/** [samples, 1, 1, channels] for x [samples, ..., channels]. */
export function globalPool(layer: GlobalPoolLayer, x: Tensor, samples: number): Float64Array {
  const channels = x.shape.at(-1)!;
  const positions = x.values.length / (samples * channels);
  const y = new Float64Array(samples * channels);
  for (let n = 0; n < samples; n++) {
    const pixels = Array.from({ length: positions }, (_, i) => n * positions + i);
    for (let c = 0; c < channels; c++) y[n * channels + c] = pooled(layer.pool, x, pixels, c, channels, positions);
  }
  return y;
}

function pooled(pool: "max" | "average", x: Tensor, pixels: number[], c: number, channels: number, count: number) {
  let greatest = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (const pixel of pixels) {
    const value = x.values[pixel * channels + c]!;
    greatest = Math.max(greatest, value);
    sum += value;
  }
  return pool === "max" ? greatest : sum / count;
}
