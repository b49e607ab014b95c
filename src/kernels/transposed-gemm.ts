/**
 * c[s, z] = a[z]^T b[z] over split s of the depth: weight gradients of dense layers and 1 x 1 convolutions, and Winograd's.
 * Two kernels compute it: in registers alone for processors, in tiles of workgroup memory for GPUs.
 */
import registerShader from "../../shaders/transposed-gemm-register.wgsl";
import tileShader from "../../shaders/transposed-gemm-tile.wgsl";
import type { Parameters } from "../gpu/recorder.ts";
import { grid, type KernelPlan } from "./plan.ts";
import {
  type RegisterTile,
  registerTile,
  splitsOf,
  type TransposedTileVariant,
  transposedTile,
  transposedTileCount,
  transposedTileGrid,
} from "./transposed-tile.ts";

/** a: [batches, depth, rows4], b: [batches, depth, columns4], c: [splits, batches, 4 rows4, columns4], in vec4s. */
export interface TransposedGemmShape {
  readonly batches: number;
  readonly depth: number;
  readonly rows4: number;
  readonly columns4: number;
  /** vec4s from one batch of a to the next; left out: depth rows4. 0: all batches share it. */
  readonly aStride4?: number;
  /** vec4s from one batch of b to the next; left out: depth columns4. 0: all batches share it. */
  readonly bStride4?: number;
  /** vec4s from one batch of c to the next; left out: 4 rows4 columns4. Splits are `batches` times that apart. */
  readonly cStride4?: number;
  /** Equal parts of the depth, each with a c of its own; `planSumParts` adds them up. */
  readonly splits: number;
}

/** The dispatch for the adapter. Buffers: a, b, c. */
export function planTransposedGemm(isProcessor: boolean, shape: TransposedGemmShape): KernelPlan {
  const { rows4, columns4 } = shape;
  return isProcessor
    ? planTransposedGemmRegister(shape, registerTile(rows4, columns4))
    : planTransposedGemmTile(shape, transposedTile(rows4, columns4));
}

/** How many splits are worth it: 1 where the results alone keep the adapter busy. */
export function transposedGemmSplits(
  isProcessor: boolean,
  { batches, depth, rows4, columns4 }: Pick<TransposedGemmShape, "batches" | "depth" | "rows4" | "columns4">,
): number {
  const tiles = isProcessor
    ? registerTileCount(rows4, columns4, registerTile(rows4, columns4))
    : transposedTileCount(rows4, columns4, transposedTile(rows4, columns4));
  return splitsOf(isProcessor, batches * tiles, depth);
}

/** Without workgroup memory. */
export function planTransposedGemmRegister(shape: TransposedGemmShape, tile: RegisterTile): KernelPlan {
  const { batches, splits, rows4, columns4 } = shape;
  const threads = splits * batches * registerTileCount(rows4, columns4, tile);
  return {
    shader: registerShader,
    constants: { ROWS4: tile.rows4, COLUMNS4: tile.columns4 },
    parameters: parametersOf(shape),
    workgroups: grid(Math.ceil(threads / registerShader.constants.WORKGROUP)),
  };
}

/** In tiles of workgroup memory. */
export function planTransposedGemmTile(shape: TransposedGemmShape, variant: TransposedTileVariant): KernelPlan {
  return {
    shader: tileShader,
    ...transposedTileGrid(shape.rows4, shape.columns4, variant, shape.splits * shape.batches),
    parameters: parametersOf(shape),
  };
}

function registerTileCount(rows4: number, columns4: number, tile: RegisterTile): number {
  return Math.ceil(rows4 / tile.rows4) * Math.ceil(columns4 / tile.columns4);
}

/** Values of the uniform struct in shaders/lib/transposed-gemm-parameters.wgsl. */
function parametersOf(shape: TransposedGemmShape): Parameters {
  const { batches, depth, rows4, columns4, splits } = shape;
  return {
    ...{ batches, depth, rows4, columns4, splits },
    aStride4: shape.aStride4 ?? depth * rows4,
    bStride4: shape.bStride4 ?? depth * columns4,
    cStride4: shape.cStride4 ?? 4 * rows4 * columns4,
    splitDepth: Math.ceil(depth / splits),
  };
}
