/** Where Keras' windows stand: kernel, strides, dilation and padding of convolutions and pooling, in one axis or two. */
import type { Padding, Window } from "../../../network/network.ts";
import { NO_PADDING } from "../../../network/window.ts";
import { type Call, refuse, type Value } from "../call.ts";
import { impossible, quote } from "../failure.ts";

type Pair = readonly [rows: number, columns: number];

/** Beyond this no window is meant. */
const MOST = 1 << 16;

/** The window of `sizeKey` ("kernel_size", "pool_size") over `image`, kept as [height, width, channels]. */
export function windowOf(call: Call, image: Value, axes: 1 | 2, sizeKey: "kernel_size" | "pool_size"): Window {
  const kernel = pairOf(call, sizeKey, axes, sizeKey === "pool_size" ? [2, 2] : null);
  const stride = pairOf(call, "strides", axes, sizeKey === "pool_size" ? kernel : [1, 1]);
  const dilation = sizeKey === "pool_size" ? ([1, 1] as const) : pairOf(call, "dilation_rate", axes, [1, 1]);
  return { kernel, stride, dilation, padding: paddingOf(call, image, axes, { kernel, stride, dilation }) };
}

/** A size for rows and columns; of a series it is the columns'. */
function pairOf(call: Call, key: string, axes: 1 | 2, otherwise: Pair | null): Pair {
  const { where } = call.config;
  const given = call.config.integers(key, axes);
  if (given === null) {
    if (otherwise === null) throw impossible(`${where} has no ${quote(key)}`, `${where}, ${key}`);
    return axes === 1 ? [1, otherwise[1]] : otherwise;
  }
  const wrong = given.find((size) => size < 1 || size > MOST);
  if (wrong !== undefined) {
    throw impossible(`${where} has ${quote(key)} ${wrong}, 1 to ${MOST} are possible`, `${where}, ${key}`);
  }
  return axes === 1 ? [1, given[0]!] : [given[0]!, given[1]!];
}

function paddingOf(call: Call, image: Value, axes: 1 | 2, window: Omit<Window, "padding">): Padding {
  const mode = call.config.text("padding", "valid").toLowerCase();
  if (mode === "valid") return NO_PADDING;
  if (mode === "same") {
    const [top, bottom] = samePadding(image.kept[0]!, window.kernel[0], window.stride[0], window.dilation[0]);
    const [left, right] = samePadding(image.kept[1]!, window.kernel[1], window.stride[1], window.dilation[1]);
    return { top, left, bottom, right };
  }
  if (mode === "causal" && axes === 1) return { ...NO_PADDING, left: window.dilation[1] * (window.kernel[1] - 1) };
  throw refuse(call, `has the padding ${quote(mode)}`, 'Use "same" or "valid".');
}

/** TensorFlow's SAME: as many windows as input / stride, rounded up; of an odd padding the greater part comes after. */
export function samePadding(input: number, kernel: number, stride: number, dilation: number): Pair {
  const windows = Math.ceil(input / stride);
  const total = Math.max((windows - 1) * stride + (kernel - 1) * dilation + 1 - input, 0);
  const before = Math.floor(total / 2);
  return [before, total - before];
}
