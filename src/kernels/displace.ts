/** What replacing each unit of a layer adds to its activation, for every sample. */
import shader from "../../shaders/displace.wgsl";
import type { Activation } from "../network/network.ts";
import { activationNumber } from "./activation.ts";
import type { KernelPlan } from "./plan.ts";

/**
 * z and the displacement are [units, stride], unit-major; coefficients [units, 3]: factor, shift, sigma. Where shifts are
 * given, the displacement holds them before.
 */
export interface DisplaceShape {
  readonly units: number;
  readonly samples: number;
  readonly stride: number;
  readonly activation: Activation;
  /** Replaces before the activation, not after it. */
  readonly before: boolean;
  /** Whether the shift differs by sample, and is what the displacement holds. */
  readonly given?: boolean;
  readonly seed: number;
  /** Number, in the data set, of the first sample: noise depends on it. */
  readonly sampleStart: number;
}

export function planDisplace(shape: DisplaceShape): KernelPlan {
  const { units, samples, stride, activation, before, given = false, seed, sampleStart } = shape;
  return {
    shader,
    constants: { ACTIVATION: activationNumber(activation.kind), BEFORE: before ? 1 : 0, GIVEN: given ? 1 : 0 },
    parameters: {
      units,
      samples,
      stride,
      seed: seed >>> 0,
      sampleStart,
      alpha: activation.alpha,
      beta: activation.beta ?? 0,
    },
    workgroups: [Math.ceil(samples / shader.constants.WORKGROUP), units],
  };
}
