/**
 * Arithmetic on constants while reading: the shapes that exporters compute from shapes, step by step, and weights that are
 * transposed or cut. Every result is announced before it is made.
 */
import { broadcastShape, type Shape, shapeText, sizeOf } from "../../network/shapes.ts";
import { impossible } from "./failure.ts";
import { type Operation, refuse } from "./operation.ts";
import { MAX_RANK, type Tensor } from "./tensor.ts";

/** A tensor of zeros; announces its numbers and checks its axes first. */
function allocate(operation: Operation, kind: Tensor["kind"], dims: Shape): Tensor {
  const count = sizeOf(dims);
  if (dims.length > MAX_RANK) throw refuse(operation, `makes ${dims.length} axes`);
  if (!Number.isSafeInteger(count) || dims.some((size) => size < 0)) {
    throw impossible(`${operation.where} makes ${shapeText(dims)}`, operation.where);
  }
  operation.reserve(count);
  const { name } = operation;
  return kind === "float"
    ? { kind, name, dims, values: new Float32Array(count) }
    : { kind, name, dims, values: new Float64Array(count) };
}

/** A tensor of the kind of `like` with the number `at(i)` at index i. */
export function makeTensor(
  operation: Operation,
  like: { readonly kind: Tensor["kind"] },
  dims: Shape,
  at: (index: number) => number,
): Tensor {
  const tensor = allocate(operation, like.kind, dims);
  const { values } = tensor;
  for (let i = 0; i < values.length; i++) values[i] = at(i);
  return tensor;
}

/** Steps between neighbours along each axis of a row-major tensor. */
export function stridesOf(dims: Shape): number[] {
  const strides = dims.map(() => 1);
  for (let axis = dims.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * dims[axis + 1]!;
  return strides;
}

/** The numbers of `tensor` at `offset` + a multiple of a stride for each axis of `dims`: transposed, cut or repeated. */
export function viewed<Kind extends Tensor>(
  operation: Operation,
  tensor: Kind,
  dims: Shape,
  strides: readonly number[],
  offset = 0,
): Kind {
  const result = allocate(operation, tensor.kind, dims) as Kind;
  const { values } = result;
  const place = dims.map(() => 0);
  for (let to = 0, from = offset; to < values.length; to++) {
    values[to] = tensor.values[from]!;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      place[axis] = place[axis]! + 1;
      if (place[axis]! < dims[axis]!) break;
      from -= strides[axis]! * dims[axis]!;
      place[axis] = 0;
    }
  }
  return result;
}

/** The tensor with axis `i` of the result being its axis `order[i]`. */
export function permuted<Kind extends Tensor>(operation: Operation, tensor: Kind, order: readonly number[]): Kind {
  const strides = stridesOf(tensor.dims);
  const dims = order.map((axis) => tensor.dims[axis]!);
  return viewed(
    operation,
    tensor,
    dims,
    order.map((axis) => strides[axis]!),
  );
}

/** The tensor repeated along axes of size 1, as NumPy broadcasts, to `dims`. */
export function broadcastTo(operation: Operation, tensor: Tensor, dims: Shape): Tensor {
  const missing = dims.length - tensor.dims.length;
  const own = stridesOf(tensor.dims);
  const strides = dims.map((_, axis) =>
    axis < missing || tensor.dims[axis - missing] === 1 ? 0 : own[axis - missing]!,
  );
  return viewed(operation, tensor, dims, strides);
}

/** The shape that tensors broadcast to together. Throws LesionError("bad-model") where they do not. */
export function commonDims(operation: Operation, tensors: readonly Tensor[]): Shape {
  return tensors.reduce<Shape>((shape, { dims }) => {
    const common = broadcastShape(shape, dims);
    if (common === null) {
      throw impossible(`${operation.where} joins ${shapeText(shape)} and ${shapeText(dims)}`, operation.where);
    }
    return common;
  }, []);
}

/**
 * `combine` of two constants, number by number. Integers stay integers, cut towards 0. Throws LesionError("bad-model") for
 * an integer that is none: divided by 0, or too large.
 */
export function combined(
  operation: Operation,
  a: Tensor,
  b: Tensor,
  combine: (a: number, b: number) => number,
  kind: Tensor["kind"] = a.kind,
): Tensor {
  const dims = commonDims(operation, [a, b]);
  const [left, right] = [broadcastTo(operation, a, dims), broadcastTo(operation, b, dims)];
  return makeTensor(operation, { kind }, dims, (i) => {
    const value = combine(left.values[i]!, right.values[i]!);
    if (kind === "float") return value;
    const whole = Math.trunc(value) + 0;
    // NaN stands for the open size of the batch, and what is computed from it is as open.
    if (Number.isSafeInteger(whole) || Number.isNaN(left.values[i]! + right.values[i]!)) return whole;
    throw impossible(`${operation.where} gives the integer ${value} at index ${i}`, operation.where, { index: i });
  });
}

/** `apply` of a constant, number by number. */
export function mapped(operation: Operation, tensor: Tensor, apply: (x: number) => number, kind = tensor.kind): Tensor {
  return makeTensor(operation, { kind }, tensor.dims, (i) => apply(tensor.values[i]!));
}
