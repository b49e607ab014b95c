/** One step of stochastic gradient descent with momentum over all parameters of a network. */
import shader from "../../shaders/sgd.wgsl";
import { grid, type KernelPlan } from "./plan.ts";

export interface SgdOptions {
  readonly learningRate: number;
  readonly momentum: number;
  readonly weightDecay: number;
}

export function planSgd(count: number, options: SgdOptions): KernelPlan {
  return {
    shader,
    constants: {},
    parameters: { count, ...options },
    workgroups: grid(Math.ceil(count / shader.constants.WORKGROUP)),
  };
}
