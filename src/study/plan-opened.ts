/** The plan of an opened study on the device at hand. */
import { planSweep, type SweepPlan } from "../ablation/planner.ts";
import { chunkBytes } from "../engine/prefix.ts";
import type { Gpu } from "../gpu/device.ts";
import type { OpenedStudy } from "./open-study.ts";
import type { RunInput } from "./run-interface.ts";

/** Leaves out the rows that `skip` names. Throws as `planSweep` does. */
export function planOpened(opened: OpenedStudy, gpu: Gpu, skip: (row: number) => boolean): SweepPlan {
  const { chain, ablations, dataset } = opened;
  const { maxStorageBufferBindingSize, maxBufferSize } = gpu.device.limits;
  return planSweep({
    chain,
    ablations,
    skip,
    samples: dataset.samples,
    chunkBytesPerSample: chunkBytes(dataset),
    budgetBytes: gpu.arena.budgetBytes,
    isProcessor: gpu.isProcessor,
    bindingBytes: Math.min(maxStorageBufferBindingSize, maxBufferSize),
  });
}

/** Whether a row is another shard's. */
export function isElsewhere(row: number, shard: RunInput["shard"]): boolean {
  return shard !== null && row % shard.of !== shard.index;
}
