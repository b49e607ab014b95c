/** Numbers of the activations in shaders/lib/activation.wgsl. */
import type { ActivationKind } from "../network/network.ts";

const order = [
  "linear",
  "relu",
  "leaky-relu",
  "sigmoid",
  "tanh",
  "gelu",
  "gelu-tanh",
  "silu",
  "clip",
  "hard-sigmoid",
  "hard-swish",
  "elu",
] as const satisfies readonly ActivationKind[];

/** The value of a shader's ACTIVATION constant. */
export function activationNumber(kind: ActivationKind): number {
  return order.indexOf(kind);
}
