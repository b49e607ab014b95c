/** Enters the convolution, or dense layer, after the damage from its intact pre-activation: k/C of its cost for k of C units. */
import shader from "../../shaders/conv2d-delta.wgsl";
import { LINEAR } from "../network/network.ts";
import { activationNumber } from "./activation.ts";
import { type ConvOptions, type ConvShape, convParameters } from "./conv-shape.ts";
import { grid, type KernelPlan } from "./plan.ts";
import { paddedChannels, vectorsOf } from "./tensor-layout.ts";

/** A convolution (its rows are those to compute) and where the damaged units are in its input. */
export interface Conv2dDeltaShape extends ConvShape {
  /** Rows of the weight from one tap to the next: the padded input channels, or the channels of a flattened map. */
  readonly tapRows: number;
  /** Input channel of the damaged layer's unit 0. */
  readonly channelStart: number;
  /** Output channels that the weight holds, as vec4s of all: a part of them, where weights are split. */
  readonly part: { readonly start4: number; readonly count4: number };
}

/** Results a thread: positions x 4 channels4. */
export interface Conv2dDeltaVariant {
  readonly positions: number;
  readonly channels4: number;
  readonly workgroup: number;
}

/** A GPU wants many small threads, a processor few large ones. */
export function conv2dDeltaVariants(
  isProcessor: boolean,
  positions: number,
): readonly [Conv2dDeltaVariant, ...Conv2dDeltaVariant[]] {
  if (!isProcessor) return [{ positions: Math.min(positions, 4), channels4: 1, workgroup: 64 }];
  if (positions < 4) return [{ positions: 1, channels4: 4, workgroup: 16 }];
  return [
    { positions: 4, channels4: 4, workgroup: 16 },
    { positions: 8, channels4: 2, workgroup: 16 },
  ];
}

export function planConv2dDelta(
  shape: Conv2dDeltaShape,
  variant: Conv2dDeltaVariant,
  { activation = LINEAR }: Pick<ConvOptions, "activation"> = {},
): KernelPlan {
  const { rows, outHeight, outWidth, part } = shape;
  const { inChannels4: _, ...parameters } = convParameters(shape, activation);
  const { positions, channels4, workgroup } = variant;
  const tiles = rows * Math.ceil((outHeight * outWidth) / positions) * Math.ceil(part.count4 / channels4);
  return {
    shader,
    constants: {
      ACTIVATION: activationNumber(activation.kind),
      POSITIONS: positions,
      CHANNELS4: channels4,
      WORKGROUP: workgroup,
    },
    parameters: {
      ...parameters,
      inChannels: paddedChannels(shape.inChannels),
      tapRows: shape.tapRows,
      channelStart: shape.channelStart,
      partStart4: part.start4,
      part4: part.count4,
    },
    workgroups: grid(Math.ceil(tiles / workgroup)),
  };
}

/** All output channels in one part. */
export function wholePart(outChannels: number): Conv2dDeltaShape["part"] {
  return { start4: 0, count4: vectorsOf(outChannels) };
}
