/** How many windows fit along one axis: the arithmetic that convolutions and pooling share. */
import type { Padding, Window } from "./network.ts";

/**
 * Windows along an axis of `input` numbers; 0 or less where not even one fits. With `ceilMode` the last window may hang
 * over the padded end, and is dropped where it would begin after the input (PyTorch; ONNX from opset 19).
 */
export function windowOutput(
  input: number,
  kernel: number,
  stride: number,
  dilation: number,
  padBefore: number,
  padAfter: number,
  ceilMode = false,
): number {
  const room = (input + padBefore + padAfter - dilation * (kernel - 1) - 1) / stride;
  const count = (ceilMode ? Math.ceil(room) : Math.floor(room)) + 1;
  return ceilMode && (count - 1) * stride >= input + padBefore ? count - 1 : count;
}

/** Output rows and columns of a window over an input of [height, width]. */
export function windowOutputs(
  { kernel, stride, dilation, padding }: Window,
  height: number,
  width: number,
  ceilMode = false,
): readonly [rows: number, columns: number] {
  const { top, left, bottom, right } = padding;
  return [
    windowOutput(height, kernel[0], stride[0], dilation[0], top, bottom, ceilMode),
    windowOutput(width, kernel[1], stride[1], dilation[1], left, right, ceilMode),
  ];
}

/**
 * The first of `windows` windows along an axis that touches no number of the input, or -1. Such a window has no maximum,
 * and no mean but of padding.
 */
export function emptyWindow(
  windows: number,
  input: number,
  kernel: number,
  stride: number,
  dilation: number,
  padBefore: number,
): number {
  for (let window = 0; window < windows; window++) {
    const start = window * stride - padBefore;
    const skipped = start < 0 ? Math.ceil(-start / dilation) : 0;
    if (skipped >= kernel || start + skipped * dilation >= input) return window;
  }
  return -1;
}

/** No padding at all. */
export const NO_PADDING: Padding = { top: 0, left: 0, bottom: 0, right: 0 };
