/**
 * Keras' activations, as a layer's `activation` names them and as layers of their own. Those that need more than one
 * feature, softmax and its logarithm, become layers after it.
 */
import { type Activation, LINEAR, RELU, RELU6 } from "../../network/network.ts";
import { type Call, elementwise, refuse, type Value } from "./call.ts";
import { type Config, configOf, isObject, itemsOf, textOf } from "./config.ts";
import { quote } from "./failure.ts";

/** What is done to a layer's result: feature by feature, and then along the last axis. */
export interface Activations {
  readonly own: Activation;
  readonly after: "softmax" | "log-softmax" | null;
}

const NONE: Activations = { own: LINEAR, after: null };
const OTHER_ACTIVATION =
  "Retrain with one of the activations that are read, or convert the model to ONNX with tf2onnx.";

/** The configuration's `activation`. Throws LesionError("unsupported") for one that is not known. */
export function activationsOf(call: Call): Activations {
  return activationsFrom(call, call.config.raw("activation"));
}

/** A name, or a serialised function or layer. */
function activationsFrom(call: Call, value: unknown): Activations {
  if (value === null) return NONE;
  const name = typeof value === "string" ? value : nameOf(value);
  if (name !== null) return named(call, name);
  if (isObject(value) && typeof value["class_name"] === "string") {
    const config = configOf(isObject(value["config"]) ? value["config"] : {}, call.config.where);
    const found = layerActivation(call, value["class_name"], config);
    if (found !== null) return found;
  }
  throw refuse(call, `has the activation ${textOf(value)}, which is not read`, OTHER_ACTIVATION);
}

/** The name of a function as Keras serialises it: { class_name: "function", config: "gelu" }. */
function nameOf(value: unknown): string | null {
  if (!isObject(value) || value["class_name"] !== "function") return null;
  return typeof value["config"] === "string" ? value["config"] : null;
}

function named(call: Call, name: string): Activations {
  if (name === "softmax") return { own: LINEAR, after: "softmax" };
  if (name === "log_softmax") return { own: LINEAR, after: "log-softmax" };
  const own = FUNCTIONS[name] ?? (name === "hard_sigmoid" ? hardSigmoid(call) : undefined);
  if (own !== undefined && (name === "hard_sigmoid" || Object.hasOwn(FUNCTIONS, name))) return { own, after: null };
  const known = [...Object.keys(FUNCTIONS), "hard_sigmoid", "softmax", "log_softmax"].join(", ");
  throw refuse(call, `has the activation ${quote(name)}, which is not read (${known} are)`, OTHER_ACTIVATION);
}

/** Keras 3 took the slope of PyTorch and ONNX exporters, 1/6; before it was 0.2. */
function hardSigmoid({ version }: Call): Activation {
  return { kind: "hard-sigmoid", alpha: version === 3 ? 1 / 6 : 0.2, beta: 0.5 };
}

const SILU: Activation = { kind: "silu", alpha: 0 };
const HARD_SWISH: Activation = { kind: "hard-swish", alpha: 0 };
const GELU_TANH: Activation = { kind: "gelu-tanh", alpha: 0 };

/** By Keras' names, and TensorFlow.js' own ones for the approximate GELU. */
const FUNCTIONS: Readonly<Record<string, Activation>> = {
  linear: LINEAR,
  relu: RELU,
  relu6: RELU6,
  sigmoid: { kind: "sigmoid", alpha: 0 },
  tanh: { kind: "tanh", alpha: 0 },
  gelu: { kind: "gelu", alpha: 0 },
  gelu_new: GELU_TANH,
  gelu_tanh: GELU_TANH,
  swish: SILU,
  silu: SILU,
  hard_swish: HARD_SWISH,
  hard_silu: HARD_SWISH,
  elu: { kind: "elu", alpha: 1 },
  leaky_relu: { kind: "leaky-relu", alpha: 0.2 },
};

/** Activations that are layers; null for a class that is none. */
export function layerActivation(call: Call, type: string, config: Config): Activations | null {
  switch (type) {
    case "Activation":
      return activationsFrom(call, config.raw("activation"));
    case "ReLU":
      return { own: reluOf(call, config), after: null };
    case "LeakyReLU": {
      const alpha = config.optionalNumber("negative_slope") ?? config.number("alpha", 0.3);
      return { own: { kind: "leaky-relu", alpha: Math.fround(alpha) }, after: null };
    }
    case "ELU":
      return { own: { kind: "elu", alpha: Math.fround(config.number("alpha", 1)) }, after: null };
    case "Softmax":
      requireLastAxis(call, config.raw("axis"));
      return { own: LINEAR, after: "softmax" };
    default:
      return null;
  }
}

/** min(max(x, 0), max_value), with a slope below 0 where that has no bound. */
function reluOf(call: Call, config: Config): Activation {
  const most = config.optionalNumber("max_value");
  const slope = config.number("negative_slope", 0);
  const threshold = config.number("threshold", 0);
  if (threshold !== 0 || (most !== null && slope !== 0)) {
    const parts = `threshold ${threshold}, negative slope ${slope} and maximum ${most ?? "none"}`;
    throw refuse(call, `is a ReLU with ${parts} at once`, "Use a threshold of 0, and a slope or a maximum, not both.");
  }
  if (most !== null) return { kind: "clip", alpha: 0, beta: Math.fround(most) };
  return slope === 0 ? RELU : { kind: "leaky-relu", alpha: Math.fround(slope) };
}

function requireLastAxis(call: Call, axis: unknown): void {
  const [first = -1, ...more] = itemsOf(axis) ?? [axis ?? -1];
  const rank = (call.inputs[0]?.shape.length ?? 0) + 1;
  if (more.length === 0 && (first === -1 || first === rank - 1)) return;
  throw refuse(call, `works along axis ${textOf(axis)}`, "Use the last axis, the channels.");
}

/** Adds what `activations` has after the layer itself. */
export function withAfter(call: Call, value: Value, { after }: Activations, name?: string): Value {
  if (after === null) return value;
  const layer = call.emit({
    kind: "softmax",
    name: name ?? call.extraName("activation"),
    inputs: [value.layer],
    log: after === "log-softmax",
  });
  return elementwise(value, layer);
}
