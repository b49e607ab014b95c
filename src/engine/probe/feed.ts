/** Samples on their way into a probe, a batch at a time into the same buffer, and how many make a batch. */
import type { Arena } from "../../gpu/arena.ts";
import type { Gpu } from "../../gpu/device.ts";
import { planGatherBatch } from "../../kernels/gather-batch.ts";
import type { Shape } from "../../network/shapes.ts";
import { bind, compile } from "../prepare.ts";
import { deviceSamples, deviceSamplesBytes } from "../samples.ts";
import type { ProbeSamples } from "./source.ts";

/** Puts samples start .. start + rows into a tensor: stored values are loaded, and what turns them into rows is recorded. */
export type Feed = (start: number, rows: number) => Promise<void>;

/** Opens a feed of up to `capacity` samples of `shape` into `x`. Its buffers belong to `arena`. */
export async function openFeed(
  gpu: Gpu,
  arena: Arena,
  { dataset, transform }: Pick<ProbeSamples, "dataset" | "transform">,
  shape: Shape,
  x: GPUBuffer,
  capacity: number,
): Promise<Feed> {
  const { values, levels, shape: stored, load } = deviceSamples(arena, dataset, transform, capacity);
  const { bytes, channels } = stored;
  const planOf = (rows: number) =>
    planGatherBatch({ networks: 1, rows, start: 0, orderStride: null, shape, bytes, channels, augment: null });
  const first = planOf(capacity);
  const gather = bind(gpu, await compile(gpu, first), first, { values, order: values, levels, x });
  return async (start, rows) => {
    await load(start, rows);
    gather.record(planOf(rows));
  };
}

/** Bytes of a feed of so many samples. */
export function feedBytes({ dataset }: Pick<ProbeSamples, "dataset">, capacity: number): number {
  const [values, levels] = deviceSamplesBytes(dataset, capacity);
  return values + levels;
}
