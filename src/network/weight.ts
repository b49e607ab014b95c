/** Weights as floats, whichever way a file kept them. */
import type { Weight } from "./network.ts";

/** The weights in f32: themselves, or expanded into a new array. */
export function floatsOf(weight: Weight): Float32Array {
  if (weight instanceof Float32Array) return weight;
  const { values, scale, min } = weight;
  const floats = new Float32Array(values.length);
  // f32 after each step, as the kernels that expand weights on the GPU do it.
  for (let i = 0; i < values.length; i++) floats[i] = Math.fround(values[i]! * scale) + min;
  return floats;
}

/** How many weights there are. */
export function countOf(weight: Weight): number {
  return weight instanceof Float32Array ? weight.length : weight.values.length;
}
