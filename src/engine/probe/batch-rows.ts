/** How many samples make a batch of a probe. */
import type { Gpu } from "../../gpu/device.ts";

/** Rough rates in multiply-accumulates a millisecond, and the work of one batch: short enough to be stopped soon. */
const ROUGH_MACS_PER_MS = { processor: 2e6, gpu: 1e9 } as const;
const BATCH_MS = 500;

/** Rows that take no more than a moment; at least 1. */
export function rowsInTime({ isProcessor }: Pick<Gpu, "isProcessor">, macsPerRow: number): number {
  const rate = isProcessor ? ROUGH_MACS_PER_MS.processor : ROUGH_MACS_PER_MS.gpu;
  return Math.ceil((BATCH_MS * rate) / Math.max(1, macsPerRow));
}

/** The most rows up to `most` that `fits` says yes to, where it does so to all that are fewer; at least 1. */
export function mostRows(most: number, fits: (rows: number) => boolean): number {
  let [low, high] = [1, most];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
