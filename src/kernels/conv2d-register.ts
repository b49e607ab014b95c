/** Convolution as an implicit matrix product in registers: any kernel, stride, padding and dilation, one group. */
import shader from "../../shaders/conv2d-register.wgsl";
import { LINEAR } from "../network/network.ts";
import { activationNumber } from "./activation.ts";
import { type ConvOptions, type ConvShape, convParameters } from "./conv-shape.ts";
import { grid, type KernelPlan } from "./plan.ts";
import { vectorsOf } from "./tensor-layout.ts";

/** Results a thread: positions x 4 channels4. */
export interface Conv2dRegisterVariant {
  readonly positions: number;
  readonly channels4: number;
}

export const conv2dRegisterVariants: readonly [Conv2dRegisterVariant, ...Conv2dRegisterVariant[]] = [
  { positions: 8, channels4: 4 },
  { positions: 8, channels4: 2 },
  { positions: 4, channels4: 4 },
];

export function planConv2dRegister(
  shape: ConvShape,
  { positions, channels4 }: Conv2dRegisterVariant,
  { bias = false, activation = LINEAR }: ConvOptions = {},
): KernelPlan {
  const { rows, outHeight, outWidth, outChannels } = shape;
  const tiles = Math.ceil((rows * outHeight * outWidth) / positions) * Math.ceil(vectorsOf(outChannels) / channels4);
  return {
    shader,
    constants: {
      POSITIONS: positions,
      CHANNELS4: channels4,
      USE_BIAS: bias ? 1 : 0,
      ACTIVATION: activationNumber(activation.kind),
    },
    parameters: convParameters(shape, activation),
    workgroups: grid(Math.ceil(tiles / shader.constants.WORKGROUP)),
  };
}
