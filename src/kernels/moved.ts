/** The samples on which replacing a unit moves its activation at all, as bits. */
import shader from "../../shaders/moved.wgsl";
import { wordsFor } from "../core/bitset.ts";
import type { KernelPlan } from "./plan.ts";

/** The displacement is [units, stride]; the result [units, wordsFor(samples)]. */
export function planMoved(units: number, samples: number, stride: number): KernelPlan {
  const words = wordsFor(samples);
  return {
    shader,
    constants: {},
    parameters: { units, samples, stride, words },
    workgroups: [Math.ceil(words / shader.constants.WORKGROUP), units],
  };
}
