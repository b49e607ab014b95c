/**
 * How much work goes to the GPU at once. A submit of about a tenth of a second leaves others their turn, is far from what systems
 * take for a hang, and can be stopped after. What is recorded together and comes to far more is submitted in several pieces.
 */
import type { Gpu } from "../gpu/device.ts";

/** Rough rates in multiply-accumulates a millisecond: they size pieces of work, and predict nothing. */
const ROUGH_MACS_PER_MS = { processor: 2e6, gpu: 1e9 } as const;
/** Work of one submit. */
export const SUBMIT_MS = 100;

/** What so many multiply-accumulates roughly take. */
export function roughMs({ isProcessor }: Pick<Gpu, "isProcessor">, macs: number): number {
  return macs / (isProcessor ? ROUGH_MACS_PER_MS.processor : ROUGH_MACS_PER_MS.gpu);
}

/** Records what comes to so many multiply-accumulates in all, in pieces of about equal number that are submitted on the way. */
export function recordInPieces(
  gpu: Pick<Gpu, "isProcessor" | "recorder">,
  records: readonly (() => void)[],
  macs: number,
): void {
  const pieces = Math.max(1, Math.floor(roughMs(gpu, macs) / SUBMIT_MS));
  const most = Math.ceil(records.length / pieces);
  for (const [at, record] of records.entries()) {
    if (at > 0 && at % most === 0) gpu.recorder.submit();
    record();
  }
}
