/** Adds a gradient to what has reached the same tensor before. */
import shader from "../../shaders/accumulate.wgsl";
import { LesionError } from "../core/errors.ts";
import { grid, type KernelPlan } from "./plan.ts";

/** y += x, each of `floats` numbers, whole vec4s as all tensors on the device are. Throws LesionError("internal") if not. */
export function planAccumulate(floats: number): KernelPlan {
  if (floats % 4 !== 0) throw new LesionError("internal", `accumulate: ${floats} numbers are not whole vec4s`);
  const { RUN, WORKGROUP } = shader.constants;
  return {
    shader,
    constants: {},
    parameters: { vectors: floats / 4 },
    workgroups: grid(Math.ceil(floats / 4 / (RUN * WORKGROUP))),
  };
}
