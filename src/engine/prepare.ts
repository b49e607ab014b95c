/** From a kernel plan and its buffers to something a recorder can dispatch: compiled once, bound once. */
import type { Gpu } from "../gpu/device.ts";
import type { Kernel } from "../gpu/pipeline-cache.ts";
import type { KernelPlan } from "../kernels/plan.ts";

/** Buffers by their names in the shader. */
export type Buffers = Readonly<Record<string, GPUBuffer | GPUBufferBinding>>;

/** A kernel with its buffers, ready for plans of the same variant. */
export interface Prepared {
  /** Records one dispatch; a plan of other sizes may be given where the buffers hold them. */
  record(plan?: KernelPlan): void;
}

/** Compiles a plan's kernel; a variant that was compiled before is taken from the cache. */
export function compile(gpu: Gpu, plan: KernelPlan): Promise<Kernel> {
  return gpu.pipelines.kernel(plan.shader, plan.constants);
}

/** Binds buffers to a compiled kernel. `plan` is what `record` takes where it is given none. */
export function bind(gpu: Gpu, kernel: Kernel, plan: KernelPlan, buffers: Buffers): Prepared {
  const bound = gpu.pipelines.bind(kernel, buffers);
  return {
    record(other = plan) {
      gpu.recorder.dispatch(bound, other.parameters, other.workgroups);
    },
  };
}

/** Compiles and binds a plan's kernel. */
export async function prepare(gpu: Gpu, plan: KernelPlan, buffers: Buffers): Promise<Prepared> {
  return bind(gpu, await compile(gpu, plan), plan, buffers);
}
