/**
 * Functions of one feature at a time, however many nodes they are spelled in. Before opset 20 ONNX has no GELU and it never
 * had SiLU: exporters write x (1 + erf(x / sqrt 2)) / 2 and x sigmoid(x), in varying orders. So these nodes build up a
 * function. When something else reads it, it is compared with the activations Lesion knows, at sample points; where it is
 * none of them, each node is taken by itself.
 */
import type { LesionError } from "../../../core/errors.ts";
import { applyActivation, erf } from "../../../network/activation.ts";
import type { ActivationKind } from "../../../network/network.ts";
import { computedFrom, type Features } from "../features.ts";
import { combined, mapped } from "../folding.ts";
import { type Elementwise, type Operation, openInput, refuse, settled, type Value } from "../operation.ts";
import type { Tensor } from "../tensor.ts";

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

/** y = a ^ b. */
export function Pow(operation: Operation): Value {
  const [a, b] = [openInput(operation, 0), openInput(operation, 1)];
  const power = (x: number, exponent: number) => x ** exponent;
  if (isConstant(a) && isConstant(b)) return combined(operation, a, b, power);
  const expression = expressionOf(operation, a, b, power, null);
  if (expression === null) throw refuse(operation, "raises values to a power that is not one constant number");
  return expression;
}

/**
 * What `combine` makes of two functions of the same features, or of one and a number; null where they are something else,
 * or too long. `alone` adds the layer of this node by itself; null: it means something only within an activation.
 */
export function expressionOf(
  operation: Operation,
  left: Value,
  right: Value,
  combine: (a: number, b: number) => number,
  alone: (() => Value) | null,
): Elementwise | null {
  const [a, b] = [termOf(left), termOf(right)];
  const of = a?.of ?? b?.of;
  if (a === null || b === null || !of) return null;
  if ((a.of !== null && a.of.layer !== of.layer) || (b.of !== null && b.of.layer !== of.layer)) return null;
  const nodes = a.nodes + b.nodes + 1;
  if (nodes > MOST_NODES) return null;
  return elementwise(operation, { of, apply: (x) => combine(a.apply(x), b.apply(x)), nodes }, alone);
}

function unary(operation: Operation, apply: (x: number) => number, kind: ActivationKind | null): Value {
  const input = openInput(operation, 0);
  if (isConstant(input)) return mapped(operation, input, apply);
  const isLong = input.kind === "elementwise" && input.nodes >= MOST_NODES;
  const inner = termOf(isLong ? settled(input) : input);
  if (inner === null || inner.of === null) throw refuse(operation, "takes a constant");
  const alone = () => {
    const source = settled(input);
    if (kind === null || source.kind !== "features") throw unknown(operation);
    return activationLayer(operation, source, kind);
  };
  const nodes = inner.nodes + 1;
  return elementwise(operation, { of: inner.of, apply: (x) => apply(inner.apply(x)), nodes }, alone);
}

function isConstant(value: Value): value is Tensor {
  return value.kind === "float" || value.kind === "integer" || value.kind === "boolean";
}

/** A function of the features `of`; of nothing, and constant, where that is null. */
interface Term {
  readonly of: Features | null;
  readonly apply: (x: number) => number;
  readonly nodes: number;
}

/** Null for a constant that is not one number. */
function termOf(value: Value): Term | null {
  if (value.kind === "elementwise") return value;
  if (value.kind === "features") return { of: value, apply: (x) => x, nodes: 0 };
  const [number] = value.values;
  // A number of many axes may give the features axes they have not.
  if (value.kind !== "float" || value.values.length !== 1 || number === undefined || value.dims.length > 1) return null;
  return { of: null, apply: () => number, nodes: 0 };
}

function elementwise(
  operation: Operation,
  term: Term & { readonly of: Features },
  alone: (() => Value) | null,
): Elementwise {
  let features: Features | null = null;
  const asFeatures = () => {
    features ??= found();
    return features;
  };
  const found = () => {
    const kind = activationOf(term.apply);
    if (kind !== undefined) return activationLayer(operation, term.of, kind);
    const value = alone === null ? null : alone();
    if (value?.kind !== "features") throw unknown(operation);
    return value;
  };
  return { kind: "elementwise", ...term, asFeatures };
}

function activationOf(apply: (x: number) => number): ActivationKind | undefined {
  return KNOWN.find((kind) =>
    POINTS.every((x) => Math.abs(apply(x) - applyActivation({ kind, alpha: 0 }, x)) < TOLERANCE),
  );
}

function activationLayer(operation: Operation, features: Features, kind: ActivationKind): Features {
  const { name } = operation;
  const inputs = [features.layer];
  return computedFrom(operation, features, { kind: "activation", name, inputs, activation: { kind, alpha: 0 } });
}

function unknown(operation: Operation): LesionError {
  return refuse(operation, `ends a function that is no known activation (${KNOWN.join(", ")})`);
}
