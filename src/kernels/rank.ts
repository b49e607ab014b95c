/** The intact network's outcome of every sample: the rank of the true class, and the cross-entropy. */
import shader from "../../shaders/rank.wgsl";
import type { KernelPlan } from "./plan.ts";

/** Strides in elements, from one image and from one class to the next. */
export interface RankShape {
  readonly images: number;
  readonly classes: number;
  readonly imageStride: number;
  readonly classStride: number;
}

export function planRank(shape: RankShape): KernelPlan {
  return {
    shader,
    constants: {},
    parameters: { ...shape },
    workgroups: [Math.ceil(shape.images / shader.constants.WORKGROUP), 1],
  };
}
