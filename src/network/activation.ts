/** Activations by their definitions, in float64: what kernels and files are compared against. */
import type { Activation } from "./network.ts";

/** activation(x). Errors of some units in the last place of float64. */
export function applyActivation({ kind, alpha, beta = 0 }: Activation, x: number): number {
  switch (kind) {
    case "linear":
      return x;
    case "relu":
      return Math.max(0, x);
    case "leaky-relu":
      return x < 0 ? alpha * x : x;
    case "sigmoid":
      return 1 / (1 + Math.exp(-x));
    case "tanh":
      return Math.tanh(x);
    case "gelu":
      return (x * (1 + erf(x * Math.SQRT1_2))) / 2;
    case "gelu-tanh":
      return (x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))) / 2;
    case "silu":
      return x / (1 + Math.exp(-x));
    case "clip":
      return Math.min(Math.max(x, alpha), beta);
    case "hard-sigmoid":
      return Math.min(Math.max(alpha * x + beta, 0), 1);
    case "hard-swish":
      return x * Math.min(Math.max(x / 6 + 0.5, 0), 1);
    case "elu":
      return x < 0 ? alpha * Math.expm1(x) : x;
  }
}

/** The error function, by its series of terms of one sign (Abramowitz and Stegun 7.1.6). */
export function erf(x: number): number {
  const size = Math.abs(x);
  // erfc(6) is 2e-17, below half a unit in the last place of 1.
  if (size > 6) return Math.sign(x);
  let term = size;
  let sum = size;
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= (2 * size * size) / (2 * n + 1);
    sum += term;
  }
  return Math.sign(x) * (2 / Math.sqrt(Math.PI)) * Math.exp(-size * size) * sum;
}
