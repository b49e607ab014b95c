/**
 * Shape, Gather and Concat on shapes: the arithmetic that exporters leave in a graph to build the target of a Reshape
 * ("batch size of x, then -1"). Evaluated while reading; an open batch size is carried as NaN.
 */
import { impossible } from "../failure.ts";
import { anyInput, axisOf, integerInput, type Operation, refuse, type Value } from "../operation.ts";

/** Shapes are short; a list joined with itself time and again is not. */
const LONGEST_LIST = 1024;

/** Sizes of all axes, of those from `start` to before `end` since opset 15. */
export function Shape(operation: Operation): Value {
  const value = anyInput(operation, 0);
  const sizes = value.kind === "features" ? [operation.batch ?? Number.NaN, ...value.shape] : value.dims;
  const start = operation.attributes.int("start", 0);
  const end = operation.attributes.int("end", sizes.length);
  const part = sizes.slice(start, end);
  return { kind: "integer", name: operation.name, dims: [part.length], values: Float64Array.from(part) };
}

/** Elements of a list of integers, by index. */
export function Gather(operation: Operation): Value {
  const list = integerInput(operation, 0);
  const indices = integerInput(operation, 1);
  operation.attributes.int("axis", 0);
  if (list.dims.length !== 1) throw refuse(operation, "gathers from more than one axis");
  operation.reserve(indices.values.length);
  const values = indices.values.map((index) => list.values[axisOf(operation, index, list.values.length)]!);
  return { kind: "integer", name: operation.name, dims: indices.dims, values };
}

/** Lists of integers, one after the other. */
export function Concat(operation: Operation): Value {
  const lists = operation.inputs.map((_, index) => integerInput(operation, index));
  operation.attributes.int("axis", 0);
  const odd = lists.find(({ dims }) => dims.length !== 1);
  if (odd !== undefined)
    throw impossible(`${operation.where} joins values of ${odd.dims.length} axes`, operation.where);
  const count = lists.reduce((total, list) => total + list.values.length, 0);
  if (count > LONGEST_LIST) throw refuse(operation, `makes a list of ${count} integers`);
  const values = lists.flatMap((list) => [...list.values]);
  return { kind: "integer", name: operation.name, dims: [values.length], values: Float64Array.from(values) };
}
