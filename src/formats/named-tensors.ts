/**
 * The tensors of a file of weights, by the names that an architecture gives: read once, put into another order once.
 */
import { fillByStrides } from "../core/by-strides.ts";
import { LesionError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { shapeText } from "../network/shapes.ts";
import { floatsOfTensor, type SafeTensor } from "./safetensors-file.ts";

/** All throw LesionError("bad-model") that names the layer where the tensor is not there or has another shape. */
export interface NamedTensors {
  has(tensor: string): boolean;
  dims(tensor: string, layer: string): readonly number[];
  /** In the file's order. */
  floats(tensor: string, layer: string): Float32Array;
  /** A tensor of one axis. */
  vector(tensor: string, layer: string): Float32Array;
  /** With its axes in another order: result axis i is the file's axis axes[i]. */
  ordered(tensor: string, layer: string, axes: readonly number[]): Float32Array;
}

/** The tensors of a safetensors file. Layers that share a tensor share its values. */
export function namedTensors(tensors: ReadonlyMap<string, SafeTensor>): NamedTensors {
  const made = new Map<string, Float32Array>();
  const once = (key: string, make: () => Float32Array) => {
    const values = made.get(key) ?? make();
    made.set(key, values);
    return values;
  };
  const of = (tensor: string, layer: string) => tensors.get(tensor) ?? missing(tensor, layer, [...tensors.keys()]);
  const floats = (tensor: string, layer: string) => {
    const found = of(tensor, layer);
    return once(`as it is: ${tensor}`, () => floatsOfTensor(found));
  };
  return {
    has: (tensor) => tensors.has(tensor),
    dims: (tensor, layer) => of(tensor, layer).dims,
    floats,
    vector: (tensor, layer) => {
      const { dims } = of(tensor, layer);
      if (dims.length === 1) return floats(tensor, layer);
      const message = `layer "${layer}" wants one number a channel, and tensor "${tensor}" has the shape ${shapeText(dims)}`;
      throw new LesionError("bad-model", message, { where: `layer "${layer}"`, fix: "Name a tensor of one axis." });
    },
    ordered: (tensor, layer, axes) => {
      const { dims } = of(tensor, layer);
      if (axes.every((axis, i) => axis === i)) return floats(tensor, layer);
      return once(`${axes}: ${tensor}`, () => permuted(floatsOfTensor(of(tensor, layer)), dims, axes));
    },
  };
}

/** Row-major values with their axes in another order. */
function permuted(values: Float32Array, dims: readonly number[], axes: readonly number[]): Float32Array {
  const strides = dims.map((_, axis) => dims.slice(axis + 1).reduce((product, size) => product * size, 1));
  const result = new Float32Array(values.length);
  fillByStrides(
    result,
    values,
    axes.map((axis) => dims[axis]!),
    axes.map((axis) => strides[axis]!),
  );
  return result;
}

function missing(tensor: string, layer: string, names: readonly string[]): never {
  const meant = nearest(tensor, names);
  const shown = names.slice(0, 12).join(", ");
  const all = `The file has ${shown}${names.length > 12 ? ` and ${names.length - 12} more` : ""}.`;
  throw new LesionError("bad-model", `layer "${layer}" wants the tensor "${tensor}", which the file does not have`, {
    where: `layer "${layer}"`,
    fix: meant === null ? all : `Did you mean "${meant}"? ${all}`,
  });
}
