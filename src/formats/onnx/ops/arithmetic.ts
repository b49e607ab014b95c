/**
 * Add, Sub, Mul, Div and Sum: of constants, folded; of functions of one computed value, part of an activation where they
 * make one; else a layer: a bias for constants one a unit, and elementwise arithmetic, broadcast as NumPy does, for the rest.
 */
import { type BinaryLayer, LINEAR } from "../../../network/network.ts";
import { type Shape, shapeText } from "../../../network/shapes.ts";
import { impossible } from "../failure.ts";
import {
  computed,
  computedFrom,
  type Features,
  featuresOf,
  inOrder,
  keptAxes,
  keptShape,
  type Order,
  reshaped,
} from "../features.ts";
import { combined, mapped, permuted } from "../folding.ts";
import {
  anyInput,
  type Operation,
  openInput,
  rankOf,
  refuse,
  type SettledValue,
  settled,
  type Value,
} from "../operation.ts";
import type { FloatTensor, Tensor } from "../tensor.ts";
import { expressionOf } from "./elementwise.ts";

type Operator = BinaryLayer["operator"];

const COMBINE: Readonly<Record<Operator, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
};

/** y = a + b. */
export function Add(operation: Operation): Value {
  return arithmetic(operation, "add");
}

/** y = a - b. */
export function Sub(operation: Operation): Value {
  return arithmetic(operation, "subtract");
}

/** y = a * b. */
export function Mul(operation: Operation): Value {
  return arithmetic(operation, "multiply");
}

/** y = a / b. */
export function Div(operation: Operation): Value {
  return arithmetic(operation, "divide");
}

/** y = a + b + ..., of one input or more. */
export function Sum(operation: Operation): Value {
  const terms = operation.inputs.map((_, index) => anyInput(operation, index));
  const [first] = terms;
  if (first === undefined) throw impossible(`${operation.where} has no inputs`, operation.where);
  const { name } = operation;
  if (terms.length === 1) {
    if (first.kind !== "features") return first;
    return computedFrom(operation, first, { kind: "identity", name, inputs: [first.layer] });
  }
  return terms.reduce((sum, term, index) => {
    const isLast = index === terms.length - 1;
    return index === 0 ? sum : applied(operation, "add", sum, term, isLast ? name : operation.extraName("sum"));
  }, first);
}

function arithmetic(operation: Operation, operator: Operator): Value {
  const [a, b] = [openInput(operation, 0), openInput(operation, 1)];
  const alone = () => applied(operation, operator, settled(a), settled(b), operation.name);
  // A constant added to features is a layer at once: no known activation begins so.
  const isBias = (operator === "add" || operator === "subtract") && [a, b].some(({ kind }) => kind === "features");
  if (isBias && [a, b].some(({ kind }) => kind === "float")) return alone();
  return expressionOf(operation, a, b, COMBINE[operator], alone) ?? alone();
}

/** `a operator b`, of which constants are folded, and what is computed becomes a layer of the given name. */
export function applied(
  operation: Operation,
  operator: Operator,
  a: SettledValue,
  b: SettledValue,
  name: string,
): SettledValue {
  if (a.kind !== "features" && b.kind !== "features") {
    if (a.kind !== b.kind) throw impossible(`${operation.where} joins ${a.kind}s and ${b.kind}s`, operation.where);
    return combined(operation, a, b, COMBINE[operator]);
  }
  return biased(operation, operator, a, b, name) ?? joined(operation, operator, a, b, name);
}

/** A bias layer, where one of both is a constant of one number, or one for each unit of the other. */
function biased(
  operation: Operation,
  operator: Operator,
  a: SettledValue,
  b: SettledValue,
  name: string,
): Features | null {
  const [features, constant] = a.kind === "features" ? [a, b] : [b, a];
  if (features.kind !== "features" || constant.kind !== "float") return null;
  const isSum = operator === "add" || (operator === "subtract" && features === a);
  if (!isSum || constant.dims.length > rankOf(operation, features)) return null;
  const units = features.kept.at(-1)!;
  const channels = features.order === "onnx" ? -1 : -features.shape.length;
  const isRow = constant.values.length === units && constant.dims.at(channels) === units && features.shape.length > 0;
  if (constant.values.length !== 1 && !isRow) return null;
  operation.reserve(units);
  const sign = operator === "add" ? 1 : -1;
  const bias = Float32Array.from({ length: units }, (_, unit) => sign * constant.values[isRow ? unit : 0]!);
  return computedFrom(operation, features, { kind: "bias", name, inputs: [features.layer], bias });
}

