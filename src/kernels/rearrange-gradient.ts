/**
 * The gradients of transpose, pad and concat are rearrangements themselves: an inverse transpose, the opposite padding, a
 * slice. A reshape's is a reshape back. All are plans of the kernel `rearrange`, in which x is dy and y is dx.
 */
import { LesionError } from "../core/errors.ts";
import type { PadLayer, TransposeLayer } from "../network/network.ts";
import { type Shape, shapeText } from "../network/shapes.ts";
import type { KernelPlan } from "./plan.ts";
import { planPad, planSlice, planTranspose } from "./rearrange.ts";

/** x: dy, [rows, the axes of inputShape in the order of `axes`], y: dx, [rows, ...inputShape]. */
export function planTransposeGradient(
  rows: number,
  inputShape: Shape,
  { axes }: Pick<TransposeLayer, "axes">,
): KernelPlan {
  const outShape = axes.map((axis) => inputShape[axis]!);
  return planTranspose(rows, outShape, { axes: axes.map((_, axis) => axes.indexOf(axis)) });
}

/**
 * x: dy, [rows, ...inputShape with `before` and `after`], y: dx, [rows, ...inputShape], 0 where numbers were cut off. Throws
 * LesionError("unsupported") in the modes that repeat numbers of the input.
 */
export function planPadGradient(
  rows: number,
  inputShape: Shape,
  { before, after, mode }: Pick<PadLayer, "before" | "after" | "mode">,
): KernelPlan {
  if (mode !== "constant") {
    throw new LesionError("unsupported", `the gradient of padding ${shapeText(inputShape)} in mode ${mode}`, {
      fix: "Train networks that pad with a constant, or only the layers after the padding.",
    });
  }
  const outShape = inputShape.map((size, axis) => before[axis]! + size + after[axis]!);
  const opposite = { before: before.map((count) => -count), after: after.map((count) => -count) };
  return planPad(rows, outShape, { ...opposite, mode, value: 0 });
}

export interface ConcatGradientShape {
  readonly rows: number;
  readonly outShape: Shape;
  /** Of the input that dx is the gradient of. */
  readonly inputShape: Shape;
  readonly axis: number;
  /** Where along the axis this input's slice begins. */
  readonly begin: number;
}

/** x: dy, [rows, ...outShape], y: dx, [rows, ...inputShape]. */
export function planConcatGradient({ rows, outShape, inputShape, axis, begin }: ConcatGradientShape): KernelPlan {
  const starts = outShape.map((_, at) => (at === axis ? begin : 0));
  return planSlice(rows, outShape, { starts, steps: outShape.map(() => 1), sizes: inputShape });
}
