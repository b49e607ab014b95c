/**
 * How an operand is walked whose axes are repeated to fit another shape: strides of 0 along these, and axes along which
 * two tensors run on evenly taken as one, so that kernels do little arithmetic of indices. Rows are an axis like any other.
 */
import { type Shape, sizeOf } from "../network/shapes.ts";
import { channelsOf, positionsOf, vectorsOf } from "./tensor-layout.ts";

/** An axis that two tensors are walked along together, and the vec4s from one of its numbers to the next in either. */
export interface BroadcastAxis {
  readonly size: number;
  readonly a: number;
  readonly b: number;
}

/** vec4s a row of a tensor takes. */
export function rowVectors(shape: Shape): number {
  return positionsOf(shape) * vectorsOf(channelsOf(shape));
}

/** For each axis of `outShape`, the vec4s between neighbours in an operand of `shape`: 0 where it is repeated. */
export function broadcastStrides(shape: Shape, outShape: Shape): number[] {
  const missing = outShape.length - shape.length;
  return outShape.map((_, axis) => {
    const own = axis - missing;
    if (own < 0 || shape[own] === 1) return 0;
    return sizeOf(shape.slice(own + 1, -1)) * vectorsOf(channelsOf(shape));
  });
}

/** Adds an axis outside of those before it (innermost first), fused with the last of them where both tensors allow. */
export function fuseBroadcast(axes: readonly BroadcastAxis[], axis: BroadcastAxis): readonly BroadcastAxis[] {
  if (axis.size === 1) return axes;
  const inner = axes.at(-1);
  if (inner && axis.a === inner.size * inner.a && axis.b === inner.size * inner.b) {
    return [...axes.slice(0, -1), { ...inner, size: inner.size * axis.size }];
  }
  return [...axes, axis];
}
