/**
 * Convolution straight from its definition, sums in registers: any groups, any channels. Made for few input channels,
 * where a product's depth is too short for tiles: the first layer of image networks; and for convolutions in groups.
 */
import shader from "../../shaders/conv2d-direct.wgsl";
import { LINEAR } from "../network/network.ts";
import { activationNumber } from "./activation.ts";
import { type ConvOptions, type ConvShape, convParameters, spanConstants } from "./conv-shape.ts";
import { grid, type KernelPlan } from "./plan.ts";
import { vectorsOf } from "./tensor-layout.ts";

/** A thread's share: neighbouring output positions of one row, and vec4s of output channels. */
export interface Conv2dDirectVariant {
  readonly positions: number;
  readonly columns4: number;
  readonly workgroup: number;
}

/** Variants worth measuring, the safest first. */
export function conv2dDirectVariants(isProcessor: boolean, shape: ConvShape): readonly Conv2dDirectVariant[] {
  const wide = vectorsOf(shape.outChannels / shape.groups);
  const sizes = isProcessor
    ? ([
        [8, 2],
        [4, 4],
        [4, 2],
        [8, 4],
      ] as const)
    : ([
        [4, 2],
        [8, 1],
        [4, 4],
        [4, 1],
      ] as const);
  // On a processor a workgroup runs on one core: small ones share few tiles among all cores.
  const workgroup = isProcessor ? 8 : 64;
  const variants = sizes.map(([positions, columns4]) => ({
    positions: Math.min(positions, powerOfTwoFrom(shape.outWidth)),
    columns4: Math.min(columns4, wide),
    workgroup,
  }));
  return [...new Map(variants.map((variant) => [`${variant.positions} ${variant.columns4}`, variant])).values()];
}

function powerOfTwoFrom(count: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, count)));
}

/**
 * The dispatch of one convolution. Buffers: x, weight (`packConvWeight`; depthwise ones are another kernel's), bias, y.
 */
export function planConv2dDirect(
  shape: ConvShape,
  variant: Conv2dDirectVariant,
  options: ConvOptions = {},
): KernelPlan {
  const { bias = false, activation = LINEAR } = options;
  const { groups } = shape;
  const { positions, columns4, workgroup } = variant;
  const [deep, wide] = [shape.inChannels / groups, shape.outChannels / groups];
  const whole = groups === 1 || (deep % 4 === 0 && wide % 4 === 0);
  const groupTiles = whole
    ? groups * Math.ceil(vectorsOf(wide) / columns4)
    : Math.ceil(vectorsOf(shape.outChannels) / columns4);
  const tiles = shape.rows * shape.outHeight * Math.ceil(shape.outWidth / positions) * groupTiles;
  // The spans of the other path are left short where channels are gathered one by one.
  const span = whole ? spanConstants(shape, positions) : { POSITIONS: positions, SPAN: positions, TAPS: 1, TAP_HOP: 1 };
  return {
    shader,
    constants: {
      ...span,
      COLUMNS4: columns4,
      LANES: whole ? Math.min(4, deep) : 1,
      GROUPS: groups,
      GROUP_IN: whole ? 0 : deep,
      GROUP_OUT: whole ? 0 : wide,
      WORKGROUP: workgroup,
      USE_BIAS: bias ? 1 : 0,
      ACTIVATION: activationNumber(activation.kind),
    },
    parameters: convParameters(shape, activation),
    workgroups: grid(Math.ceil(tiles / workgroup)),
  };
}
