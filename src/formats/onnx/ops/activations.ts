/** Activations that are one node. */
import type { Activation } from "../../../network/network.ts";
import { featuresInput, type Operation, refuse, type Value } from "../operation.ts";

/** y = max(0, x). */
export function Relu(operation: Operation): Value {
  return activate(operation, { kind: "relu", alpha: 0 });
}

/** y = x where x >= 0, alpha * x elsewhere. */
export function LeakyRelu(operation: Operation): Value {
  const alpha = Math.fround(operation.attributes.float("alpha", 0.01));
  return activate(operation, { kind: "leaky-relu", alpha });
}

/** y = x * Phi(x), exactly (`approximate` "none") or by tanh; from opset 20. */
export function Gelu(operation: Operation): Value {
  if (operation.opset < 20) throw refuse(operation, `is no operator of opset ${operation.opset}; it came with 20`);
  const approximate = operation.attributes.text("approximate", "none");
  if (approximate !== "none" && approximate !== "tanh") {
    throw refuse(operation, `has the approximation ${JSON.stringify(approximate.slice(0, 40))}`);
  }
  return activate(operation, { kind: approximate === "tanh" ? "gelu-tanh" : "gelu", alpha: 0 });
}

function activate(operation: Operation, activation: Activation): Value {
  const features = featuresInput(operation, 0);
  const layer = operation.emit({ kind: "activation", name: operation.name, inputs: [features.layer], activation });
  return { ...features, layer };
}
