/**
 * Moves of numbers: those that undo each other go, those that only rename axes become reshapes, and an order that a dense
 * layer alone depends on goes into the rows of its weights. Files with channels first are full of them.
 */
import type { Layer, Weight } from "../network.ts";
import { type Shape, sizeOf } from "../shapes.ts";
import type { Change, View } from "./rewrite.ts";

/** A transpose of a transpose is one transpose; one that leaves the numbers in their order is a reshape. */
export function joinTransposes(layer: Layer, view: View): Change | null {
  if (layer.kind !== "transpose") return null;
  const [input = ""] = layer.inputs;
  const shape = view.shape(input);
  const moved = layer.axes.filter((axis) => shape[axis] !== 1);
  if (moved.every((axis, i) => i === 0 || axis > moved[i - 1]!)) {
    const { name, inputs } = layer;
    return { set: [{ kind: "reshape", name, inputs, shape: layer.axes.map((axis) => shape[axis]!) }] };
  }
  const before = view.source(input);
  if (before?.kind !== "transpose") return null;
  return { set: [{ ...layer, inputs: before.inputs, axes: layer.axes.map((axis) => before.axes[axis]!) }] };
}

/** A reshape or flatten of a reshape or flatten reads what that reads. */
export function joinReshapes(layer: Layer, view: View): Change | null {
  if (layer.kind !== "reshape" && layer.kind !== "flatten") return null;
  const before = view.source(layer.inputs[0]!);
  if (before?.kind !== "reshape" && before?.kind !== "flatten") return null;
  return { set: [{ ...layer, inputs: before.inputs }] };
}

/** A slice of a slice is one slice. */
export function joinSlices(layer: Layer, view: View): Change | null {
  if (layer.kind !== "slice") return null;
  const before = view.source(layer.inputs[0]!);
  if (before?.kind !== "slice") return null;
  const starts = layer.starts.map((start, axis) => before.starts[axis]! + start * before.steps[axis]!);
  const steps = layer.steps.map((step, axis) => step * before.steps[axis]!);
  return { set: [{ ...layer, inputs: before.inputs, starts, steps }] };
}

/** A dense layer after a flattened transpose reads the flattened tensor as it was, with its weight rows reordered. */
export function foldTransposeIntoDense(layer: Layer, view: View): Change | null {
  if (layer.kind !== "dense") return null;
  const flat = view.source(layer.inputs[0]!);
  if ((flat?.kind !== "reshape" && flat?.kind !== "flatten") || view.reads(flat.name) !== 1) return null;
  const moved = view.source(flat.inputs[0]!);
  if (moved?.kind !== "transpose" || view.shape(flat.name).length !== 1) return null;
  const [source = ""] = moved.inputs;
  const places = placesOf(view.shape(source), moved.axes);
  const weight = reordered(layer.weight, places, layer.outFeatures);
  return {
    set: [
      { ...flat, inputs: [source] },
      { ...layer, weight },
    ],
  };
}

/** For each number of the transposed tensor, in order, its place in the tensor of shape `shape`. */
export function placesOf(shape: Shape, axes: readonly number[]): Uint32Array {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const places = new Uint32Array(sizeOf(shape));
  const at = axes.map(() => 0);
  let place = 0;
  for (let i = 0; i < places.length; i++) {
    places[i] = place;
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      const [size, stride] = [shape[axes[axis]!]!, strides[axes[axis]!]!];
      at[axis]! += 1;
      place += stride;
      if (at[axis]! < size) break;
      at[axis] = 0;
      place -= size * stride;
    }
  }
  return places;
}

/** Row i of the weights, at row places[i]. Quantised weights stay so. */
function reordered(weight: Weight, places: Uint32Array, columns: number): Weight {
  const move = <T extends Float32Array | Uint8Array | Uint16Array>(from: T, to: T): T => {
    places.forEach((place, row) => {
      to.set(from.subarray(row * columns, (row + 1) * columns), place * columns);
    });
    return to;
  };
  if (weight instanceof Float32Array) return move(weight, new Float32Array(weight.length));
  const { values } = weight;
  const to = values instanceof Uint8Array ? new Uint8Array(values.length) : new Uint16Array(values.length);
  return { ...weight, values: move(values, to) };
}
