/** Sums of each channel's activation and of its square, over images and positions: for means and deviations. */
import shader from "../../shaders/channel-moments.wgsl";
import type { Activation } from "../network/network.ts";
import { activationNumber } from "./activation.ts";
import { grid, type KernelPlan } from "./plan.ts";
import { vectorsOf } from "./tensor-layout.ts";

/** Positions summed in f32; the host adds up the blocks in float64. */
export const CHANNEL_MOMENTS_BLOCK = shader.constants.BLOCK;

/** z: [positions (of all images), channels]; partial: [2 ceil(positions / block), channels]. */
export function planChannelMoments(positions: number, channels: number, activation: Activation): KernelPlan {
  const channels4 = vectorsOf(channels);
  const blocks = Math.ceil(positions / CHANNEL_MOMENTS_BLOCK);
  return {
    shader,
    constants: { ACTIVATION: activationNumber(activation.kind) },
    parameters: { positions, channels4, blocks, alpha: activation.alpha, beta: activation.beta ?? 0 },
    workgroups: grid(Math.ceil((blocks * channels4) / shader.constants.WORKGROUP)),
  };
}
