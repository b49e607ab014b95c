/**
 * Functions of one feature at a time, however many nodes they are spelled in. Before opset 20 ONNX has no GELU and it never
 * had SiLU: exporters write x (1 + erf(x / sqrt 2)) / 2 and x sigmoid(x), in varying orders. So these nodes build up a
 * function. When something else reads it, it is compared with the activations Lesion knows, at sample points; where it is
 * none of them, each node is taken by itself.
 */
import type { LesionError } from "../../../core/errors.ts";
import { applyActivation, erf } from "../../../network/activation.ts";
import type { ActivationKind } from "../../../network/network.ts";
import { type Elementwise, type Features, type Operation, openInput, refuse, type Value } from "../operation.ts";

const KNOWN: readonly ActivationKind[] = ["linear", "sigmoid", "tanh", "silu", "gelu", "gelu-tanh"];
/** -6 .. 6; GELU and its tanh approximation differ by up to 5e-4 in between, f32 constants make 1e-7. */
const POINTS = Array.from({ length: 49 }, (_, i) => (i - 24) / 4);
const TOLERANCE = 2e-6;
/** GELU by tanh has 8 nodes, read from more than one place. */
const MOST_NODES = 64;

/** y = 1 / (1 + exp(-x)). */
export function Sigmoid(operation: Operation): Value {
  return unary(operation, (x) => 1 / (1 + Math.exp(-x)), "sigmoid");
}

/** y = tanh(x). */
export function Tanh(operation: Operation): Value {
  return unary(operation, Math.tanh, "tanh");
}

/** y = erf(x). */
export function Erf(operation: Operation): Value {
  return unary(operation, erf, null);
}

/** y = a * b. */
export function Mul(operation: Operation): Value {
  return binary(operation, (a, b) => a * b, null);
}

/** y = a / b. */
export function Div(operation: Operation): Value {
  return binary(operation, (a, b) => a / b, null);
}

/** y = a ^ b. */
export function Pow(operation: Operation): Value {
  return binary(operation, (a, b) => a ** b, null);
}

/**
 * What `combine` makes of inputs 0 and 1: two functions of the same features, or one and a number. `alone` adds the layer
 * of this node by itself, where it has one; null: it means something only within an activation.
 */
export function binary(
  operation: Operation,
  combine: (a: number, b: number) => number,
  alone: (() => Features) | null,
): Elementwise {
  const a = termOf(operation, openInput(operation, 0));
  const b = termOf(operation, openInput(operation, 1));
  const of = a.of ?? b.of;
  if (of === null || (b.of !== null && b.of.layer !== of.layer)) {
    throw refuse(operation, "combines values other than functions of one computed value, and single numbers");
  }
  const nodes = a.nodes + b.nodes + 1;
  if (nodes > MOST_NODES) throw refuse(operation, `ends an expression of more than ${MOST_NODES} nodes`);
  return elementwise(operation, { of, apply: (x) => combine(a.apply(x), b.apply(x)), nodes }, alone);
}

function unary(operation: Operation, apply: (x: number) => number, kind: ActivationKind | null): Elementwise {
  const input = openInput(operation, 0);
  const settle = () => (input.kind === "elementwise" ? input.asFeatures() : input);
  const isLong = input.kind === "elementwise" && input.nodes >= MOST_NODES;
  const inner = termOf(operation, isLong ? settle() : input);
  const { of } = inner;
  if (of === null) throw refuse(operation, "takes a constant");
  const alone = () => {
    const source = settle();
    if (kind === null || source.kind !== "features") throw unknown(operation);
    return activationLayer(operation, source, kind);
  };
  return elementwise(operation, { of, apply: (x) => apply(inner.apply(x)), nodes: inner.nodes + 1 }, alone);
}

/** A function of the features `of`; of nothing, and constant, where that is null. */
interface Term {
  readonly of: Features | null;
  readonly apply: (x: number) => number;
  readonly nodes: number;
}

function termOf(operation: Operation, value: Value): Term {
  if (value.kind === "elementwise") return value;
  if (value.kind === "features") return { of: value, apply: (x) => x, nodes: 0 };
  const [number] = value.values;
  if (value.kind !== "float" || value.values.length !== 1 || number === undefined) {
    throw refuse(operation, "takes a constant of more than one number, or of integers");
  }
  return { of: null, apply: () => number, nodes: 0 };
}

function elementwise(
  operation: Operation,
  term: Term & { readonly of: Features },
  alone: (() => Features) | null,
): Elementwise {
  let features: Features | null = null;
  const asFeatures = () => {
    features ??= settled();
    return features;
  };
  const settled = () => {
    const kind = activationOf(term.apply);
    if (kind !== undefined) return activationLayer(operation, term.of, kind);
    if (alone === null) throw unknown(operation);
    return alone();
  };
  return { kind: "elementwise", ...term, asFeatures };
}

function activationOf(apply: (x: number) => number): ActivationKind | undefined {
  return KNOWN.find((kind) =>
    POINTS.every((x) => Math.abs(apply(x) - applyActivation({ kind, alpha: 0 }, x)) < TOLERANCE),
  );
}

function activationLayer(operation: Operation, features: Features, kind: ActivationKind): Features {
  const activation = { kind, alpha: 0 };
  const layer = operation.emit({ kind: "activation", name: operation.name, inputs: [features.layer], activation });
  return { ...features, layer };
}

function unknown(operation: Operation): LesionError {
  return refuse(operation, `ends a function that is no known activation (${KNOWN.join(", ")})`);
}
