/**
 * Gradient of a convolution's weight, one group: dw[s] = what the samples and rows of the output in split s give. Two kernels
 * compute it as an implicit matrix product: in registers alone for processors, in tiles of workgroup memory for GPUs.
 */
import registerShader from "../../shaders/conv2d-filter-gradient-register.wgsl";
import tileShader from "../../shaders/conv2d-filter-gradient-tile.wgsl";
import type { Parameters } from "../gpu/recorder.ts";
import { type ConvShape, convParameters } from "./conv-shape.ts";
import { grid, type KernelPlan } from "./plan.ts";
import { vectorsOf } from "./tensor-layout.ts";
import {
  evenShare,
  splitsOf,
  type TransposedTileVariant,
  transposedTile,
  transposedTileCount,
  transposedTileGrid,
} from "./transposed-tile.ts";

/** What a thread of the register kernel owns: `taps` columns of one kernel row, vec4s of input and of output channels. */
export interface FilterGradientTile {
  readonly taps: number;
  readonly channels4: number;
  readonly columns4: number;
}

/**
 * The dispatch for the adapter. Buffers: x [rows, height, width, inChannels4], dy [rows, outHeight, outWidth, outChannels4],
 * dw [splits, kernel, 4 inChannels4, outChannels4], in vec4s. dw's padding holds what x's and dy's padding give.
 */
export function planConv2dFilterGradient(isProcessor: boolean, shape: ConvShape, splits: number): KernelPlan {
  if (isProcessor) return planConv2dFilterGradientRegister(shape, splits, filterGradientTile(shape));
  const { rows4, columns4 } = productSize(shape);
  return planConv2dFilterGradientTile(shape, splits, transposedTile(rows4, columns4));
}

/** How many splits are worth it: 1 where the weight alone keeps the adapter busy. */
export function conv2dFilterGradientSplits(isProcessor: boolean, shape: ConvShape): number {
  const { rows4, columns4 } = productSize(shape);
  const tiles = isProcessor
    ? registerTileCount(shape, filterGradientTile(shape))
    : transposedTileCount(rows4, columns4, transposedTile(rows4, columns4));
  return splitsOf(isProcessor, tiles, shape.rows * shape.outHeight * shape.outWidth, shape.outWidth);
}

/**
 * 4 x 3 taps x 8 channels reach 6.5 GFLOP/s on SwiftShader; kernels wider than 5 are divided, as few results in registers are
 * better than many.
 */
export function filterGradientTile({ kernel, inChannels, outChannels }: ConvShape): FilterGradientTile {
  const taps = evenShare(kernel[1], 5);
  const columns4 = vectorsOf(outChannels);
  return {
    taps,
    channels4: evenShare(vectorsOf(inChannels), Math.max(1, Math.floor(4 / taps))),
    columns4: columns4 % 2 === 1 && columns4 % 3 === 0 ? 3 : Math.min(columns4, 2),
  };
}

/** Without workgroup memory. */
export function planConv2dFilterGradientRegister(
  shape: ConvShape,
  splits: number,
  tile: FilterGradientTile,
): KernelPlan {
  const { taps, channels4, columns4 } = tile;
  const threads = splits * registerTileCount(shape, tile);
  return {
    shader: registerShader,
    constants: {
      TAPS: taps,
      LOADED: shape.stride[1] === shape.dilation[1] ? 1 : taps,
      CHANNELS4: channels4,
      COLUMNS4: columns4,
    },
    parameters: parametersOf(shape, splits),
    workgroups: grid(Math.ceil(threads / registerShader.constants.WORKGROUP)),
  };
}

/** In tiles of workgroup memory. */
export function planConv2dFilterGradientTile(
  shape: ConvShape,
  splits: number,
  variant: TransposedTileVariant,
): KernelPlan {
  const { rows4, columns4 } = productSize(shape);
  return {
    shader: tileShader,
    ...transposedTileGrid(rows4, columns4, variant, splits),
    parameters: parametersOf(shape, splits),
  };
}

/** dw as a matrix: the window's places and input channels x output channels. */
function productSize({ kernel, inChannels, outChannels }: ConvShape) {
  return { rows4: kernel[0] * kernel[1] * vectorsOf(inChannels), columns4: vectorsOf(outChannels) };
}

function registerTileCount(shape: ConvShape, { taps, channels4, columns4 }: FilterGradientTile): number {
  const { kernel, inChannels, outChannels } = shape;
  const tapTiles = kernel[0] * Math.ceil(kernel[1] / taps);
  return tapTiles * Math.ceil(vectorsOf(inChannels) / channels4) * Math.ceil(vectorsOf(outChannels) / columns4);
}

/** Values of the uniform struct in shaders/lib/conv2d-filter-gradient-parameters.wgsl. */
function parametersOf(shape: ConvShape, splits: number): Parameters {
  const { alpha: _, beta: __, ...sizes } = convParameters(shape);
  return { ...sizes, splits, splitLines: Math.ceil((shape.rows * shape.outHeight) / splits) };
}
