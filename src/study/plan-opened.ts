/** The plan of an opened study on the device at hand. */
import type { AblationSource } from "../ablation/ablation.ts";
import { planSweep, type SweepPlan } from "../ablation/planner.ts";
import { chunkBytes } from "../engine/prefix.ts";
import type { Gpu } from "../gpu/device.ts";
import type { OpenedStudy } from "./open-study.ts";
import type { RunInput } from "./run-interface.ts";

/** Leaves out the rows that `skip` names. Throws as `planSweep` does. */
export function planOpened(
  { chain, dataset, ablations }: Pick<OpenedStudy, "chain" | "dataset"> & { readonly ablations: AblationSource },
  gpu: Gpu,
  skip: (row: number) => boolean,
): SweepPlan {
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
