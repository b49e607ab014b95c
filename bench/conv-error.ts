/** How far results are from what they should be, over the root mean square of what they should be. */
import { random } from "../src/core/random.ts";
import type { Conv2dLayer } from "../src/network/network.ts";
import type { Shape } from "../src/network/shapes.ts";
import { floatsOf } from "../src/network/weight.ts";

/** Largest difference between two arrays of equal length, over the root mean square of `expected`. Not a number stays so. */
export function relativeError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let largest = found.length === expected.length ? 0 : Number.NaN;
  let squares = 0;
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(found[i]! - expected[i]!));
    squares += expected[i]! ** 2;
  }
  return largest / Math.sqrt(squares / expected.length || 1);
}

/**
 * `relativeError` of a convolution's results y [images, outHeight, outWidth, outChannels] on `count` of them, drawn with a
 * seed, against sums in float64. x: [images, height, width, inChannels]; one group, ReLU or no activation.
 */
export function sampledError(
  layer: Conv2dLayer,
  { x, input, y, output }: { x: Float32Array; input: Shape; y: Float32Array; output: Shape },
  count: number,
  seed: number,
): number {
  const draw = random(seed, "sampled outputs");
  const weight = floatsOf(layer.weight);
  const found: number[] = [];
  const expected: number[] = [];
  for (let i = 0; i < count; i++) {
    const at = draw.below(y.length);
    found.push(y[at]!);
    expected.push(outputAt(layer, weight, x, input, output, at));
  }
  return relativeError(found, expected);
}

/** One number of a convolution's results, summed in float64. */
function outputAt(
  { kernel, stride, dilation, padding, inChannels, outChannels, bias, activation }: Conv2dLayer,
  weight: Float32Array,
  x: Float32Array,
  [height = 1, width = 1]: Shape,
  [outHeight = 1, outWidth = 1]: Shape,
  at: number,
): number {
  const channel = at % outChannels;
  const position = Math.floor(at / outChannels);
  const column = position % outWidth;
  const row = Math.floor(position / outWidth) % outHeight;
  const image = Math.floor(position / outWidth / outHeight);
  let sum = bias?.[channel] ?? 0;
  for (let tap = 0; tap < kernel[0] * kernel[1]; tap++) {
    const fromRow = row * stride[0] + Math.floor(tap / kernel[1]) * dilation[0] - padding.top;
    const fromColumn = column * stride[1] + (tap % kernel[1]) * dilation[1] - padding.left;
    if (fromRow < 0 || fromRow >= height || fromColumn < 0 || fromColumn >= width) continue;
    const from = ((image * height + fromRow) * width + fromColumn) * inChannels;
    for (let c = 0; c < inChannels; c++) sum += x[from + c]! * weight[(tap * inChannels + c) * outChannels + channel]!;
  }
  return activation.kind === "relu" ? Math.max(0, sum) : sum;
}
