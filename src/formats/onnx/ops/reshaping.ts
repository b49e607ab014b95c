/**
 * Flatten, Reshape, Squeeze, Unsqueeze: new shapes of the same numbers, in ONNX's order. Where axis 0 is the batch it stays
 * so; a shape that would carry numbers from one sample into another is refused.
 */
import { type Shape, shapeText, sizeOf } from "../../../network/shapes.ts";
import { impossible } from "../failure.ts";
import { computedFrom, type Features, reshaped } from "../features.ts";
import {
  anyInput,
  axisOf,
  featuresInput,
  hasInput,
  integerInput,
  knownIntegers,
  type Operation,
  rankOf,
  refuse,
  type SettledValue,
  sizesOf,
  type Value,
} from "../operation.ts";
import { MAX_RANK } from "../tensor.ts";

const MIXES = "Keep axis 0 for the samples, for instance with Reshape to [-1, features].";

/** [batch, ...] to [batch, product]. */
export function Flatten(operation: Operation): Value {
  const features = featuresInput(operation, 0);
  const rank = rankOf(operation, features);
  const given = operation.attributes.int("axis", 1);
  const axis = given === rank ? rank : axisOf(operation, given, rank);
  if (!operation.batched) {
    const shape = [sizeOf(features.shape.slice(0, axis)), sizeOf(features.shape.slice(axis))];
    return reshaped(operation, features, shape, operation.name);
  }
  const isOne = axis === 0 && operation.batch === 1;
  if (!isOne && (axis === 0 || sizeOf(features.shape.slice(0, axis - 1)) !== 1)) {
    throw refuse(operation, `flattens from axis ${axis}, which mixes samples`, "Set its axis to 1.");
  }
  return reshaped(operation, features, [sizeOf(features.shape)], operation.name, "flatten");
}

/** To a constant shape; 0 keeps a size, one -1 takes what is left. */
export function Reshape(operation: Operation): Value {
  const value = anyInput(operation, 0);
  const { dims, values } = integerInput(operation, 1);
  if (values.length > MAX_RANK) throw refuse(operation, `makes ${values.length} axes`);
  if (dims.length !== 1) throw impossible(`${operation.where} has a shape of ${dims.length} axes`, operation.where);
  const zeroCopies = operation.attributes.int("allowzero", 0) === 0;
  const sizes = value.kind === "features" ? value.shape : value.dims;
  const first = value.kind === "features" && operation.batched ? 1 : 0;
  const target = [...values].map((size, axis) =>
    size === 0 && zeroCopies && axis >= first ? (sizes[axis - first] ?? 0) : size,
  );
  if (first === 0) return withShape(operation, value, resolved(operation, target, sizeOf(sizes)));
  return withShape(operation, value, sampleShape(operation, target, sizeOf(sizes), zeroCopies));
}

/** The shape of a sample of `size` numbers in a target whose axis 0 is the batch. */
function sampleShape(operation: Operation, target: readonly number[], size: number, zeroCopies: boolean): Shape {
  const { batch } = operation;
  const [first, ...rest] = target;
  const mixes = () =>
    refuse(operation, `makes ${shapeText(target)} of ${size} numbers a sample, which mixes samples`, MIXES);
  if (first === undefined || rest.some(Number.isNaN)) throw mixes();
  if (first === -1 && sizeOf(rest) !== size) throw mixes();
  const isBatch = first === -1 || Number.isNaN(first) || (first === 0 && zeroCopies) || first === (batch ?? 1);
  if (!isBatch || (rest.length === 0 && size !== 1)) throw mixes();
  return resolved(operation, rest, size);
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

/** Takes axes of size 1 away. */
export function Squeeze(operation: Operation): Value {
  const value = anyInput(operation, 0);
  const sizes = sizesOf(operation, value);
  const axes =
    listedAxes(operation)?.map((axis) => axisOf(operation, axis, sizes.length)) ??
    sizes.flatMap((size, axis) => (size === 1 ? [axis] : []));
  const isBatched = value.kind === "features" && operation.batched;
  for (const axis of axes) {
    if (sizes[axis] !== 1 || (isBatched && axis === 0)) {
      throw refuse(operation, `takes away axis ${axis} of ${shapeText(sizes)}`);
    }
  }
  const left = sizes.filter((_, axis) => !axes.includes(axis));
  return withShape(operation, value, isBatched ? left.slice(1) : left);
}

/** Puts axes of size 1 in. */
export function Unsqueeze(operation: Operation): Value {
  const value = anyInput(operation, 0);
  const sizes = sizesOf(operation, value);
  const listed = listedAxes(operation);
  if (listed === null) throw impossible(`${operation.where} names no axes`, operation.where);
  const rank = sizes.length + listed.length;
  if (rank > MAX_RANK) throw refuse(operation, `makes ${rank} axes`);
  const axes = new Set(listed.map((axis) => axisOf(operation, axis, rank)));
  if (axes.size !== listed.length) throw impossible(`${operation.where} names an axis twice`, operation.where);
  const isBatched = value.kind === "features" && operation.batched;
  if (axes.has(0) && isBatched) throw refuse(operation, "puts an axis before the batch");
  const rest = sizes.values();
  const shape = Array.from({ length: rank }, (_, axis) => (axes.has(axis) ? 1 : rest.next().value!));
  return withShape(operation, value, isBatched ? shape.slice(1) : shape);
}

/** The value's numbers under another shape; of one sample, for features. */
function withShape(operation: Operation, value: SettledValue, shape: Shape): Value {
  if (value.kind !== "features") return { ...value, dims: shape };
  const { name } = operation;
  // Nothing moves where the shape stays, whatever the order.
  if (value.order === "channels-last" && isSame(value, shape)) {
    return computedFrom(operation, value, { kind: "identity", name, inputs: [value.layer] });
  }
  return reshaped(operation, value, shape, name);
}

function isSame({ shape }: Features, other: Shape): boolean {
  return shape.length === other.length && shape.every((size, axis) => size === other[axis]);
}

/** `axes`: an attribute before opset 13, an input since. */
function listedAxes(operation: Operation): readonly number[] | null {
  if (operation.opset < 13) return operation.attributes.ints("axes");
  return hasInput(operation, 1) ? knownIntegers(operation, 1) : null;
}
