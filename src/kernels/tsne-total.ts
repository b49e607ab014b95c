/** The first stage of t-SNE's Z: sums of every 256th point's share. */
import shader from "../../shaders/tsne-total.wgsl";
import { grid, type KernelPlan } from "./plan.ts";
import { points4Of, tsneParts } from "./tsne-columns.ts";

/** Numbers that the first stage leaves. */
export const TSNE_TOTALS = shader.constants.TOTALS;

/** {forces, totals}: totals is [TSNE_TOTALS]. */
export function planTsneTotal(points: number, isProcessor: boolean): KernelPlan {
  return {
    shader,
    constants: {},
    parameters: { width: 4 * points4Of(points), parts: tsneParts(isProcessor, points) },
    workgroups: grid(TSNE_TOTALS / shader.constants.WORKGROUP),
  };
}
