/** Kept activations of samples as a batch: what the layers before the first trained one gave, once for all epochs. */
import shader from "../../shaders/gather-cached.wgsl";
import { type BatchRows, batchParameters } from "./batch-order.ts";
import { GATHERED_RUN } from "./gather-batch.ts";
import { grid, type KernelPlan } from "./plan.ts";

/** cache: [samples, vectors] and x: [networks, rows, vectors], in vec4s. */
export function planGatherCached({ vectors, ...batch }: BatchRows & { readonly vectors: number }): KernelPlan {
  const threads = Math.ceil(vectors / GATHERED_RUN);
  return {
    shader,
    constants: {},
    parameters: { ...batchParameters(batch), vectors, threads },
    workgroups: grid(Math.ceil((batch.networks * batch.rows * threads) / shader.constants.WORKGROUP)),
  };
}
