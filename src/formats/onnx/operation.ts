/**
 * What the reader of one ONNX operator works with: a node whose inputs are resolved to constants or to features that
 * layers compute, and a way to add layers. Operators are functions from this to the value that the node gives.
 */
import type { TensorProto } from "onnx-buf";
import type { LesionError } from "../../core/errors.ts";
import type { Layer } from "../../network/network.ts";
import { type Shape, shapeText } from "../../network/shapes.ts";
import type { Attributes } from "./attributes.ts";
import { impossible, quote, unsupported } from "./failure.ts";
import type { Features } from "./features.ts";
import type { FloatTensor, IntegerTensor, Tensor } from "./tensor.ts";

/**
 * A function of one feature at a time, that has become no layer yet: exporters spell GELU and SiLU in several nodes.
 * `ops/elementwise.ts` makes these and tells what they are.
 */
export interface Elementwise {
  readonly kind: "elementwise";
  readonly of: Features;
  readonly apply: (x: number) => number;
  /** Nodes in the expression. */
  readonly nodes: number;
  /** Adds its layers, once. Throws LesionError("unsupported") where they would be none that are known. */
  readonly asFeatures: () => Features;
}

/** A tensor the file holds, or features. */
export type Value = Tensor | Features | Elementwise;
/** A value that is no open expression. */
export type SettledValue = Tensor | Features;

/** Reads one node: adds its layers, returns its first output. */
export type Operator = (operation: Operation) => Value;

/** How axis 0 is taken. */
export interface Batching {
  /**
   * Axis 0 of every computed value is the batch, and no part of a sample's shape. Otherwise there is one sample, of which
   * axis 0 is the first axis.
   */
  readonly batched: boolean;
  /** Size of the batch axis that the file or the data fix, or null where it is open. */
  readonly batch: number | null;
  /** Any number of samples may come, whatever `batch` says: a model exported for one sample reads many. */
  readonly anyBatch: boolean;
}

/** One node of the graph, its inputs resolved. */
export interface Operation extends Batching {
  /** "Gemm". */
  readonly type: string;
  /** Name for the node's layer, unique in the network. */
  readonly name: string;
  /** Of the default domain. */
  readonly opset: number;
  /** For messages: node "fc1" (Gemm). */
  readonly where: string;
  /** Null where an optional input is left out. */
  readonly inputs: readonly (Value | null)[];
  readonly attributes: Attributes;
  /** Adds a layer and returns the shape it gives for one sample. Throws LesionError("bad-model") where it cannot. */
  readonly emit: (layer: Layer) => Shape;
  /** Announces `count` new numbers before they are made; throws where they would be out of proportion to the file. */
  readonly reserve: (count: number) => void;
  /** A name for one more layer of this node. */
  readonly extraName: (suffix: string) => string;
  /** Features that were brought into another order already, see `inOrder`. */
  readonly arranged: Map<string, Features>;
  /** Sets the node's output `index`, from 1, where the node names it; `value` is called only then. */
  readonly gives: (index: number, value: () => Value) => void;
  /** A tensor that the node itself holds. */
  readonly readTensor: (proto: TensorProto) => Tensor;
}

/** Input `index`, which must be there; an open expression becomes a layer. */
export function anyInput(operation: Operation, index: number): SettledValue {
  return settled(openInput(operation, index));
}

/** An open expression as a layer; any other value as it is. */
export function settled(value: Value): SettledValue {
  return value.kind === "elementwise" ? value.asFeatures() : value;
}

/** Input `index`, which must be there. */
export function openInput(operation: Operation, index: number): Value {
  const value = operation.inputs[index];
  if (value === undefined || value === null) {
    throw impossible(`${operation.where} has no input ${index}`, operation.where);
  }
  return value;
}

/** Whether the optional input `index` is there. */
export function hasInput(operation: Operation, index: number): boolean {
  return (operation.inputs[index] ?? null) !== null;
}

/** Input `index`, which must be computed, not constant. */
export function featuresInput(operation: Operation, index: number): Features {
  const value = anyInput(operation, index);
  if (value.kind !== "features") throw refuse(operation, `takes the constant ${quote(value.name)} as input ${index}`);
  return value;
}

