/** Operators that hand their input on: Identity, Dropout in evaluation, Cast between floats. */
import { TensorProto_DataType as Type } from "onnx-buf";
import { computedFrom } from "../features.ts";
import { makeTensor, mapped } from "../folding.ts";
import {
  anyInput,
  constantInput,
  hasInput,
  numberInput,
  type Operation,
  refuse,
  type SettledValue,
  sizesOf,
  type Value,
} from "../operation.ts";
import { kindOf } from "../tensor.ts";

/** y = x. */
export function Identity(operation: Operation): Value {
  return pass(operation, anyInput(operation, 0));
}

/** y = x: in evaluation, and in training where nothing is dropped. The mask, its second output, is of ones alone. */
export function Dropout(operation: Operation): Value {
  operation.attributes.float("ratio", 0.5);
  operation.attributes.int("seed", 0);
  const trains = hasInput(operation, 2) && constantInput(operation, 2).values.some((value) => value !== 0);
  if (trains && !(hasInput(operation, 1) && numberInput(operation, 1) === 0)) {
    throw refuse(operation, "is in training mode", "Export the model in evaluation mode.");
  }
  const value = anyInput(operation, 0);
  const sizes = sizesOf(operation, value);
  const kind = operation.opset < 10 ? "float" : "boolean";
  if (!sizes.some(Number.isNaN)) operation.gives(1, () => makeTensor(operation, { kind }, sizes, () => 1));
  return pass(operation, value);
}

const LARGEST = Number.MAX_SAFE_INTEGER;
const whole = (x: number) => Math.max(-LARGEST, Math.min(LARGEST, Math.trunc(x))) + 0;

/** How a number becomes one of each type: cut towards 0, and modulo what the type can tell apart. */
const INTEGERS: ReadonlyMap<number, (x: number) => number> = new Map([
  [Type.INT8, (x) => (x << 24) >> 24],
  [Type.INT16, (x) => (x << 16) >> 16],
  [Type.INT32, (x) => x | 0],
  [Type.INT64, whole],
  [Type.UINT8, (x) => x & 0xff],
  [Type.UINT16, (x) => x & 0xffff],
  [Type.UINT32, (x) => x >>> 0],
  [Type.UINT64, whole],
]);

/**
 * Computed values to another type of float (everything is computed in f32); constants, and arrays that are given while
 * reading, to any type.
 */
export function Cast(operation: Operation): Value {
  const value = anyInput(operation, 0);
  const to = operation.attributes.int("to", Type.UNDEFINED);
  operation.attributes.int("saturate", 1);
  operation.attributes.text("round_mode", "up");
  const kind = kindOf(to);
  const constant = value.kind === "features" ? value.given : value;
  if (kind === "float" && value.kind === "features") return pass(operation, value);
  if (kind === null || constant === undefined) throw refuse(operation, `casts to ${Type[to] ?? `type ${to}`}`);
  if (kind === "boolean") return mapped(operation, constant, (x) => Number(x !== 0), kind);
  const convert = INTEGERS.get(to) ?? Number;
  // Of integers, NaN is the open size of the batch, and stays so; of floats it is no number, and becomes 0.
  const odd = kind === "float" || constant.kind === "integer" ? Number.NaN : 0;
  return mapped(operation, constant, (x) => (Number.isNaN(x) ? odd : convert(x)), kind);
}

function pass(operation: Operation, value: SettledValue): Value {
  if (value.kind !== "features") return value;
  return computedFrom(operation, value, { kind: "identity", name: operation.name, inputs: [value.layer] });
}
