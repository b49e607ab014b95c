/** Dispatches as plain data, made ready together and recorded together: what a layer's computing comes down to. */
import type { Gpu } from "../../gpu/device.ts";
import type { KernelPlan } from "../../kernels/plan.ts";
import { type Buffers, prepare } from "../prepare.ts";
import { recordInPieces } from "../submits.ts";

/** A kernel's plan and the buffers it runs on. */
export interface Dispatch {
  readonly plan: KernelPlan;
  readonly buffers: Buffers;
}

/**
 * Compiles and binds dispatches; what is returned records them all, in order. `macs`: what they come to, where it may be much;
 * far more than a submit should hold is submitted in pieces.
 */
export async function ready(gpu: Gpu, dispatches: readonly Dispatch[], macs = 0): Promise<() => void> {
  const prepared = await Promise.all(dispatches.map(({ plan, buffers }) => prepare(gpu, plan, buffers)));
  const records = prepared.map((each) => () => each.record());
  return () => recordInPieces(gpu, records, macs);
}
