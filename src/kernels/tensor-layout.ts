/**
 * How a tensor of a convolutional network lies on the device: [rows, positions, channels], rows being masks x images,
 * positions the product of a sample's axes before the last, and the channels padded to whole vec4s. What lies in the
 * padding is finite, and nobody's.
 */
import { type Shape, sizeOf } from "../network/shapes.ts";

/** Numbers a position takes: the channels rounded up to a multiple of 4. */
export function paddedChannels(channels: number): number {
  return Math.ceil(channels / 4) * 4;
}

/** The vec4s that a position takes. */
export function vectorsOf(channels: number): number {
  return Math.ceil(channels / 4);
}

/** A sample's last axis; 1 for a scalar, []. */
export function channelsOf(shape: Shape): number {
  return shape.at(-1) ?? 1;
}

/** The product of a sample's axes before the last: 1 for [channels], and for a scalar. */
export function positionsOf(shape: Shape): number {
  return sizeOf(shape.slice(0, -1));
}

/** Numbers that `rows` samples of a shape take on the device, padding included. */
export function tensorFloats(rows: number, shape: Shape): number {
  return rows * positionsOf(shape) * paddedChannels(channelsOf(shape));
}

/**
 * Which row of an operand belongs to row r of the result. `own`: row r. `shared`: the row of r's image, `rows[r].x` in a
 * table of (image, mask) pairs, for what no mask touches. `one`: row 0, for a constant.
 */
export type RowMode = "own" | "shared" | "one";

/** A tensor as a kernel reads it. */
export interface Operand {
  readonly shape: Shape;
  readonly rows: RowMode;
}

/** Neighbouring results that a thread computes along an axis of `size`, so that it finds its place once for all of them. */
export function runOf(size: number): number {
  return Math.max(1, Math.min(4, size));
}
