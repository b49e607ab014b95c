/**
 * Winograd convolution, 3 x 3 with stride 1: the inputs of each tile and the filters are transformed, multiplied by one
 * batched product (see `batched-gemm.ts`), and transformed back, with bias, activation and a 2 x 2 maximum on the way out.
 * F(2) takes 16 multiplications for 4 outputs, F(4) 36 for 16, where the direct sum takes 36 and 144 (Lavin and Gray 2016).
 * The filter gradient goes the same way back: the inputs as they are transformed for the forward convolution, times the
 * transformed gradients of the outputs, give the gradient by the transformed filters.
 */
import filter2 from "../../shaders/winograd-filter-2.wgsl";
import filter4 from "../../shaders/winograd-filter-4.wgsl";
import filterGradient2 from "../../shaders/winograd-filter-gradient-2.wgsl";
import filterGradient4 from "../../shaders/winograd-filter-gradient-4.wgsl";
import gradient2 from "../../shaders/winograd-gradient-2.wgsl";
import gradient4 from "../../shaders/winograd-gradient-4.wgsl";
import input2 from "../../shaders/winograd-input-2.wgsl";
import input4 from "../../shaders/winograd-input-4.wgsl";
import output2 from "../../shaders/winograd-output-2.wgsl";
import output4 from "../../shaders/winograd-output-4.wgsl";
import { LINEAR } from "../network/network.ts";
import { activationNumber } from "./activation.ts";
import type { BatchedGemmShape } from "./batched-gemm.ts";
import type { ConvOptions, ConvShape } from "./conv-shape.ts";
import { grid, type KernelPlan } from "./plan.ts";
import { paddedChannels, vectorsOf } from "./tensor-layout.ts";

/** Outputs of a tile along each axis. */
export type WinogradTile = 2 | 4;

const SHADERS = {
  2: { filter: filter2, input: input2, output: output2, gradient: gradient2, filterGradient: filterGradient2 },
  4: { filter: filter4, input: input4, output: output4, gradient: gradient4, filterGradient: filterGradient4 },
} as const;

/** Whether Winograd computes such a convolution. */
export function isWinograd({ kernel, stride, dilation, groups }: ConvShape): boolean {
  return [...stride, ...dilation, groups].every((value) => value === 1) && kernel[0] === 3 && kernel[1] === 3;
}

/** Sizes of the transformed tensors of so many rows of a convolution. */
export interface WinogradSizes {
  readonly points: number;
  readonly tilesDown: number;
  readonly tilesAcross: number;
  /** Tiles of all rows. */
  readonly tiles: number;
  /** Numbers in the transformed filters, the transformed inputs, and their products. */
  readonly filterFloats: number;
  readonly inputFloats: number;
  readonly productFloats: number;
}

export function winogradSizes(shape: ConvShape, tile: WinogradTile): WinogradSizes {
  const points = (tile + 2) ** 2;
  const tilesDown = Math.ceil(shape.outHeight / tile);
  const tilesAcross = Math.ceil(shape.outWidth / tile);
  const tiles = shape.rows * tilesDown * tilesAcross;
  const [ins, outs] = [paddedChannels(shape.inChannels), paddedChannels(shape.outChannels)];
  return {
    points,
    tilesDown,
    tilesAcross,
    tiles,
    filterFloats: points * ins * outs,
    inputFloats: points * tiles * ins,
    productFloats: points * tiles * outs,
  };
}

/** weight: as `packConvWeight` gives it; u: the transformed filters. Once a layer. */
export function planWinogradFilter(shape: ConvShape, tile: WinogradTile): KernelPlan {
  const shader = SHADERS[tile].filter;
  const pairs = paddedChannels(shape.inChannels) * vectorsOf(shape.outChannels);
  return {
    shader,
    constants: {},
    parameters: { pairs },
    workgroups: grid(Math.ceil(pairs / shader.constants.WORKGROUP)),
  };
}

