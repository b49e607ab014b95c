/**
 * Convolution and pooling by TensorFlow.js. Its own padding is "same" or "valid" and its strides exclude dilations, so the
 * input is padded here, and where there are both, every stride-th result of a dense scan is kept.
 */
import type { Tensor, Tensor1D, Tensor4D } from "@tensorflow/tfjs-core";
import type { Conv2dLayer, Pool2dLayer, Window } from "../network/network.ts";
import type { Shape } from "../network/shapes.ts";
import type { Tfjs } from "./tfjs.ts";

type Pair = [number, number];

/** Least finite f32: what padding counts as for a maximum. */
const LEAST = -3.4028234663852886e38;

/** The convolution without its activation. x: [n, height, width, inChannels]; weight as the layer has it. */
export function convolved(
  tf: Tfjs,
  layer: Conv2dLayer,
  x: Tensor4D,
  weight: Tensor4D,
  bias: Tensor1D | null,
  outShape: Shape,
): Tensor4D {
  const padded = paddedFor(tf, layer, x, outShape, 0);
  const y = scanned(tf, layer, padded, (input, strides, dilations) => {
    return layer.groups === 1
      ? tf.conv2d(input, weight, strides, "valid", "NHWC", dilations)
      : grouped(tf, layer, input, weight, strides, dilations);
  });
  return bias === null ? y : tf.add(y, bias);
}

function grouped(
  tf: Tfjs,
  layer: Conv2dLayer,
  x: Tensor4D,
  weight: Tensor4D,
  strides: Pair,
  dilations: Pair,
): Tensor4D {
  const { kernel, inChannels, outChannels, groups } = layer;
  if (groups === inChannels) {
    const filter = tf.reshape(weight, [kernel[0], kernel[1], inChannels, outChannels / inChannels]) as Tensor4D;
    return tf.depthwiseConv2d(x, filter, strides, "valid", "NHWC", dilations);
  }
  const weights = tf.split(weight, groups, 3);
  const parts = tf.split(x, groups, 3).map((part, group) => {
    return tf.conv2d(part as Tensor4D, weights[group] as Tensor4D, strides, "valid", "NHWC", dilations);
  });
  return tf.concat(parts, 3);
}

/** Windows of x [n, height, width, channels]. */
export function pooled(tf: Tfjs, layer: Pool2dLayer, x: Tensor4D, outShape: Shape): Tensor4D {
  const [rows, columns] = layer.kernel;
  const padded = paddedFor(tf, layer, x, outShape, layer.pool === "max" ? LEAST : 0);
  const type = layer.pool === "max" ? "max" : "avg";
  const y = scanned(tf, layer, padded, (input, strides, dilations) => {
    return tf.pool(input, [rows, columns], type, "valid", dilations, strides);
  });
  if (layer.pool === "max") return y;
  const down = counts(layer, 0, x.shape[1], outShape[0]!);
  const across = counts(layer, 1, x.shape[2], outShape[1]!);
  const shares = down.flatMap((rowsWithin) =>
    across.map((columnsWithin) => (rows * columns) / (rowsWithin * columnsWithin)),
  );
  return tf.mul(y, tf.tensor(shares, [1, down.length, across.length, 1]));
}

/** For each window along an axis, how many of its positions an average divides by. */
function counts(
  { kernel, stride, dilation, padding, countIncludePad }: Pool2dLayer,
  axis: 0 | 1,
  size: number,
  windows: number,
) {
  const [before, after] = axis === 0 ? [padding.top, padding.bottom] : [padding.left, padding.right];
  const [least, most] = countIncludePad ? [-before, size + after] : [0, size];
  return Array.from({ length: windows }, (_, window) => {
    let count = 0;
    for (let k = 0; k < kernel[axis]; k++) {
      const position = window * stride[axis] - before + k * dilation[axis];
      if (position >= least && position < most) count++;
    }
    return count;
  });
}

/** x with as much before and after it as the windows of the output reach, and no more. */
function paddedFor(
  tf: Tfjs,
  { kernel, stride, dilation, padding }: Window,
  x: Tensor4D,
  outShape: Shape,
  fill: number,
) {
  const [, height, width] = x.shape;
  const reach = (axis: 0 | 1) => (outShape[axis]! - 1) * stride[axis] + dilation[axis] * (kernel[axis] - 1) + 1;
  const bottom = Math.max(0, reach(0) - padding.top - height);
  const right = Math.max(0, reach(1) - padding.left - width);
  if (padding.top === 0 && padding.left === 0 && bottom === 0 && right === 0) return x;
  return tf.pad(
    x,
    [
      [0, 0],
      [padding.top, bottom],
      [padding.left, right],
      [0, 0],
    ],
    fill,
  );
}

function scanned(
  tf: Tfjs,
  { stride, dilation }: Window,
  x: Tensor4D,
  scan: (x: Tensor4D, strides: Pair, dilations: Pair) => Tensor,
): Tensor4D {
  const strides: Pair = [...stride];
  const dilations: Pair = [...dilation];
  const isStrided = strides.some((step) => step > 1);
  if (!isStrided || dilations.every((step) => step === 1)) return scan(x, strides, dilations) as Tensor4D;
  const y = scan(x, [1, 1], dilations);
  return tf.stridedSlice(y, [0, 0, 0, 0], [...y.shape], [1, ...strides, 1]) as Tensor4D;
}
