/** Convolution as a product by tiles, for GPUs: positions of all rows x output channels, gathered from x while loading. */
import shader from "../../shaders/conv2d-tile.wgsl";
import { LINEAR } from "../network/network.ts";
import { activationNumber } from "./activation.ts";
import { type ConvOptions, type ConvShape, convParameters } from "./conv-shape.ts";
import type { KernelPlan } from "./plan.ts";
import { type TileVariant, tileGrid, tileVariants } from "./product-tile.ts";

/** Variants worth measuring, the safest first. */
export function conv2dTileVariants(shape: ConvShape): readonly TileVariant[] {
  return tileVariants(shape.rows * shape.outHeight * shape.outWidth, shape.outChannels);
}

/** The dispatch of one convolution with one group. Buffers: x, weight (`packConvWeight`), bias, y. */
export function planConv2dTile(shape: ConvShape, variant: TileVariant, options: ConvOptions = {}): KernelPlan {
  const { bias = false, activation = LINEAR } = options;
  const { constants, workgroups } = tileGrid(shape.rows * shape.outHeight * shape.outWidth, shape.outChannels, variant);
  return {
    shader,
    constants: { ...constants, USE_BIAS: bias ? 1 : 0, ACTIVATION: activationNumber(activation.kind) },
    parameters: convParameters(shape, activation),
    workgroups,
  };
}
