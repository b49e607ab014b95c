/** Masks channels of a further layer, in place, before or after its activation. */
import shader from "../../shaders/mask-channels.wgsl";
import { wordsFor } from "../core/bitset.ts";
import { type Activation, LINEAR } from "../network/network.ts";
import { activationNumber } from "./activation.ts";
import { grid, type KernelPlan } from "./plan.ts";
import { vectorsOf } from "./tensor-layout.ts";

/** h: [rows, positions, units]. */
export interface MaskShape {
  readonly rows: number;
  readonly positions: number;
  readonly units: number;
  /** Applied to all of h after masking: the layer's own, where it is masked before its activation. */
  readonly activation?: Activation;
  readonly noise: boolean;
  /** Where what units become differs by sample: `coefficients` are [images, givenPositions, units] then, 1 or all positions. */
  readonly givenPositions?: number;
  readonly seed: number;
  readonly sampleStart: number;
}

export function planMaskChannels(shape: MaskShape): KernelPlan {
  const { rows, positions, units, activation = LINEAR, noise, givenPositions = 0, seed, sampleStart } = shape;
  const channels4 = vectorsOf(units);
  return {
    shader,
    constants: {
      ACTIVATION: activationNumber(activation.kind),
      NOISE: noise ? 1 : 0,
      GIVEN: givenPositions > 0 ? 1 : 0,
    },
    parameters: {
      rows,
      positions,
      channels4,
      givenPositions,
      maskWords: wordsFor(units),
      sampleStart,
      seed: seed >>> 0,
      alpha: activation.alpha,
      beta: activation.beta ?? 0,
    },
    workgroups: grid(Math.ceil((rows * positions * channels4) / shader.constants.WORKGROUP)),
  };
}
