/**
 * Products a^T b, which sum over samples: weight gradients. Few results and a long sum, so the sum is split where the
 * results alone would leave cores idle; here are sizes of tiles, which of them suit a product, and how many splits.
 */
import type { Constants } from "../gpu/specialize.ts";
import { grid, type KernelPlan } from "./plan.ts";

/** A workgroup's tile in vec4s is rows4 x threads[1] high and columns4 x threads[0] wide, a slab `depth` steps deep. */
export interface TransposedTileVariant {
  /** vec4s of rows and columns of a thread: 16 rows4 columns4 results. */
  readonly rows4: number;
  readonly columns4: number;
  /** Threads of a workgroup along columns and rows. */
  readonly threads: readonly [number, number];
  readonly depth: number;
}

/** 64 x 64, 128 x 32, 32 x 128 and 32 x 32 results. */
export const transposedTiles = {
  square: { rows4: 2, columns4: 2, threads: [8, 8], depth: 16 },
  narrow: { rows4: 2, columns4: 1, threads: [8, 16], depth: 16 },
  flat: { rows4: 1, columns4: 2, threads: [16, 8], depth: 16 },
  small: { rows4: 1, columns4: 1, threads: [8, 8], depth: 16 },
} as const satisfies Record<string, TransposedTileVariant>;

/** The tile for a product with so many vec4s of rows and columns. */
export function transposedTile(rows4: number, columns4: number): TransposedTileVariant {
  if (columns4 <= 8) return rows4 <= 8 ? transposedTiles.small : transposedTiles.narrow;
  return rows4 <= 8 ? transposedTiles.flat : transposedTiles.square;
}

/** Tiles that cover rows4 x columns4 results. */
export function transposedTileCount(rows4: number, columns4: number, variant: TransposedTileVariant): number {
  const { threads } = variant;
  return Math.ceil(rows4 / (variant.rows4 * threads[1])) * Math.ceil(columns4 / (variant.columns4 * threads[0]));
}

/** Constants and grid of `parts` products, a part being one split of one batch. */
export function transposedTileGrid(
  rows4: number,
  columns4: number,
  variant: TransposedTileVariant,
  parts: number,
): Pick<KernelPlan, "constants" | "workgroups"> {
  const { threads, depth } = variant;
  const constants: Constants = {
    THREADS_X: threads[0],
    THREADS_Y: threads[1],
    ROWS4: variant.rows4,
    COLUMNS4: variant.columns4,
    DEPTH: depth,
    LOADS_A: (depth * variant.rows4) / threads[0],
    LOADS_B: (depth * variant.columns4) / threads[1],
  };
  return { constants, workgroups: grid(parts * transposedTileCount(rows4, columns4, variant)) };
}

/** vec4s of rows and columns that a thread of a register kernel owns. */
export interface RegisterTile {
  readonly rows4: number;
  readonly columns4: number;
}

/**
 * What a thread owns on a processor: columns without waste where 2, 3 or 5 vec4s divide them, and rows for 96 to 240
 * results. SwiftShader reaches 6.0 to 6.4 GFLOP/s with 4 x 2, 3 x 3 and 3 x 2, 5.1 with 1 x 4, 4.8 with 3 x 5.
 */
export function registerTile(rows4: number, columns4: number): RegisterTile {
  const columns = [2, 3, 5].find((count) => columns4 % count === 0) ?? Math.min(columns4, 2);
  return { rows4: evenShare(rows4, columns < 3 ? 4 : 3), columns4: columns };
}

/** The size of equal parts of `count`, each at most `most`: 5 of at most 4 is 3 and 2. */
export function evenShare(count: number, most: number): number {
  return Math.ceil(count / Math.ceil(count / most));
}

/** Tiles that keep the cores busy: threads of a processor (few cores, 4 to 8 at once), workgroups of a GPU. */
const ENOUGH_TILES = { processor: 64, gpu: 256 } as const;
/** Steps of the sum below which a split costs more, in writing its results and adding them up, than it gains. */
const WORTH_A_SPLIT = { processor: 256, gpu: 64 } as const;

/**
 * Splits of a sum of `depth` steps for `tiles` tiles: none empty, each deep enough to be worth it. `unit`: steps that stay
 * together.
 */
export function splitsOf(isProcessor: boolean, tiles: number, depth: number, unit = 1): number {
  const kind = isProcessor ? "processor" : "gpu";
  const wanted = Math.min(Math.ceil(ENOUGH_TILES[kind] / tiles), Math.floor(depth / WORTH_A_SPLIT[kind]), depth / unit);
  return wanted <= 1 ? 1 : Math.ceil(depth / unit / Math.ceil(depth / unit / wanted));
}
