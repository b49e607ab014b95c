/**
 * What the reader of one Keras layer works with: the values the layer is called on, its configuration and weights, and a
 * way to add layers to the network. Readers of layers are functions from this to the value that the call gives.
 */
import type { LesionError } from "../../core/errors.ts";
import type { Layer, Weight } from "../../network/network.ts";
import { type Shape, shapeText } from "../../network/shapes.ts";
import type { Config } from "./config.ts";
import { impossible, quote, unsupported } from "./failure.ts";

/** What a network input or layer gives for one sample. */
export interface Value {
  /** Layer or network input that gives it. */
  readonly layer: string;
  /** As Keras counts it, without the batch axis: [steps, channels] for a series. */
  readonly shape: Shape;
  /** As the network keeps it: the same numbers in the same order, [1, steps, channels] for a series. */
  readonly kept: Shape;
}

/** One variable of a layer: the names it goes by, and the shape it must have. */
export interface Variable {
  readonly names: readonly string[];
  readonly shape: Shape;
}

/** One call of a layer. */
export interface Call {
  /** "Conv2D". */
  readonly type: string;
  /** Name for the layer, unique in the network. */
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly config: Config;
  /** Keras' major version: 3, or 2 for all before it and for TensorFlow.js. */
  readonly version: 2 | 3;
  /** The layer's variables; all that it has, in Keras' order. Throws LesionError("bad-model") for a missing one. */
  weights(variables: readonly Variable[]): readonly Weight[];
  /** Adds a layer; the value has the shape that the network infers. */
  emit(layer: Layer): Value;
  /** A name for one more layer of this call. */
  extraName(suffix: string): string;
}

/** Reads one call: adds its layers, returns what they give. */
export type LayerReader = (call: Call) => Value;

/** The only input. */
export function onlyInput(call: Call): Value {
  const [value] = call.inputs;
  if (value !== undefined && call.inputs.length === 1) return value;
  throw impossible(`${call.config.where} reads ${call.inputs.length} values, it takes 1`, call.config.where);
}

/** The value, kept in the shape that Keras gives it. */
export function asCounted(call: Call, value: Value): Value {
  if (value.kept.length === value.shape.length) return value;
  return reshape(call, value, value.shape, "reshape");
}

/** The value as [height, width, channels], from that or from a series [steps, channels]. */
export function asImage(call: Call, value: Value, axes: 1 | 2): Value {
  if (value.shape.length !== axes + 1) {
    const wanted = axes === 1 ? "[steps, channels]" : "[height, width, channels]";
    throw impossible(`${call.config.where} reads ${shapeText(value.shape)}, it takes ${wanted}`, call.config.where);
  }
  if (value.kept.length === 3) return value;
  return { ...reshape(call, value, [1, ...value.shape], "image"), shape: value.shape };
}

/** What a layer over images gives, as Keras counts it: a series has no height. */
export function counted(value: Value, axes: 1 | 2): Value {
  return axes === 1 ? { ...value, shape: value.kept.slice(1) } : value;
}

/** A layer that changes numbers and no shape. */
export function elementwise(value: Value, emitted: Value): Value {
  return { ...emitted, shape: value.shape };
}

/** The same numbers in another shape. */
export function reshape(call: Call, value: Value, shape: Shape, suffix: string): Value {
  return call.emit({ kind: "reshape", name: call.extraName(suffix), inputs: [value.layer], shape });
}

/** Size of the last axis. */
export function channelsOf(value: Value): number {
  return value.kept.at(-1) ?? 1;
}

/** A positive whole number of the configuration. */
export function positive(call: Call, key: string, otherwise: number | null): number {
  const value = call.config.optionalNumber(key) ?? otherwise;
  if (value !== null && Number.isSafeInteger(value) && value > 0 && value <= MOST) return value;
  const { where } = call.config;
  throw impossible(`${where} has ${value ?? "no"} ${quote(key)}, 1 to ${MOST} are possible`, `${where}, ${key}`);
}

/** Beyond this no size is meant. */
const MOST = 1 << 24;

/** Throws unless the layer's channels are the last axis. */
export function requireChannelsLast(call: Call): void {
  const format = call.config.text("data_format", "channels_last");
  if (format === "channels_last") return;
  throw refuse(
    call,
    `has the data format ${quote(format)}`,
    "Rebuild the model with data_format channels_last (its kernels stay the same) and save it again.",
  );
}

/** LesionError("unsupported") that says what the layer does and what it reads. */
export function refuse(call: Call, what: string, fix: string): LesionError {
  const inputs = call.inputs.slice(0, 8).map(({ layer, shape }) => `${quote(layer)} ${shapeText(["batch", ...shape])}`);
  const reads = inputs.length === 0 ? "nothing" : inputs.join(", ");
  const { where } = call.config;
  return unsupported(`${where} ${what}; it reads ${reads}`, where, fix, { class: call.type, layer: call.name, inputs });
}