/** A layer of two inputs: constants become layers too, and both get the same axes in the same order. */
function joined(operation: Operation, operator: Operator, a: SettledValue, b: SettledValue, name: string): Features {
  const both = [a, b];
  const rank = Math.max(...both.map((value) => sampleRank(operation, value)));
  const isImage = both.some((value) => value.kind === "features" && value.order === "channels-last");
  const order: Order = isImage && rank > 1 ? "channels-last" : "onnx";
  const inputs = both.map((value) => operand(operation, value, rank, order));
  return computed(operation, { kind: "binary", name, inputs, operator, activation: LINEAR }, order, rank);
}

function sampleRank(operation: Operation, value: SettledValue): number {
  return value.kind === "features" || !operation.batched ? rankOf(operation, value) - (operation.batched ? 1 : 0) : 0;
}

/** The layer that gives `value` with `rank` axes a sample, of size 1 where it has fewer. */
function operand(operation: Operation, value: SettledValue, rank: number, order: Order): string {
  if (value.kind !== "features") return constantLayer(operation, value, rank, order);
  const missing = rank - value.shape.length;
  if (missing > 0 && operation.batched && operation.batch !== 1) {
    throw refuse(operation, "aligns the batch of one input with another axis of the other");
  }
  const shape = [...Array<number>(missing).fill(1), ...value.shape];
  const same = missing === 0 ? value : reshaped(operation, value, shape, operation.extraName("aligned"));
  return inOrder(operation, same, order).layer;
}

/**
 * A layer that gives a constant for every sample, with `rank` axes, in the given order. Throws LesionError: "unsupported"
 * where the constant differs between samples or is none of floats.
 */
export function constantLayer(operation: Operation, tensor: Tensor, rank: number, order: Order): string {
  if (tensor.kind !== "float") throw refuse(operation, `joins ${tensor.kind}s to a computed value`);
  const shape = sampleDims(operation, tensor, rank);
  const whole: FloatTensor = { ...tensor, dims: shape };
  const turned = order === "onnx" ? whole : permuted(operation, whole, keptAxes(shape, order));
  const name = operation.extraName("constant");
  const { values } = turned;
  operation.emit({ kind: "constant", name, inputs: [], shape: keptShape(shape, order), values });
  return featuresOf(name, shape, order).layer;
}

/** The constant's shape beside samples of `rank` axes: without a batch axis, 1 for axes it lacks. */
function sampleDims(operation: Operation, { dims }: Tensor, rank: number): Shape {
  const lead = operation.batched && dims.length === rank + 1 ? dims.slice(0, 1) : [];
  const rest = dims.slice(lead.length);
  if (rest.length > rank || lead.some((size) => size !== 1)) {
    const text = `a constant of the shape ${shapeText(dims)} to samples of ${rank} axes`;
    throw refuse(
      operation,
      `joins ${text}: it would differ between samples`,
      "Give axis 0 of the constant the size 1.",
    );
  }
  if (rest.includes(0)) throw impossible(`${operation.where} has an empty constant`, operation.where);
  return [...Array<number>(rank - rest.length).fill(1), ...rest];
}

/** The value times `factor`. */
export function scaled(operation: Operation, value: SettledValue, factor: number): SettledValue {
  if (factor === 1) return value;
  if (value.kind !== "features") return mapped(operation, value, (x) => x * factor);
  const number: FloatTensor = { kind: "float", name: "factor", dims: [], values: Float32Array.of(factor) };
  return applied(operation, "multiply", value, number, operation.extraName("scaled"));
}
