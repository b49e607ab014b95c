/** Activations that are one node. */
import { applyActivation } from "../../../network/activation.ts";
import { type Activation, RELU } from "../../../network/network.ts";
import { computedFrom } from "../features.ts";
import { mapped } from "../folding.ts";
import { anyInput, hasInput, numberInput, type Operation, refuse, type Value } from "../operation.ts";

/** y = max(0, x). */
export function Relu(operation: Operation): Value {
  return activate(operation, RELU);
}

/** y = x where x >= 0, alpha * x elsewhere. */
export function LeakyRelu(operation: Operation): Value {
  const alpha = Math.fround(operation.attributes.float("alpha", 0.01));
  return activate(operation, { kind: "leaky-relu", alpha });
}

/** y = x where x >= 0, alpha * (exp(x) - 1) elsewhere. */
export function Elu(operation: Operation): Value {
  return activate(operation, { kind: "elu", alpha: Math.fround(operation.attributes.float("alpha", 1)) });
}

/** y = max(0, min(1, alpha * x + beta)). */
export function HardSigmoid(operation: Operation): Value {
  const alpha = Math.fround(operation.attributes.float("alpha", 0.2));
  const beta = Math.fround(operation.attributes.float("beta", 0.5));
  return activate(operation, { kind: "hard-sigmoid", alpha, beta });
}

/** y = x * max(0, min(1, x / 6 + 1 / 2)); from opset 14. */
export function HardSwish(operation: Operation): Value {
  since(operation, 14);
  return activate(operation, { kind: "hard-swish", alpha: 0 });
}

const LARGEST_FLOAT = 3.4028234663852886e38;

/** y = min(max(x, min), max): bounds that are attributes before opset 11 and inputs since, each of which may be missing. */
export function Clip(operation: Operation): Value {
  const { attributes, opset } = operation;
  const bound = (name: string, index: number, otherwise: number) => {
    if (opset < 11) return Math.fround(attributes.float(name, otherwise));
    return hasInput(operation, index) ? numberInput(operation, index) : otherwise;
  };
  const alpha = bound("min", 1, -LARGEST_FLOAT);
  const beta = bound("max", 2, LARGEST_FLOAT);
  return activate(operation, alpha === 0 && beta === LARGEST_FLOAT ? RELU : { kind: "clip", alpha, beta });
}

/** y = x * Phi(x), exactly (`approximate` "none") or by tanh; from opset 20. */
export function Gelu(operation: Operation): Value {
  since(operation, 20);
  const approximate = operation.attributes.text("approximate", "none");
  if (approximate !== "none" && approximate !== "tanh") {
    throw refuse(operation, `has the approximation ${JSON.stringify(approximate.slice(0, 40))}`);
  }
  return activate(operation, { kind: approximate === "tanh" ? "gelu-tanh" : "gelu", alpha: 0 });
}

function since(operation: Operation, opset: number): void {
  if (operation.opset >= opset) return;
  throw refuse(operation, `is no operator of opset ${operation.opset}; it came with ${opset}`);
}

function activate(operation: Operation, activation: Activation): Value {
  const features = anyInput(operation, 0);
  const { name } = operation;
  if (features.kind !== "features") return mapped(operation, features, (x) => applyActivation(activation, x));
  return computedFrom(operation, features, { kind: "activation", name, inputs: [features.layer], activation });
}
