/** Operators that hand their input on: Identity, Dropout in evaluation, Cast between floats. Constant, which starts. */
import { TensorProto_DataType as Type } from "onnx-buf";
import { impossible } from "../failure.ts";
import {
  anyInput,
  featuresInput,
  integerInput,
  type Operation,
  refuse,
  type SettledValue,
  type Value,
} from "../operation.ts";
import { readTensor } from "../tensor.ts";

/** y = x. */
export function Identity(operation: Operation): Value {
  return pass(operation, anyInput(operation, 0));
}

/** y = x in evaluation; the mask, its second output, is not given. */
export function Dropout(operation: Operation): Value {
  operation.attributes.float("ratio", 0.5);
  operation.attributes.int("seed", 0);
  const training = operation.inputs[2] ?? null;
  if (training !== null && integerInput(operation, 2).values.some((value) => value !== 0)) {
    throw refuse(operation, "is in training mode", "Export the model in evaluation mode.");
  }
  return pass(operation, featuresInput(operation, 0));
}

const FLOATS: readonly number[] = [Type.FLOAT, Type.FLOAT16, Type.DOUBLE];
const INTEGERS: readonly number[] = [Type.INT32, Type.INT64];

/** To another type of float (everything is computed in f32), or of integer constants. */
export function Cast(operation: Operation): Value {
  const value = anyInput(operation, 0);
  const to = operation.attributes.int("to", Type.UNDEFINED);
  operation.attributes.int("saturate", 1);
  const same = value.kind === "integer" ? INTEGERS : FLOATS;
  if (!same.includes(to)) throw refuse(operation, `casts to ${Type[to] ?? `type ${to}`}`);
  return pass(operation, value);
}

function pass(operation: Operation, value: SettledValue): Value {
  if (value.kind !== "features") return value;
  const layer = operation.emit({ kind: "identity", name: operation.name, inputs: [value.layer] });
  return { ...value, layer };
}

/** A tensor held by the node itself. */
export function Constant(operation: Operation): Value {
  const { attributes, name, where } = operation;
  const tensor = attributes.tensor("value");
  if (tensor !== null) return readTensor(tensor, name);
  const one = (attribute: string, many: string) => {
    if (attributes.has(attribute)) return { dims: [], values: [attributes.int(attribute, 0)] };
    const values = attributes.ints(many);
    return values === null ? null : { dims: [values.length], values };
  };
  const integers = one("value_int", "value_ints");
  if (integers !== null) {
    return { kind: "integer", name, dims: integers.dims, values: Float64Array.from(integers.values) };
  }
  const scalar = attributes.has("value_float");
  const floats = scalar ? [attributes.float("value_float", 0)] : attributes.floats("value_floats");
  if (floats === null) throw refuse(operation, "holds no tensor, floats or integers");
  const bad = floats.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw impossible(`${where} is ${floats[bad]} at index ${bad}`, where, { index: bad });
  return { kind: "float", name, dims: scalar ? [] : [floats.length], values: Float32Array.from(floats) };
}
