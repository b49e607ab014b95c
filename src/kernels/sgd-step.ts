/** One step of stochastic gradient descent over all parameters of many networks. */
import shader from "../../shaders/sgd-step.wgsl";
import { type ParameterRows, planStep } from "./parameter-rows.ts";
import type { KernelPlan } from "./plan.ts";

export interface SgdStepShape extends ParameterRows {
  readonly clip: boolean;
  readonly learningRate: number;
  readonly momentum: number;
  readonly nesterov: boolean;
  /** Added to the gradient as weightDecay w. */
  readonly weightDecay: number;
}

/**
 * g, v, w: [networks, count]; held: [networks, count / 32], u32, v being 0 where its bit is 1; factor: [networks], not read
 * without `clip`.
 */
export function planSgdStep(shape: SgdStepShape): KernelPlan {
  const { learningRate, momentum, nesterov, weightDecay } = shape;
  return planStep(shader, shape, {
    ...{ learningRate, momentum, weightDecay },
    gradientShare: nesterov ? 1 : 0,
    velocityShare: nesterov ? momentum : 1,
  });
}
