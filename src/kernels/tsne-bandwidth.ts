/** The width of each point's Gaussian by bisection, a step a dispatch, until its entropy is that of the perplexity. */
import shader from "../../shaders/tsne-bandwidth.wgsl";
import { grid, type KernelPlan } from "./plan.ts";
import { columnParameters, points4Of, type TsneColumns, tsneWorkgroup } from "./tsne-columns.ts";

/** Steps of the search: beta to all digits of f32 where it lies within 2^10 of 1, up or down. */
export const BANDWIDTH_STEPS = 36;

/** Bytes of `bands`. */
export function bandsBytes(points: number): number {
  return 5 * points4Of(points) * 16;
}

/** {d, bands}: d the block of squared distances; bands [5, points4] in vec4s of points, read unless it is the first step. */
export function planTsneBandwidth(
  columns: TsneColumns,
  step: { readonly perplexity: number; readonly first: boolean },
  isProcessor: boolean,
): KernelPlan {
  const WORKGROUP = tsneWorkgroup(isProcessor);
  return {
    shader,
    constants: { WORKGROUP, FIRST: step.first ? 1 : 0 },
    parameters: { ...columnParameters(columns), points: columns.points, entropy: Math.log(step.perplexity) },
    workgroups: grid(Math.ceil(columns.count4 / WORKGROUP)),
  };
}