/** Input `index`, a constant where it is one, or is given while reading. */
export function constantInput(operation: Operation, index: number): Tensor {
  const value = anyInput(operation, index);
  const tensor = value.kind === "features" ? value.given : value;
  if (tensor === undefined)
    throw refuse(operation, `has a computed value as input ${index}, where it needs a constant`);
  return tensor;
}

/** Input `index`, which must be a constant of floats. */
export function weightInput(operation: Operation, index: number): FloatTensor {
  const value = constantInput(operation, index);
  if (value.kind === "float") return value;
  throw refuse(operation, `has ${value.kind}s as input ${index}`);
}

/** Input `index`, which must be a constant of integers. */
export function integerInput(operation: Operation, index: number): IntegerTensor {
  const value = constantInput(operation, index);
  if (value.kind !== "integer") throw refuse(operation, `has ${value.kind}s as input ${index}`);
  return value;
}

/** Input `index` as integers that do not depend on the size of the batch. */
export function knownIntegers(operation: Operation, index: number): readonly number[] {
  const { values } = integerInput(operation, index);
  if (values.some(Number.isNaN)) throw refuse(operation, `has an input ${index} that depends on the number of samples`);
  return [...values];
}

/** Input `index`, which must be a constant of one number. */
export function numberInput(operation: Operation, index: number): number {
  const { values, dims } = constantInput(operation, index);
  const [value] = values;
  if (value === undefined || values.length !== 1) {
    throw impossible(`${operation.where} has ${shapeText(dims)} as input ${index}, not one number`, operation.where);
  }
  return value;
}

/** The axis as an index from 0 into `rank` axes; throws LesionError("bad-model") where there is none. */
export function axisOf(operation: Operation, axis: number, rank: number): number {
  if (Number.isInteger(axis) && axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis;
  throw impossible(`${operation.where} names axis ${axis} of ${rank}`, operation.where);
}

/** Axes that a value has in ONNX: the batch's and the sample's. */
export function rankOf(operation: Operation, value: SettledValue): number {
  if (value.kind !== "features") return value.dims.length;
  return value.shape.length + (operation.batched ? 1 : 0);
}

/** Sizes of all axes; the batch, where it may be of any size, counts as NaN, which equals nothing. */
export function sizesOf(operation: Operation, value: SettledValue): readonly number[] {
  if (value.kind !== "features") return value.dims;
  if (!operation.batched) return value.shape;
  return [operation.anyBatch ? Number.NaN : (operation.batch ?? Number.NaN), ...value.shape];
}

/**
 * ONNX's axis of computed features as one of a sample's. Throws LesionError("unsupported") for the batch, saying what the
 * node does over it.
 */
export function sampleAxis(operation: Operation, features: Features, axis: number, does: string): number {
  const index = axisOf(operation, axis, rankOf(operation, features)) - (operation.batched ? 1 : 0);
  if (index < 0) throw refuse(operation, `${does} over the batch (axis 0)`, "Let it act on the axes of a sample.");
  return index;
}

/** LesionError("unsupported") that says what the node does, with all its inputs. */
export function refuse(
  operation: Operation,
  what: string,
  fix = "Rewrite this part of the model with supported operators, or fold constants when exporting.",
): LesionError {
  const inputs = operation.inputs.slice(0, 8).map((value) => inputText(operation, value));
  return unsupported(`${operation.where} ${what} (inputs: ${inputs.join(", ")})`, operation.where, fix, {
    op: operation.type,
    node: operation.name,
    domain: "ai.onnx",
    opset: operation.opset,
    inputs,
  });
}

function inputText(operation: Operation, value: Value | null): string {
  if (value === null) return "none";
  if (value.kind === "elementwise") return `a function of ${inputText(operation, value.of)}`;
  if (value.kind !== "features") return `constant ${quote(value.name)} ${shapeText(value.dims)}`;
  return `${quote(value.layer)} ${shapeText(operation.batched ? ["batch", ...value.shape] : value.shape)}`;
}
