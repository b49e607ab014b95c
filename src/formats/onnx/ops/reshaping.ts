/**
 * Flatten, Reshape, Squeeze, Unsqueeze, Transpose: new shapes of the same numbers. Axis 0 is the batch and stays so; a
 * shape that would carry numbers from one sample into another is refused.
 */
import { shapeText, sizeOf } from "../../../network/shapes.ts";
import { impossible } from "../failure.ts";
import {
  anyInput,
  axisOf,
  type Features,
  featuresInput,
  integerInput,
  type Operation,
  refuse,
  type SettledValue,
  type Value,
} from "../operation.ts";
import { MAX_RANK, type Tensor } from "../tensor.ts";

const MIXES = "Keep axis 0 for the samples, for instance with Reshape to [-1, features].";

/** [batch, ...] to [batch, product]. */
export function Flatten(operation: Operation): Value {
  const features = featuresInput(operation, 0);
  const rank = features.shape.length + 1;
  const given = operation.attributes.int("axis", 1);
  const axis = given === rank ? rank : axisOf(operation, given, rank);
  if (axis === 0 || sizeOf(features.shape.slice(0, axis - 1)) !== 1) {
    throw refuse(operation, `flattens from axis ${axis}, which mixes samples`, "Set its axis to 1.");
  }
  const shape = [sizeOf(features.shape)];
  const layer = operation.emit({ kind: "flatten", name: operation.name, inputs: [features.layer] });
  return { ...features, layer, shape, kept: shape };
}

/** To a constant shape; 0 keeps a size, one -1 takes what is left. */
export function Reshape(operation: Operation): Value {
  const value = anyInput(operation, 0);
  const { dims, values } = integerInput(operation, 1);
  if (values.length > MAX_RANK) throw refuse(operation, `makes ${values.length} axes`);
  if (dims.length !== 1) throw impossible(`${operation.where} has a shape of ${dims.length} axes`, operation.where);
  const zeroCopies = operation.attributes.int("allowzero", 0) === 0;
  const target = [...values];
  if (value.kind !== "features") {
    const copied = target.map((size, axis) => (size === 0 && zeroCopies ? (value.dims[axis] ?? 0) : size));
    return { ...value, dims: resolved(operation, copied, sizeOf(value.dims)) };
  }
  const [first, ...rest] = target.map((size, axis) =>
    size === 0 && zeroCopies && axis > 0 ? (value.shape[axis - 1] ?? 0) : size,
  );
  const size = sizeOf(value.shape);
  if (first === -1) {
    if (sizeOf(rest) !== size || rest.length === 0) throw refuse(operation, mixing(rest, size), MIXES);
    return reshaped(operation, value, resolved(operation, rest, size));
  }
  const isBatch = Number.isNaN(first) || (first === 0 && zeroCopies) || first === 1 || first === operation.batch;
  if (!isBatch || rest.length === 0) throw refuse(operation, mixing(target, size), MIXES);
  return reshaped(operation, value, resolved(operation, rest, size));
}

function mixing(target: readonly number[], size: number): string {
  return `makes ${shapeText(target)} of ${size} numbers a sample, which mixes samples`;
}

/** The shape with its -1 replaced, checked to hold `size` numbers. */
function resolved(operation: Operation, target: readonly number[], size: number): number[] {
  const known = sizeOf(target.filter((axis) => axis !== -1));
  const open = target.filter((axis) => axis === -1).length;
  const shape = target.map((axis) => (axis === -1 ? size / known : axis));
  if (open > 1 || shape.some((axis) => !Number.isSafeInteger(axis) || axis < 0) || sizeOf(shape) !== size) {
    const message = `${operation.where} makes ${shapeText(target)} of ${size} numbers`;
    throw impossible(message, operation.where, { target, numbers: size });
  }
  return shape;
}

function reshaped(operation: Operation, features: Features, shape: readonly number[]): Features {
  if (features.channelsLast !== null && shape.length !== 1) {
    throw refuse(operation, `splits an image of several channels into ${shapeText(shape)}`, "Flatten it instead.");
  }
  const layer = operation.emit({ kind: "reshape", name: operation.name, inputs: [features.layer], shape });
  return { ...features, layer, shape, kept: shape };
}

