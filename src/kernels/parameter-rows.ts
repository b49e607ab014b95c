/** The parameters of many networks as the optimizers' kernels go through them: [networks, count], some of them held. */
import { grid, type KernelPlan } from "./plan.ts";

/** Numbers that `count` is a multiple of: two words of held bits, and 256 bytes, the grain of a binding's offset. */
export const PARAMETER_BLOCK = 64;

export interface ParameterRows {
  readonly networks: number;
  /** Parameters of a network, a multiple of `PARAMETER_BLOCK`. */
  readonly count: number;
}

/** An optimizer's dispatch. `clip`: the gradient is multiplied by factor: [networks]. */
export function planStep(
  shader: KernelPlan["shader"],
  { networks, count, clip }: ParameterRows & { readonly clip: boolean },
  parameters: KernelPlan["parameters"],
): KernelPlan {
  const networkVectors = count / 4;
  const vectors = networks * networkVectors;
  return {
    shader,
    constants: {},
    parameters: { vectors, networkVectors, clip: clip ? 1 : 0, ...parameters },
    workgroups: grid(Math.ceil(vectors / shader.constants["WORKGROUP"]!)),
  };
}
