/** Adds up the parts of a sum that several threads computed, in their order: the second pass of every split product. */
import shader from "../../shaders/sum-parts.wgsl";
import { grid, type KernelPlan } from "./plan.ts";

/** x: [parts, groups, fromStride4], y: [groups, toStride4], in vec4s. At least one part. */
export interface SumPartsShape {
  readonly parts: number;
  /** vec4s of a group's sum. */
  readonly count4: number;
  /** Networks; 1 unless given. */
  readonly groups?: number;
  /** Where in a group of x the sum is taken from; 0 unless given. */
  readonly from4?: number;
  /** vec4s from one group to the next; count4 unless given. */
  readonly fromStride4?: number;
  readonly toStride4?: number;
}

/** The dispatch. Buffers: x, y. */
export function planSumParts(shape: SumPartsShape): KernelPlan {
  const { parts, count4, groups = 1, from4 = 0, fromStride4 = count4, toStride4 = count4 } = shape;
  return {
    shader,
    constants: {},
    parameters: { parts, groups, count4, from4, fromStride4, toStride4 },
    workgroups: grid(Math.ceil((groups * count4) / shader.constants.WORKGROUP)),
  };
}
