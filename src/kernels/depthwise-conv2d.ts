/** Depthwise convolution: each channel with a filter of its own. A thread computes neighbouring outputs of four channels. */
import shader from "../../shaders/depthwise-conv2d.wgsl";
import { LINEAR } from "../network/network.ts";
import { activationNumber } from "./activation.ts";
import { type ConvOptions, type ConvShape, convParameters, spanConstants } from "./conv-shape.ts";
import { grid, type KernelPlan } from "./plan.ts";
import { vectorsOf } from "./tensor-layout.ts";

/** A thread's share: neighbouring output positions of one row. */
export interface DepthwiseConv2dVariant {
  readonly positions: number;
  readonly workgroup: number;
}

/** Variants worth measuring, the safest first. */
export function depthwiseConv2dVariants(
  isProcessor: boolean,
  { outWidth }: ConvShape,
): readonly DepthwiseConv2dVariant[] {
  const workgroup = isProcessor ? 8 : 64;
  const sizes = isProcessor ? [8, 4, 2] : [4, 2, 8, 1];
  // What is wider than a row computes results that nobody needs.
  const fitting = sizes.filter((positions) => positions === 1 || positions < 2 * outWidth);
  return (fitting.length > 0 ? fitting : [1]).map((positions) => ({ positions, workgroup }));
}

/** The dispatch of one convolution with groups = inChannels = outChannels. Buffers: x, weight (`packConvWeight`), bias, y. */
export function planDepthwiseConv2d(
  shape: ConvShape,
  variant: DepthwiseConv2dVariant,
  options: ConvOptions = {},
): KernelPlan {
  const { bias = false, activation = LINEAR } = options;
  const { positions, workgroup } = variant;
  const spans = shape.rows * shape.outHeight * Math.ceil(shape.outWidth / positions);
  return {
    shader,
    constants: {
      ...spanConstants(shape, positions),
      WORKGROUP: workgroup,
      USE_BIAS: bias ? 1 : 0,
      ACTIVATION: activationNumber(activation.kind),
    },
    parameters: convParameters(shape, activation),
    workgroups: grid(Math.ceil((spans * vectorsOf(shape.outChannels)) / workgroup)),
  };
}
