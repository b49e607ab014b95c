/** Values that need no sample: Constant, and what exporters leave in a graph to compute shapes while reading. */
import { impossible } from "../failure.ts";
import { broadcastTo, combined, commonDims, makeTensor, mapped } from "../folding.ts";
import { anyInput, constantInput, knownIntegers, type Operation, refuse, type Value } from "../operation.ts";
import type { Tensor } from "../tensor.ts";

/** A tensor held by the node itself. */
export function Constant(operation: Operation): Value {
  const { attributes, name, where } = operation;
  const tensor = attributes.tensor("value");
  if (tensor !== null) return operation.readTensor(tensor);
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

/** One number, `value`, as often as a shape says; 0 unless given. */
export function ConstantOfShape(operation: Operation): Value {
  const dims = knownIntegers(operation, 0);
  const proto = operation.attributes.tensor("value");
  const value = proto === null ? null : operation.readTensor(proto);
  if (value !== null && value.values.length !== 1) {
    throw impossible(`${operation.where} repeats ${value.values.length} numbers, not 1`, operation.where);
  }
  return makeTensor(operation, value ?? { kind: "float" }, dims, () => value?.values[0] ?? 0);
}

/** start, start + delta, ... before limit. */
export function Range(operation: Operation): Value {
  const inputs = [0, 1, 2].map((index) => constantInput(operation, index));
  const [start = Number.NaN, limit = Number.NaN, delta = Number.NaN] = inputs.map(({ values }) => values[0]);
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  if (Number.isNaN(count) || delta === 0) {
    throw refuse(operation, `counts from ${start} to ${limit} in steps of ${delta}, which depends on the samples`);
  }
  return makeTensor(operation, inputs[0]!, [count], (i) => start + i * delta);
}

/** Sizes of all axes, of those from `start` to before `end` since opset 15; an open batch size is NaN. */
export function Shape(operation: Operation): Value {
  const value = anyInput(operation, 0);
  const batch = operation.batched ? [operation.batch ?? Number.NaN] : [];
  const sizes = value.kind === "features" ? [...batch, ...value.shape] : value.dims;
  const start = operation.attributes.int("start", 0);
  const end = operation.attributes.int("end", sizes.length);
  const part = sizes.slice(start, end);
  return { kind: "integer", name: operation.name, dims: [part.length], values: Float64Array.from(part) };
}

/** Whether a = b. */
export function Equal(operation: Operation): Value {
  const [a, b] = [constantInput(operation, 0), constantInput(operation, 1)];
  return combined(operation, a, b, (x, y) => Number(x === y), "boolean");
}

/** a where the condition holds, b elsewhere. */
export function Where(operation: Operation): Value {
  const tensors = [0, 1, 2].map((index) => constantInput(operation, index));
  const dims = commonDims(operation, tensors);
  const [condition, a, b] = tensors.map((tensor) => broadcastTo(operation, tensor, dims)) as [Tensor, Tensor, Tensor];
  return makeTensor(operation, a, dims, (i) => (condition.values[i] !== 0 ? a.values[i]! : b.values[i]!));
}

/** The largest integer that is no larger. */
export function Floor(operation: Operation): Value {
  return mapped(operation, constantInput(operation, 0), Math.floor);
}
