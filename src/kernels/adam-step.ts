/** One step of Adam or AdamW over all parameters of many networks. */
import shader from "../../shaders/adam-step.wgsl";
import { type ParameterRows, planStep } from "./parameter-rows.ts";
import type { KernelPlan } from "./plan.ts";

export interface AdamStepShape extends ParameterRows {
  /** Weight decay is part of the gradient, or apart from it. */
  readonly kind: "adam" | "adamw";
  readonly clip: boolean;
  /** Counted from 1. */
  readonly step: number;
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

/**
 * g, m, v, w: [networks, count]; held: [networks, count / 32], u32, m and v being 0 where its bit is 1; factor: [networks],
 * not read without `clip`.
 */
export function planAdamStep(shape: AdamStepShape): KernelPlan {
  const { kind, step, learningRate, beta1, beta2, epsilon, weightDecay } = shape;
  return planStep(shader, shape, {
    ...{ beta1, beta2, epsilon },
    share1: 1 - beta1,
    share2: 1 - beta2,
    weightDecay: kind === "adam" ? weightDecay : 0,
    shrink: kind === "adamw" ? learningRate * weightDecay : 0,
    rate: learningRate / (1 - beta1 ** step),
    rootScale: 1 / Math.sqrt(1 - beta2 ** step),
  });
}
