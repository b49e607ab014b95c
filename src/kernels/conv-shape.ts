/** A convolution's sizes, as all its kernels take them: direct, depthwise, in tiles, Winograd. */
import type { Parameters } from "../gpu/recorder.ts";
import type { Constants } from "../gpu/specialize.ts";
import { type Activation, LINEAR, type Window } from "../network/network.ts";
import { vectorsOf } from "./tensor-layout.ts";

/** One convolution over `rows` samples: x [rows, height, width, inChannels] to y [rows, outHeight, outWidth, outChannels]. */
export interface ConvShape extends Window {
  readonly rows: number;
  readonly height: number;
  readonly width: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly groups: number;
}

/** What is done to y on its way out. */
export interface ConvOptions {
  readonly bias?: boolean;
  readonly activation?: Activation;
}

/** Every output channel reads its own input channel and no other: packed, and computed, as such. */
export function isDepthwise({
  groups,
  inChannels,
  outChannels,
}: Pick<ConvShape, "groups" | "inChannels" | "outChannels">): boolean {
  return groups > 1 && groups === inChannels && groups === outChannels;
}

/**
 * Input and output channels of each group where those are not whole vec4s, so that a vec4 belongs to several groups; null
 * where they are, in one group, and depthwise.
 */
export function partialGroup(shape: ConvShape): { readonly deep: number; readonly wide: number } | null {
  const { groups, inChannels, outChannels } = shape;
  const [deep, wide] = [inChannels / groups, outChannels / groups];
  const whole = groups === 1 || isDepthwise(shape) || (deep % 4 === 0 && wide % 4 === 0);
  return whole ? null : { deep, wide };
}

/** Values of the uniform struct in shaders/lib/conv2d-parameters.wgsl. */
export function convParameters(shape: ConvShape, activation: Activation = LINEAR): Parameters {
  const { rows, height, width, outHeight, outWidth, kernel, stride, dilation, padding } = shape;
  return {
    rows,
    height,
    width,
    inChannels4: vectorsOf(shape.inChannels),
    outHeight,
    outWidth,
    outChannels4: vectorsOf(shape.outChannels),
    kernelHeight: kernel[0],
    kernelWidth: kernel[1],
    strideY: stride[0],
    strideX: stride[1],
    dilationY: dilation[0],
    dilationX: dilation[1],
    padTop: padding.top,
    padLeft: padding.left,
    alpha: activation.alpha,
    beta: activation.beta ?? 0,
  };
}

/** What a thread loads to compute `positions` neighbouring outputs of a row: constants of shaders/lib/conv2d-span.wgsl. */
export function spanConstants({ kernel, stride, dilation }: Window, positions: number): Constants {
  const taps = kernel[1];
  const spacing = taps === 1 ? stride[1] : greatestCommonDivisor(stride[1], dilation[1]);
  const [hop, tapHop] = [stride[1] / spacing, dilation[1] / spacing];
  const span = (positions - 1) * hop + (taps - 1) * tapHop + 1;
  if (span <= positions * taps) {
    return {
      ...{ POSITIONS: positions, SPAN: span, SPACING: spacing },
      ...{ HOP: hop, TAP_HOP: taps === 1 ? 1 : tapHop, TAPS: taps, SEGMENTS: 1 },
    };
  }
  // More gaps than columns that two outputs share: each tap's columns by themselves.
  return {
    ...{ POSITIONS: positions, SPAN: positions, SPACING: stride[1] },
    ...{ HOP: 1, TAP_HOP: 1, TAPS: 1, SEGMENTS: taps },
  };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
