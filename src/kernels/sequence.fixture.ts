/** Test support: runs a sequence of kernels on data that lie in host memory, and gives back some of its buffers. */
import type { Gpu } from "../gpu/device.ts";
import type { Words } from "./run.fixture.ts";
import type { KernelSequence } from "./sequence.ts";

/**
 * Runs `sequence` once on `data`, one array for each of its buffers but the scratch, which begins as NaN. Resolves with the
 * arrays named in `wanted`.
 */
export async function runSequence<Name extends string>(
  gpu: Gpu,
  { steps, scratch }: KernelSequence,
  data: Readonly<Record<string, Words>>,
  wanted: readonly Name[],
): Promise<Readonly<Record<Name, Float32Array>>> {
  using arena = gpu.arena.scope();
  const buffers: Record<string, GPUBuffer> = {};
  for (const [name, values] of Object.entries(data)) buffers[name] = arena.upload(name, values);
  for (const [name, bytes] of Object.entries(scratch)) {
    buffers[name] = arena.upload(name, new Float32Array(bytes / 4).fill(Number.NaN));
  }
  for (const { plan, buffers: names } of steps) {
    const kernel = await gpu.pipelines.kernel(plan.shader, plan.constants);
    const bound = Object.fromEntries(Object.entries(names).map(([binding, name]) => [binding, buffers[name]!]));
    gpu.recorder.dispatch(gpu.pipelines.bind(kernel, bound), plan.parameters, plan.workgroups);
  }
  const parts = wanted.map((name) => ({ buffer: buffers[name]!, sizeBytes: data[name]!.byteLength }));
  const copies = await gpu.read(...parts);
  const found: Partial<Record<Name, Float32Array>> = {};
  wanted.forEach((name, i) => {
    found[name] = new Float32Array(copies[i]!);
  });
  return found as Record<Name, Float32Array>;
}
