/** One Adam step over all parameters of a network. */
import shader from "../../shaders/adam.wgsl";
import { grid, type KernelPlan } from "./plan.ts";

export interface AdamOptions {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

/** The dispatch of step `step`, counted from 1: the bias corrections are 1 - beta^step. */
export function planAdam(count: number, options: AdamOptions, step: number): KernelPlan {
  return {
    shader,
    constants: {},
    parameters: {
      count,
      ...options,
      share1: 1 - options.beta1,
      share2: 1 - options.beta2,
      correction1: 1 - options.beta1 ** step,
      correction2: 1 - options.beta2 ** step,
    },
    workgroups: grid(Math.ceil(count / shader.constants.WORKGROUP)),
  };
}
