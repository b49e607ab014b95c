/** How many samples make a batch of a probe. */
import type { Gpu } from "../../gpu/device.ts";
import { roughMs, SUBMIT_MS } from "../submits.ts";

/** The work of one batch: short enough to be stopped soon, and on a GPU one submit. */
const BATCH_MS = { processor: 500, gpu: SUBMIT_MS } as const;

/** Rows that take no more than a moment; at least 1. */
export function rowsInTime(gpu: Pick<Gpu, "isProcessor">, macsPerRow: number): number {
  const most = gpu.isProcessor ? BATCH_MS.processor : BATCH_MS.gpu;
  return Math.ceil(most / roughMs(gpu, Math.max(1, macsPerRow)));
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
