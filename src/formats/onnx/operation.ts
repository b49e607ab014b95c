/**
 * What the reader of one ONNX operator works with: a node whose inputs are resolved to constants or to features that
 * layers compute, and a way to add layers. Operators are functions from this to the value that the node gives.
 */
import type { LesionError } from "../../core/errors.ts";
import type { Layer } from "../../network/network.ts";
import { type Shape, shapeText } from "../../network/shapes.ts";
import type { Attributes } from "./attributes.ts";
import { impossible, quote, unsupported } from "./failure.ts";
import type { FloatTensor, IntegerTensor, Tensor } from "./tensor.ts";

/** What a network input or layer gives for one sample. */
export interface Features {
  readonly kind: "features";
  /** Layer or network input that gives it. */
  readonly layer: string;
  /** As ONNX counts it, without the batch axis: [channels, height, width] for images. */
  readonly shape: Shape;
  /** As the network keeps it: [height, width, channels] for images. */
  readonly kept: Shape;
  /**
   * Set where the two differ in order: the number at `position * channels + channel` of the network is ONNX's at
   * `channel * positions + position`. Null: same order.
   */
  readonly channelsLast: { readonly channels: number; readonly positions: number } | null;
}

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

/** One node of the graph, its inputs resolved. */
export interface Operation {
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
  /** Size of the batch axis that the file fixes, or null where it is open. */
  readonly batch: number | null;
  /** Adds a layer and returns its name. */
  readonly emit: (layer: Layer) => string;
  /** Announces `count` new numbers before they are made; throws where they would be out of proportion to the file. */
  readonly reserve: (count: number) => void;
  /** A name for one more layer of this node. */
  readonly extraName: (suffix: string) => string;
}

/** Input `index`, which must be there; an open expression becomes a layer. */
export function anyInput(operation: Operation, index: number): SettledValue {
  const value = openInput(operation, index);
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

/** Input `index`, which must be computed, not constant. */
export function featuresInput(operation: Operation, index: number): Features {
  const value = anyInput(operation, index);
  if (value.kind !== "features") throw refuse(operation, `takes the constant ${quote(value.name)} as input ${index}`);
  return value;
}

/** Input `index`, which must be a constant of floats. */
export function weightInput(operation: Operation, index: number): FloatTensor {
  const value = anyInput(operation, index);
  if (value.kind === "float") return value;
  throw refuse(operation, `has ${value.kind === "integer" ? "integers" : "a computed value"} as input ${index}`);
}

/** Input `index`, which must be a constant of integers. */
export function integerInput(operation: Operation, index: number): IntegerTensor {
  const value = anyInput(operation, index);
  if (value.kind === "integer") return value;
  throw refuse(operation, `has ${value.kind === "float" ? "floats" : "a computed value"} as input ${index}`);
}

/** The axis as an index from 0 into `rank` axes; throws LesionError("bad-model") where there is none. */
export function axisOf(operation: Operation, axis: number, rank: number): number {
  if (Number.isInteger(axis) && axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis;
  throw impossible(`${operation.where} names axis ${axis} of ${rank}`, operation.where);
}

/** LesionError("unsupported") that says what the node does, with all its inputs. */
export function refuse(
  operation: Operation,
  what: string,
  fix = "Rewrite this part of the model with supported operators, or fold constants when exporting.",
): LesionError {
  const inputs = operation.inputs.slice(0, 8).map(inputText);
  return unsupported(`${operation.where} ${what} (inputs: ${inputs.join(", ")})`, operation.where, fix, {
    op: operation.type,
    node: operation.name,
    domain: "ai.onnx",
    opset: operation.opset,
    inputs,
  });
}

function inputText(value: Value | null): string {
  if (value === null) return "none";
  if (value.kind === "elementwise") return `a function of ${inputText(value.of)}`;
  if (value.kind === "features") return `${quote(value.layer)} ${shapeText(["batch", ...value.shape])}`;
  return `constant ${quote(value.name)} ${shapeText(value.dims)}`;
}
