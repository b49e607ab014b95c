/**
 * Gradients of layers that only move numbers. Such a layer, given the place of each number for the number itself, tells
 * where each of its results comes from; the gradient goes back the same way.
 */
import type { Shape } from "../../network/shapes.ts";
import { sizeOf } from "../../network/shapes.ts";
import type { Tensor } from "../tensor.ts";

/**
 * By each input [samples, ...shape], from `dy` [samples, ...] of a layer whose results for one sample `move` gives. A
 * result that stands nowhere in the inputs must be 0 for inputs that are all above 0.
 */
export function rearrangedGradient(
  move: (inputs: readonly Tensor[]) => Float64Array,
  shapes: readonly Shape[],
  dy: Float64Array,
  samples: number,
): readonly Float64Array[] {
  let places = 1;
  const numbered = shapes.map((shape): Tensor => {
    const first = places;
    places += sizeOf(shape);
    return { values: Float64Array.from({ length: sizeOf(shape) }, (_, i) => first + i), shape };
  });
  const sources = move(numbered);
  return numbered.map(({ values }) => {
    const first = values[0]!;
    const dx = new Float64Array(samples * values.length);
    dy.forEach((gradient, at) => {
      const n = Math.floor(at / sources.length);
      const place = sources[at % sources.length]! - first;
      if (place < 0 || place >= values.length) return;
      dx[n * values.length + place] = dx[n * values.length + place]! + gradient;
    });
    return dx;
  });
}
