/** How far each row of a tensor is from that of another: squared distance, and the squared norm of the first. */
import shader from "../../shaders/row-distance.wgsl";
import type { Shape } from "../network/shapes.ts";
import { grid, type KernelPlan } from "./plan.ts";
import { channelsOf, tensorFloats } from "./tensor-layout.ts";

/** a, b: [rows, ...shape]; partial: [rows, parts, 2]. */
export interface RowDistanceShape {
  readonly rows: number;
  readonly shape: Shape;
  /** See `rowDistanceParts`. */
  readonly parts: number;
}

/** The dispatch. Buffers: a, b, partial. */
export function planRowDistance({ rows, shape, parts }: RowDistanceShape): KernelPlan {
  const parameters = { rows, vectors: tensorFloats(1, shape) / 4, channels: channelsOf(shape), parts };
  return {
    shader,
    constants: {},
    parameters,
    workgroups: grid(Math.ceil((rows * parts) / shader.constants.WORKGROUP)),
  };
}

/** vec4s that a thread adds up, at most: beyond, a sum in f32 loses digits. */
const LONGEST_PART = 1024;

/** Parts that a row is split into; the same whatever the number of rows, for they are part of a sum's result. */
export function rowDistanceParts(isProcessor: boolean, shape: Shape): number {
  const vectors = tensorFloats(1, shape) / 4;
  const [threads, shortestPart] = isProcessor ? [64, 256] : [1024, 8];
  return Math.max(1, Math.min(threads, Math.floor(vectors / shortestPart)), Math.ceil(vectors / LONGEST_PART));
}
