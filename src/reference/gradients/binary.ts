/** Gradients of a op b in float64; where an input was broadcast, those of all its copies are summed. */
import type { BinaryLayer } from "../../network/network.ts";
import type { Shape } from "../../network/shapes.ts";
import { broadcast } from "../layers/rearrange.ts";
import type { Tensor } from "../tensor.ts";
import { rearrangedGradient } from "./rearrange.ts";

/** By a and by b, from `pre` [samples, ...outShape], the gradient by a op b. */
export function binaryGradient(
  { operator }: BinaryLayer,
  [a, b]: readonly [Tensor, Tensor],
  pre: Float64Array,
  samples: number,
  outShape: Shape,
): readonly Float64Array[] {
  const left = broadcast(a, samples, outShape);
  const right = broadcast(b, samples, outShape);
  const slopes = pre.map((_, i) => slopeByLeft(operator, right[i]!));
  const otherSlopes = pre.map((_, i) => slopeByRight(operator, left[i]!, right[i]!));
  return (
    [
      [a, slopes],
      [b, otherSlopes],
    ] as const
  ).flatMap(([{ shape }, slope]) => {
    const wide = pre.map((gradient, i) => gradient * slope[i]!);
    return rearrangedGradient(([x]) => broadcast(x!, 1, outShape), [shape], wide, samples);
  });
}

function slopeByLeft(operator: BinaryLayer["operator"], b: number): number {
  if (operator === "multiply") return b;
  return operator === "divide" ? 1 / b : 1;
}

function slopeByRight(operator: BinaryLayer["operator"], a: number, b: number): number {
  switch (operator) {
    case "add":
      return 1;
    case "subtract":
      return -1;
    case "multiply":
      return a;
    case "divide":
      return -a / (b * b);
  }
}
