/** What a t-SNE map's Kullback-Leibler divergence comes to but for log Z, by point and part. */
import shader from "../../shaders/tsne-divergence.wgsl";
import { grid, type KernelPlan } from "./plan.ts";
import { columnParameters, partParameters, type TsneColumns, tsneWorkgroup } from "./tsne-columns.ts";

/** {p, y, divergence}: divergence is [parts, points4] in vec4s of points, in parts of `tsneParts`. */
export function planTsneDivergence(columns: TsneColumns, isProcessor: boolean): KernelPlan {
  const { points, count4 } = columns;
  const WORKGROUP = tsneWorkgroup(isProcessor);
  const parts = partParameters(isProcessor, points);
  return {
    shader,
    constants: { WORKGROUP },
    parameters: { ...columnParameters(columns), points, ...parts },
    workgroups: grid(Math.ceil((parts.parts * count4) / WORKGROUP)),
  };
}
