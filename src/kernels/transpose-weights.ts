/**
 * Filters as a convolution that computes the data gradient needs them: taps reversed, input and output channels exchanged.
 * A dense layer's weights are those of one tap.
 */
import shader from "../../shaders/transpose-weights.wgsl";
import { grid, type KernelPlan } from "./plan.ts";

export interface TransposeWeightsShape {
  readonly networks: number;
  /** Kernel rows x kernel columns. */
  readonly taps: number;
  /** vec4s of input and output channels. */
  readonly in4: number;
  readonly out4: number;
  /** vec4s between the weights of two networks. */
  readonly networkStride4: number;
}

/** Buffers: weight, each network's [taps, 4 in4, out4]; transposed: [networks, taps, 4 out4, in4], in vec4s. */
export function planTransposeWeights({ networks, taps, in4, out4, networkStride4 }: TransposeWeightsShape): KernelPlan {
  return {
    shader,
    constants: {},
    parameters: { networks, taps, in4, out4, networkStride4 },
    workgroups: grid(Math.ceil((networks * taps * in4 * out4) / shader.constants.WORKGROUP)),
  };
}
