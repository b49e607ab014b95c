/** Layers that do nothing: dropped, and what read them reads what they read. */
import type { Layer } from "../network.ts";
import { outputShape, type Shape } from "../shapes.ts";
import type { Change, View } from "./rewrite.ts";

/** Drops identities, linear activations, joins of one input, and moves of numbers that move nothing. */
export function dropIdentity(layer: Layer, view: View): Change | null {
  const [input] = layer.inputs;
  if (input === undefined || layer.inputs.length !== 1 || !doesNothing(layer, view.shape(input))) return null;
  // An output must name a layer, so what hands out an input of the network stays.
  if (view.source(input) === undefined && view.isOutput(layer.name)) return null;
  return { instead: input };
}

function doesNothing(layer: Layer, input: Shape): boolean {
  switch (layer.kind) {
    case "identity":
    case "concat":
      return true;
    case "activation":
      return layer.activation.kind === "linear";
    case "scale":
      return layer.activation.kind === "linear" && all(layer.scale, 1) && all(layer.shift, 0);
    case "transpose":
      return layer.axes.every((axis, i) => axis === i);
    case "flatten":
    case "reshape":
      return outputShape(layer, [input]).join() === input.join();
    case "pad":
      return all(layer.before, 0) && all(layer.after, 0);
    case "slice":
      return all(layer.starts, 0) && layer.sizes.join() === input.join();
    default:
      return false;
  }
}

function all(values: ArrayLike<number>, wanted: number): boolean {
  return Array.prototype.every.call(values, (value: number) => value === wanted);
}
