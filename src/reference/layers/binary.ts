/** activation(a op b) in float64, shapes broadcast as NumPy does. */
import { applyActivation } from "../../network/activation.ts";
import type { BinaryLayer } from "../../network/network.ts";
import type { Shape } from "../../network/shapes.ts";
import type { Tensor } from "../tensor.ts";
import { broadcast } from "./rearrange.ts";

/** [samples, ...outShape] */
export function binary(layer: BinaryLayer, a: Tensor, b: Tensor, samples: number, outShape: Shape): Float64Array {
  const right = broadcast(b, samples, outShape);
  return broadcast(a, samples, outShape).map((value, i) => {
    return applyActivation(layer.activation, combined(layer.operator, value, right[i]!));
  });
}

function combined(operator: BinaryLayer["operator"], a: number, b: number): number {
  switch (operator) {
    case "add":
      return a + b;
    case "subtract":
      return a - b;
    case "multiply":
      return a * b;
    case "divide":
      return a / b;
  }
}
