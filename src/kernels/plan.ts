/**
 * What a kernel module gives for a shape: everything a dispatch needs but the buffers, as plain data. So the choice of
 * variant, its constants and its grid are tested without a GPU.
 */
import type { Parameters } from "../gpu/recorder.ts";
import type { ShaderModule } from "../gpu/shader.ts";
import type { Constants } from "../gpu/specialize.ts";

/** A dispatch without its buffers. */
export interface KernelPlan {
  readonly shader: ShaderModule;
  readonly constants: Constants;
  readonly parameters: Parameters;
  readonly workgroups: readonly [number, number];
}

/** `count` workgroups in two dimensions, because one holds at most 65,535; kernels number them row by row. */
export function grid(count: number): readonly [number, number] {
  const x = Math.min(count, 32768);
  return [x, Math.ceil(count / Math.max(1, x))];
}
