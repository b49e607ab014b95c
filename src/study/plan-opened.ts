/** The plan of an opened study on the device at hand. */
import type { AblationSource } from "../ablation/ablation.ts";
import { type GraphPlan, planGraphSweep } from "../ablation/graph-planner.ts";
import { planSweep, type SweepPlan } from "../ablation/planner.ts";
import type { ChainSubject, GraphSubject, Subject } from "../ablation/subject.ts";
import type { Dataset } from "../data/dataset.ts";
import { chunkBytes } from "../engine/prefix.ts";
import type { Gpu } from "../gpu/device.ts";
import type { RunInput } from "./run-interface.ts";

/** What is planned: a network, its data and what is done to it. */
export interface Planned<S extends Subject = Subject> {
  readonly subject: S;
  readonly dataset: Dataset;
  readonly ablations: AblationSource;
}

/** Leaves out the rows that `skip` names. Throws as `planSweep` and `planGraphSweep` do. */
export function planOpened(planned: Planned<ChainSubject>, gpu: Gpu, skip: (row: number) => boolean): SweepPlan;
export function planOpened(planned: Planned<GraphSubject>, gpu: Gpu, skip: (row: number) => boolean): GraphPlan;
export function planOpened(planned: Planned, gpu: Gpu, skip: (row: number) => boolean): SweepPlan | GraphPlan;
export function planOpened(
  { subject, dataset, ablations }: Planned,
  gpu: Gpu,
  skip: (row: number) => boolean,
): SweepPlan | GraphPlan {
  const { maxStorageBufferBindingSize, maxBufferSize } = gpu.device.limits;
  const request = {
    ablations,
    skip,
    samples: dataset.samples,
    chunkBytesPerSample: chunkBytes(dataset),
    budgetBytes: gpu.arena.budgetBytes,
    isProcessor: gpu.isProcessor,
    bindingBytes: Math.min(maxStorageBufferBindingSize, maxBufferSize),
  };
  if (subject.kind === "chain") return planSweep({ ...request, chain: subject.chain });
  const { graph, output, ablatable } = subject;
  return planGraphSweep({ ...request, graph, output, ablatable });
}

/** Whether a row is another shard's. */
export function isElsewhere(row: number, shard: RunInput["shard"]): boolean {
  return shard !== null && row % shard.of !== shard.index;
}
