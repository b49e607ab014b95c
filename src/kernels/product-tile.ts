/**
 * Products by tiles in workgroup memory, for GPUs: sizes of tiles, and which of them suit a product. Shared by the
 * convolution and the batched product, as shaders/lib/product-tile.wgsl is.
 */
import type { Constants } from "../gpu/specialize.ts";
import { grid, type KernelPlan } from "./plan.ts";

/** A tile is rows x threads[1] rows and 4 columns4 x threads[0] columns large, a slab 4 depth4 deep. */
export interface TileVariant {
  /** Results of a thread. */
  readonly rows: number;
  readonly columns4: number;
  /** Threads of a workgroup along columns and rows. */
  readonly threads: readonly [number, number];
  readonly depth4: number;
  /** Slabs in workgroup memory at a time. With 2, a slab costs one barrier instead of two. */
  readonly stages: 1 | 2;
}

/** Rows and columns of the product that a workgroup computes. */
export function tileSize({ rows, columns4, threads }: TileVariant): readonly [rows: number, columns: number] {
  return [rows * threads[1], 4 * columns4 * threads[0]];
}

// 128 x 128, 128 x 64, 64 x 128 and 64 x 64 with 8 x 8 results a thread: 16 KiB of workgroup memory at most.
const large: TileVariant = { rows: 8, columns4: 2, threads: [16, 16], depth4: 2, stages: 2 };
const tall: TileVariant = { rows: 8, columns4: 2, threads: [8, 16], depth4: 2, stages: 2 };
const broad: TileVariant = { rows: 8, columns4: 2, threads: [16, 8], depth4: 2, stages: 2 };
const square: TileVariant = { rows: 8, columns4: 2, threads: [8, 8], depth4: 4, stages: 1 };
// 64 x 64 and 32 x 32 with 4 x 4: fewer registers, for GPUs that spill 8 x 8, and for products with few tiles.
const fine: TileVariant = { rows: 4, columns4: 1, threads: [16, 16], depth4: 4, stages: 1 };
const small: TileVariant = { rows: 4, columns4: 1, threads: [8, 8], depth4: 4, stages: 1 };
// 128 x 32 for few columns, 16 x 64 for few rows.
const narrow: TileVariant = { rows: 8, columns4: 1, threads: [8, 16], depth4: 4, stages: 1 };
const flat: TileVariant = { rows: 4, columns4: 1, threads: [16, 4], depth4: 4, stages: 1 };

/** Workgroups under which most GPUs have idle cores. */
const ENOUGH_TILES = 128;

/** Variants worth measuring, the safest first: large tiles where there are enough of them, small ones otherwise. */
export function tileVariants(rows: number, columns: number, batches = 1): readonly TileVariant[] {
  const tiles = (variant: TileVariant) => batches * tileCount(rows, columns, variant);
  const preferred = preferredTiles(rows, columns);
  const enough = preferred.filter((variant) => tiles(variant) >= ENOUGH_TILES);
  const few = preferred.filter((variant) => !enough.includes(variant));
  return [...enough, ...few.sort((a, b) => tiles(b) - tiles(a))];
}

function preferredTiles(rows: number, columns: number): readonly TileVariant[] {
  if (rows <= 16) return [flat, small];
  if (columns <= 32) return [narrow, small];
  if (columns <= 64) return [square, tall, fine, small];
  return [square, large, broad, fine, small];
}

function tileCount(rows: number, columns: number, variant: TileVariant): number {
  const [tileRows, tileColumns] = tileSize(variant);
  return Math.ceil(rows / tileRows) * Math.ceil(columns / tileColumns);
}

/** Constants and grid of `batches` products [rows, depth] [depth, columns]. */
export function tileGrid(
  rows: number,
  columns: number,
  variant: TileVariant,
  batches = 1,
): { readonly constants: Constants; readonly workgroups: KernelPlan["workgroups"] } {
  const [tileRows, tileColumns] = tileSize(variant);
  const { threads, depth4 } = variant;
  const workgroup = threads[0] * threads[1];
  return {
    constants: {
      THREADS_X: threads[0],
      THREADS_Y: threads[1],
      ROWS: variant.rows,
      COLUMNS4: variant.columns4,
      DEPTH4: depth4,
      STAGES: variant.stages,
      LOADS_A: (tileRows * depth4) / workgroup,
      LOADS_B: (depth4 * tileColumns) / workgroup,
    },
    workgroups: grid(batches * tileCount(rows, columns, variant)),
  };
}