/** Takes axes of size 1 away. */
export function Squeeze(operation: Operation): Value {
  const value = anyInput(operation, 0);
  const sizes = sizesOf(value);
  const given = axesOf(operation, sizes.length);
  const axes =
    given ?? sizes.flatMap((size, axis) => (size === 1 && (axis > 0 || value.kind !== "features") ? [axis] : []));
  for (const axis of axes) {
    if (sizes[axis] !== 1 || (axis === 0 && value.kind === "features")) {
      throw refuse(operation, `takes away axis ${axis} of ${shapeText(sizes)}`);
    }
  }
  return withSizes(
    operation,
    value,
    sizes.filter((_, axis) => !axes.includes(axis)),
  );
}

/** Puts axes of size 1 in. */
export function Unsqueeze(operation: Operation): Value {
  const value = anyInput(operation, 0);
  const sizes = sizesOf(value);
  const listed = listedAxes(operation);
  if (listed === null) throw impossible(`${operation.where} names no axes`, operation.where);
  const rank = sizes.length + listed.length;
  if (rank > MAX_RANK) throw refuse(operation, `makes ${rank} axes`);
  const axes = new Set(listed.map((axis) => axisOf(operation, axis, rank)));
  if (axes.size !== listed.length) throw impossible(`${operation.where} names an axis twice`, operation.where);
  if (axes.has(0) && value.kind === "features") throw refuse(operation, "puts an axis before the batch");
  const rest = sizes.values();
  return withSizes(
    operation,
    value,
    Array.from({ length: rank }, (_, axis) => (axes.has(axis) ? 1 : (rest.next().value ?? 1))),
  );
}

/** Sizes of all axes; the batch of features counts as NaN, which equals nothing. */
function sizesOf(value: SettledValue): readonly number[] {
  return value.kind === "features" ? [Number.NaN, ...value.shape] : value.dims;
}

function withSizes(operation: Operation, value: SettledValue, sizes: readonly number[]): Value {
  return value.kind === "features" ? reshaped(operation, value, sizes.slice(1)) : { ...value, dims: sizes };
}

function axesOf(operation: Operation, rank: number): readonly number[] | null {
  return listedAxes(operation)?.map((axis) => axisOf(operation, axis, rank)) ?? null;
}

/** `axes`: an attribute before opset 13, an input since. */
function listedAxes(operation: Operation): readonly number[] | null {
  if (operation.opset < 13) return operation.attributes.ints("axes");
  return operation.inputs[1] == null ? null : [...integerInput(operation, 1).values];
}

/** Axes in another order: of a constant, any; of features, an order that moves only axes of size 1. */
export function Transpose(operation: Operation): Value {
  const value = anyInput(operation, 0);
  const sizes = sizesOf(value);
  const order = operation.attributes.ints("perm") ?? [...sizes.keys()].reverse();
  const isPermutation = order.length === sizes.length && sizes.every((_, axis) => order.includes(axis));
  if (!isPermutation) {
    const message = `${operation.where} orders ${sizes.length} axes by ${shapeText(order)}`;
    throw impossible(message, operation.where);
  }
  if (value.kind !== "features") {
    operation.reserve(value.values.length);
    return permuted(value, order);
  }
  const moved = order.filter((axis) => sizes[axis] !== 1);
  if (order[0] !== 0 || moved.some((axis, i) => i > 0 && axis < moved[i - 1]!)) {
    throw refuse(operation, `moves axes by ${shapeText(order)}`, "Train the model on the layout it reads.");
  }
  return withSizes(
    operation,
    value,
    order.map((axis) => sizes[axis]!),
  );
}

function permuted(tensor: Tensor, order: readonly number[]): Tensor {
  const dims = order.map((axis) => tensor.dims[axis]!);
  const strides = tensor.dims.map((_, axis) => sizeOf(tensor.dims.slice(axis + 1)));
  const values = tensor.values.slice();
  const place = dims.map(() => 0);
  for (let i = 0; i < values.length; i++) {
    values[i] = tensor.values[order.reduce((at, axis, j) => at + strides[axis]! * place[j]!, 0)]!;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      place[axis] = place[axis]! + 1;
      if (place[axis]! < dims[axis]!) break;
      place[axis] = 0;
    }
  }
  return { ...tensor, dims, values } as Tensor;
}
