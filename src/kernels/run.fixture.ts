/** Test support: runs one kernel plan on data that lie in host memory, and gives back what it wrote. */
import type { Gpu } from "../gpu/device.ts";
import type { KernelPlan } from "./plan.ts";

export type Words = Float32Array | Uint32Array;

/** What a kernel must leave as it was: written where nothing belongs, so that a stray write is seen. */
export const UNTOUCHED = -12345.5;

/**
 * Runs `plan` once on `data`, one array for each of the shader's buffers by name. Resolves with the arrays that the
 * shader may write, by name, in the types they were given in.
 */
export async function runPlan<Data extends Readonly<Record<string, Words>>>(
  gpu: Gpu,
  plan: KernelPlan,
  data: Data,
): Promise<Data> {
  using arena = gpu.arena.scope();
  const kernel = await gpu.pipelines.kernel(plan.shader, plan.constants);
  const buffers = Object.fromEntries(Object.entries(data).map(([name, values]) => [name, arena.upload(name, values)]));
  gpu.recorder.dispatch(gpu.pipelines.bind(kernel, buffers), plan.parameters, plan.workgroups);
  const written = Object.keys(data).filter((name) => plan.shader.bindings[name]!.kind === "storage");
  const copies = await gpu.read(
    ...written.map((name) => ({ buffer: buffers[name]!, sizeBytes: data[name]!.byteLength })),
  );
  const results: Record<string, Words> = { ...data };
  written.forEach((name, i) => {
    const bytes = copies[i]!;
    results[name] = data[name] instanceof Float32Array ? new Float32Array(bytes) : new Uint32Array(bytes);
  });
  return results as Data;
}

/** Largest difference between two arrays, over the root mean square of what was wanted (1e-3 at least). */
export function largestError(got: ArrayLike<number>, wanted: ArrayLike<number>): number {
  if (got.length !== wanted.length) return Number.NaN;
  let squares = 0;
  let largest = 0;
  for (let i = 0; i < wanted.length; i++) {
    squares += wanted[i]! ** 2;
    const error = Math.abs(got[i]! - wanted[i]!);
    // Math.max passes NaN on.
    largest = Math.max(largest, error);
  }
  return wanted.length === 0 ? 0 : largest / Math.max(1e-3, Math.sqrt(squares / wanted.length));
}
