/** From a kernel plan and its buffers to something a recorder can dispatch, compiled and bound once. */
import type { Gpu } from "../gpu/device.ts";
import type { BoundKernel } from "../gpu/pipeline-cache.ts";
import type { KernelPlan } from "../kernels/plan.ts";

/** Buffers by their names in the shader. */
export type Buffers = Readonly<Record<string, GPUBuffer | GPUBufferBinding>>;

/** A kernel with its buffers, ready for plans of the same variant. */
export interface Prepared {
  /** Records one dispatch; a plan of other sizes may be given where the buffers hold them. */
  record(plan?: KernelPlan): void;
}

/** Compiles (once a variant) and binds a plan's kernel. */
export async function prepare(gpu: Gpu, plan: KernelPlan, buffers: Buffers): Promise<Prepared> {
  const kernel = await gpu.pipelines.kernel(plan.shader, plan.constants);
  const bound: BoundKernel = gpu.pipelines.bind(kernel, buffers);
  return {
    record(other = plan) {
      gpu.recorder.dispatch(bound, other.parameters, other.workgroups);
    },
  };
}
