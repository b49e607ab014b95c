/** One step of a t-SNE map down its gradient, with momentum and gains. */
import shader from "../../shaders/tsne-step.wgsl";
import { grid, type KernelPlan } from "./plan.ts";
import { points4Of, tsneParts, tsneWorkgroup } from "./tsne-columns.ts";

export interface TsneStepSettings {
  /** What the attraction is multiplied by. */
  readonly exaggeration: number;
  readonly momentum: number;
  readonly rate: number;
}

/** {forces, totals, y, velocity, gain}: the last three are [4 points4] of vec2, changed in place. */
export function planTsneStep(points: number, settings: TsneStepSettings, isProcessor: boolean): KernelPlan {
  const WORKGROUP = tsneWorkgroup(isProcessor);
  return {
    shader,
    constants: { WORKGROUP },
    parameters: { points, width: 4 * points4Of(points), parts: tsneParts(isProcessor, points), ...settings },
    workgroups: grid(Math.ceil(points / WORKGROUP)),
  };
}
