/**
 * How t-SNE's matrices lie on the GPU: [n, n] in blocks of columns, each a buffer of its own, because the whole is beyond
 * what one binding may hold, and in these in tiles of 32 columns: what threads side by side read of one row after the other
 * is one run of memory. The matrices are symmetric, so that columns are as good as rows.
 */
import { LesionError } from "../core/errors.ts";

/** Columns first4 .. first4 + stride4 of a matrix of all points, in vec4s: [stride4 / 8, 4 points4, 8]. */
export interface TsneBlock {
  readonly first4: number;
  readonly stride4: number;
}

/** The columns of a block that one dispatch computes, and of how many points. */
export interface TsneColumns {
  readonly points: number;
  readonly block: TsneBlock;
  /** vec4s among all points, within the block. */
  readonly from4: number;
  readonly count4: number;
}

/** vec4s of a tile's columns, as all shaders of t-SNE have it. */
export const TSNE_TILE4 = 8;

/** vec4s that hold one number a point, a whole number of tiles. */
export function points4Of(points: number): number {
  return TSNE_TILE4 * Math.ceil(points / 4 / TSNE_TILE4);
}

/** Where those points of a map lie that only fill it up: so far from all others that nothing is felt of them in f32. */
export const FAR_AWAY = 1e18;

/** Bytes of a block of columns. */
export function tsneBlockBytes(points: number, { stride4 }: TsneBlock): number {
  return 4 * points4Of(points) * stride4 * 16;
}

/** All columns in as few blocks as bindings of `bindingBytes` allow, of about the same size. */
export function tsneBlocks(points: number, bindingBytes: number): readonly TsneBlock[] {
  const points4 = points4Of(points);
  const most4 = Math.floor(bindingBytes / (4 * points4 * 16));
  if (most4 < TSNE_TILE4) {
    throw new LesionError(
      "out-of-memory",
      `${4 * TSNE_TILE4} columns of ${points} points do not fit a binding of ${bindingBytes} bytes`,
      {
        fix: "Use fewer points.",
      },
    );
  }
  return slices(0, points4, most4).map(([first4, stride4]) => ({ first4, stride4 }));
}

/** The columns of a block in dispatches of at most `columns` columns, but a tile at least. */
export function tsneColumns(points: number, block: TsneBlock, columns: number): readonly TsneColumns[] {
  const most4 = Math.max(TSNE_TILE4, Math.floor(columns / 4));
  return slices(block.first4, block.stride4, most4).map(([from4, count4]) => ({ points, block, from4, count4 }));
}

/** [start, length] of the fewest parts of a range that are whole tiles and no longer than `most`, as even as they can be. */
function slices(start: number, length: number, most: number): [number, number][] {
  const tiles = length / TSNE_TILE4;
  const count = Math.ceil(tiles / Math.floor(most / TSNE_TILE4));
  const bounds = Array.from({ length: count + 1 }, (_, i) => start + TSNE_TILE4 * Math.floor((i * tiles) / count));
  return bounds.slice(1).map((end, i) => [bounds[i]!, end - bounds[i]!]);
}

/** What all kernels over columns are told. */
export function columnParameters({ points, block, from4, count4 }: TsneColumns) {
  return { points4: points4Of(points), first4: block.first4, from4, count4 };
}

/** Beyond so many points a sum in f32 loses digits. */
const LONGEST_PART = 1024;

/** Parts that the sums over all points are split into: enough threads to fill the device. At least one. */
export function tsneParts(isProcessor: boolean, points: number): number {
  const [threads, shortestPart] = isProcessor ? [256, 64] : [32_768, 32];
  const wanted = Math.min(Math.ceil(threads / points4Of(points)), Math.floor(points / shortestPart));
  return Math.max(1, wanted, Math.ceil(points / LONGEST_PART));
}

/** What the sums over all points are split into: `tsneParts` parts of `partSize` points, which is a multiple of 4. */
export function partParameters(isProcessor: boolean, points: number) {
  const parts = tsneParts(isProcessor, points);
  return { parts, partSize: 4 * Math.ceil(points / parts / 4) };
}

/** Threads of a workgroup: it runs on one core of a processor, so that there many small ones share the work. */
export function tsneWorkgroup(isProcessor: boolean): number {
  return isProcessor ? 8 : 64;
}
