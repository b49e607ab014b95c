/** Squared distances between all points, a block of columns at a time. */
import shader from "../../shaders/tsne-distances.wgsl";
import { grid, type KernelPlan } from "./plan.ts";
import { columnParameters, points4Of, type TsneColumns, tsneWorkgroup } from "./tsne-columns.ts";

/** {x, d}: x is [dims, points4] in vec4s of points; d the block. */
export function planTsneDistances(columns: TsneColumns, dims: number, isProcessor: boolean): KernelPlan {
  const WORKGROUP = tsneWorkgroup(isProcessor);
  return {
    shader,
    constants: { WORKGROUP },
    parameters: { ...columnParameters(columns), dims },
    workgroups: grid(Math.ceil((points4Of(columns.points) * columns.count4) / WORKGROUP)),
  };
}
