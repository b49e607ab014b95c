/** t-SNE's joint probabilities in place of the squared distances, a block of columns at a time. */
import shader from "../../shaders/tsne-affinities.wgsl";
import { grid, type KernelPlan } from "./plan.ts";
import { columnParameters, points4Of, type TsneColumns, tsneWorkgroup } from "./tsne-columns.ts";

/** {bands, p}: p the block, squared distances before and probabilities after. */
export function planTsneAffinities(columns: TsneColumns, isProcessor: boolean): KernelPlan {
  const WORKGROUP = tsneWorkgroup(isProcessor);
  return {
    shader,
    constants: { WORKGROUP },
    parameters: { ...columnParameters(columns), points: columns.points },
    workgroups: grid(Math.ceil((4 * points4Of(columns.points) * columns.count4) / WORKGROUP)),
  };
}
