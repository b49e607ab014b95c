/** Enters the layer after the damage from its intact pre-activation: k/C of the layer's cost for k masked of C units. */
import shader from "../../shaders/delta-entry.wgsl";
import type { Activation } from "../network/network.ts";
import { activationNumber } from "./activation.ts";
import type { KernelPlan } from "./plan.ts";

/** Masks maskStart .. + masks over images imageStart .. + images. */
export interface DeltaEntryShape {
  readonly masks: number;
  readonly maskStart: number;
  readonly images: number;
  readonly imageStart: number;
  readonly columns: number;
  /** Images from one unit to the next in z and the displacement. */
  readonly stride: number;
  readonly activation: Activation;
}

/** Images a thread: more reuse a weight more often, fewer fill a wide GPU sooner. */
export interface DeltaEntryVariant {
  readonly images: number;
}

export const deltaEntryVariants: readonly DeltaEntryVariant[] = [{ images: 4 }, { images: 1 }, { images: 8 }];

/** Most images of one dispatch, which may have so many workgroups along an axis. */
export function mostDeltaImages(columns: number, variant: DeltaEntryVariant, mostWorkgroups: number): number {
  return Math.floor((mostWorkgroups * shader.constants.WORKGROUP) / Math.ceil(columns / 4)) * variant.images;
}

/** The dispatch; c is [masks * images, columns], row-major. */
export function planDeltaEntry(shape: DeltaEntryShape, variant: DeltaEntryVariant): KernelPlan {
  const threads = Math.ceil(shape.images / variant.images) * Math.ceil(shape.columns / 4);
  return {
    shader,
    constants: { C_ACTIVATION: activationNumber(shape.activation.kind), IMAGES: variant.images },
    parameters: {
      masks: shape.masks,
      images: shape.images,
      columns: shape.columns,
      stride: shape.stride,
      maskStart: shape.maskStart,
      imageStart: shape.imageStart,
      alpha: shape.activation.alpha,
      beta: shape.activation.beta ?? 0,
    },
    workgroups: [Math.ceil(threads / shader.constants.WORKGROUP), shape.masks],
  };
}
