/** Gradients of pooling in float64: over windows, and over all positions. */
import type { GlobalPoolLayer, Pool2dLayer } from "../../network/network.ts";
import type { Shape } from "../../network/shapes.ts";
import { along } from "../layers/pool2d.ts";
import type { Tensor } from "../tensor.ts";

/**
 * By x [samples, height, width, channels], from `dy` [samples, ...outShape]. The first of equal maxima of a window, row by
 * row, takes all of a maximum's gradient.
 */
export function pool2dGradient(
  layer: Pool2dLayer,
  x: Tensor,
  dy: Float64Array,
  samples: number,
  outShape: Shape,
): Float64Array {
  const [height, width] = x.shape as [number, number, number];
  const [outHeight, outWidth] = outShape as [number, number, number];
  const { stride, padding, pool } = layer;
  const dx = new Float64Array(x.values.length);
  let position = 0;
  for (let n = 0; n < samples; n++) {
    for (let oy = 0; oy < outHeight; oy++) {
      const rows = along(layer, 0, oy * stride[0] - padding.top, height, padding.bottom);
      for (let ox = 0; ox < outWidth; ox++) {
        const columns = along(layer, 1, ox * stride[1] - padding.left, width, padding.right);
        const pixels = rows.within.flatMap((iy) => columns.within.map((ix) => (n * height + iy) * width + ix));
        const count = layer.countIncludePad ? rows.padded * columns.padded : pixels.length;
        spread(pool, x, pixels, count, dy, position++, dx);
      }
    }
  }
  return dx;
}

/** By x [samples, ..., channels], from `dy` [samples, 1, 1, channels]. */
export function globalPoolGradient({ pool }: GlobalPoolLayer, x: Tensor, dy: Float64Array, samples: number) {
  const positions = x.values.length / (samples * x.shape.at(-1)!);
  const dx = new Float64Array(x.values.length);
  for (let n = 0; n < samples; n++) {
    const pixels = Array.from({ length: positions }, (_, i) => n * positions + i);
    spread(pool, x, pixels, positions, dy, n, dx);
  }
  return dx;
}

/** Adds to `dx` what the pixels of one window get from the gradient by its result, channel by channel. */
function spread(
  pool: "max" | "average",
  { values, shape }: Tensor,
  pixels: readonly number[],
  count: number,
  dy: Float64Array,
  position: number,
  dx: Float64Array,
): void {
  const channels = shape.at(-1)!;
  for (let c = 0; c < channels; c++) {
    const gradient = dy[position * channels + c]!;
    const valueAt = (pixel: number) => values[pixel * channels + c]!;
    const taken =
      pool === "max" ? [pixels.reduce((best, pixel) => (valueAt(pixel) > valueAt(best) ? pixel : best))] : pixels;
    for (const pixel of taken) {
      const at = pixel * channels + c;
      dx[at] = dx[at]! + (pool === "max" ? gradient : gradient / count);
    }
  }
}
