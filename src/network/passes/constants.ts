/** What is computed from constants alone is a constant. */
import { applyActivation } from "../activation.ts";
import type { BinaryLayer, ConstantLayer, Layer } from "../network.ts";
import { outputShape, type Shape, sizeOf } from "../shapes.ts";
import { placesOf } from "./moves.ts";
import type { Change, View } from "./rewrite.ts";

/** A folded constant may have so many numbers; larger ones are cheaper to compute than to keep. */
const MOST_FOLDED = 2 ** 22;

/** Computes arithmetic, activations and moves of constants, in float64. A single number gets an axis. */
export function foldConstants(layer: Layer, view: View): Change | null {
  const { name } = layer;
  const constant = (shape: Shape, values: Float32Array): Change | null =>
    values.every(Number.isFinite) ? { set: [{ kind: "constant", name, inputs: [], shape, values }] } : null;
  if (layer.kind === "constant") return layer.shape.length === 0 ? constant([1], layer.values) : null;
  const sources = layer.inputs.map(view.source).filter((source) => source?.kind === "constant");
  const [a, b] = sources;
  if (a === undefined || sources.length !== layer.inputs.length) return null;
  const shape = outputShape(layer, layer.inputs.map(view.shape));
  if (sizeOf(shape) > MOST_FOLDED) return null;
  switch (layer.kind) {
    case "binary":
      return constant(shape, arithmetic(layer, a, b!, shape));
    case "activation":
      return constant(
        shape,
        a.values.map((value) => applyActivation(layer.activation, value)),
      );
    case "transpose":
      return constant(
        shape,
        Float32Array.from(placesOf(a.shape, layer.axes), (place) => a.values[place]!),
      );
    case "flatten":
    case "reshape":
      return constant(shape, a.values);
    default:
      return null;
  }
}

function arithmetic(layer: BinaryLayer, a: ConstantLayer, b: ConstantLayer, shape: Shape): Float32Array {
  const values = new Float32Array(sizeOf(shape));
  const [left, right] = [broadcastStrides(a.shape, shape), broadcastStrides(b.shape, shape)];
  for (let i = 0; i < values.length; i++) {
    let [rest, atLeft, atRight] = [i, 0, 0];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const at = rest % shape[axis]!;
      rest = (rest - at) / shape[axis]!;
      atLeft += at * left[axis]!;
      atRight += at * right[axis]!;
    }
    values[i] = applyActivation(layer.activation, computed(layer.operator, a.values[atLeft]!, b.values[atRight]!));
  }
  return values;
}

function computed(operator: BinaryLayer["operator"], a: number, b: number): number {
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

/** Numbers of an operand from one place of the result's axes to the next; 0 where it is broadcast. */
function broadcastStrides(operand: Shape, result: Shape): number[] {
  const missing = result.length - operand.length;
  return result.map((_, axis) =>
    axis < missing || operand[axis - missing] === 1 ? 0 : sizeOf(operand.slice(axis - missing + 1)),
  );
}
