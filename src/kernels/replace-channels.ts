/** What every channel of a layer becomes under a replacement, all replaced at once. */
import shader from "../../shaders/replace-channels.wgsl";
import type { Activation } from "../network/network.ts";
import { activationNumber } from "./activation.ts";
import { grid, type KernelPlan } from "./plan.ts";
import { vectorsOf } from "./tensor-layout.ts";

/** z and replaced are [images, positions, channels]. */
export interface ReplaceShape {
  readonly images: number;
  readonly positions: number;
  readonly channels: number;
  /** The layer's activation, which z has not been through. */
  readonly activation: Activation;
  /** Replaces before the activation, not after it. */
  readonly before: boolean;
  /** Whether the shift differs by sample, and is what `replaced` holds before. */
  readonly given?: boolean;
  /** Whether any sigma is not 0. */
  readonly noise: boolean;
  readonly seed: number;
  /** Number, in the data set, of the first image: noise depends on it. */
  readonly sampleStart: number;
}

export function planReplaceChannels(shape: ReplaceShape): KernelPlan {
  const { images, positions, channels, activation, before, given = false, noise, seed, sampleStart } = shape;
  const channels4 = vectorsOf(channels);
  return {
    shader,
    constants: {
      ACTIVATION: activationNumber(activation.kind),
      BEFORE: before ? 1 : 0,
      NOISE: noise ? 1 : 0,
      GIVEN: given ? 1 : 0,
    },
    parameters: {
      images,
      positions,
      channels4,
      sampleStart,
      seed: seed >>> 0,
      alpha: activation.alpha,
      beta: activation.beta ?? 0,
    },
    workgroups: grid(Math.ceil((images * positions * channels4) / shader.constants.WORKGROUP)),
  };
}
