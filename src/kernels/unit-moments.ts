/** Sums of each unit's activation and its square, by blocks of samples. */
import shader from "../../shaders/unit-moments.wgsl";
import type { Activation } from "../network/network.ts";
import { activationNumber } from "./activation.ts";
import type { KernelPlan } from "./plan.ts";

/** Samples a block. */
export const MOMENTS_BLOCK = shader.constants.BLOCK;

/** z is [units, stride]; the result [units, ceil(samples / MOMENTS_BLOCK), 2]. */
export function planUnitMoments(units: number, samples: number, stride: number, activation: Activation): KernelPlan {
  const blocks = Math.ceil(samples / MOMENTS_BLOCK);
  return {
    shader,
    constants: { ACTIVATION: activationNumber(activation.kind) },
    parameters: { units, samples, stride, alpha: activation.alpha, beta: activation.beta ?? 0 },
    workgroups: [Math.ceil(blocks / shader.constants.WORKGROUP), units],
  };
}