/** x to v, for the rows firstRow .. firstRow + shape.rows of x. */
export function planWinogradInput(shape: ConvShape, tile: WinogradTile, firstRow: number): KernelPlan {
  const shader = SHADERS[tile].input;
  const { tiles, tilesDown, tilesAcross } = winogradSizes(shape, tile);
  const channels4 = vectorsOf(shape.inChannels);
  return {
    shader,
    constants: {},
    parameters: {
      firstRow,
      rows: shape.rows,
      height: shape.height,
      width: shape.width,
      channels4,
      tilesDown,
      tilesAcross,
      padTop: shape.padding.top,
      padLeft: shape.padding.left,
    },
    workgroups: grid(Math.ceil((tiles * channels4) / shader.constants.WORKGROUP)),
  };
}

/** The product of transformed inputs (a) and filters (b), into m. */
export function winogradProduct(shape: ConvShape, tile: WinogradTile): BatchedGemmShape {
  const { points, tiles } = winogradSizes(shape, tile);
  return {
    batches: points,
    rows: tiles,
    columns4: vectorsOf(shape.outChannels),
    depth4: vectorsOf(shape.inChannels),
  };
}

export interface WinogradOutputOptions extends ConvOptions {
  /** Writes the maximum of each 2 x 2 instead, stride 2, rounded down. */
  readonly pool?: boolean;
}

/** m to y, for the rows firstRow .. firstRow + shape.rows of y. */
export function planWinogradOutput(
  shape: ConvShape,
  tile: WinogradTile,
  firstRow: number,
  { bias = false, activation = LINEAR, pool = false }: WinogradOutputOptions = {},
): KernelPlan {
  const shader = SHADERS[tile].output;
  const { tiles, tilesDown, tilesAcross } = winogradSizes(shape, tile);
  const channels4 = vectorsOf(shape.outChannels);
  const pooled = (size: number) => (pool ? Math.floor(size / 2) : size);
  return {
    shader,
    constants: {
      USE_BIAS: bias ? 1 : 0,
      ACTIVATION: activationNumber(activation.kind),
      POOL: pool ? 1 : 0,
    },
    parameters: {
      firstRow,
      rows: shape.rows,
      height: pooled(shape.outHeight),
      width: pooled(shape.outWidth),
      channels4,
      tilesDown,
      tilesAcross,
      alpha: activation.alpha,
      beta: activation.beta ?? 0,
    },
    workgroups: grid(Math.ceil((tiles * channels4) / shader.constants.WORKGROUP)),
  };
}

/** dy to m, for the rows firstRow .. firstRow + part.rows of dy: A dY A^T of each tile, laid out as the transformed inputs. */
export function planWinogradGradient(part: ConvShape, tile: WinogradTile, firstRow: number): KernelPlan {
  const shader = SHADERS[tile].gradient;
  const { tiles, tilesDown, tilesAcross } = winogradSizes(part, tile);
  const channels4 = vectorsOf(part.outChannels);
  return {
    shader,
    constants: {},
    parameters: {
      firstRow,
      rows: part.rows,
      height: part.outHeight,
      width: part.outWidth,
      channels4,
      tilesDown,
      tilesAcross,
    },
    workgroups: grid(Math.ceil((tiles * channels4) / shader.constants.WORKGROUP)),
  };
}

/**
 * u to dw: G^T dU G. u: [parts, points, inChannels padded, outChannels padded], dU[p] = v[p]^T m[p] of parts of the tiles, which
 * are added in their order; dw: in the layout of `packConvWeight`, its padding as finite as u's.
 */
export function planWinogradFilterGradient(shape: ConvShape, tile: WinogradTile, parts: number): KernelPlan {
  const shader = SHADERS[tile].filterGradient;
  const pairs = paddedChannels(shape.inChannels) * vectorsOf(shape.outChannels);
  return {
    shader,
    constants: {},
    parameters: { pairs, parts },
    workgroups: grid(Math.ceil(pairs / shader.constants.WORKGROUP)),
  };
}
