/**
 * Activations and their derivatives in float64, written for exactness alone: what the kernels' approximations are
 * measured against. GELU rests on an error function that is good to the last bits, also in its tail.
 */
import { LesionError } from "../core/errors.ts";

/** An activation as it crosses a worker boundary: `kind` is checked where it is used. */
export interface ActivationLike {
  readonly kind: string;
  readonly alpha: number;
  readonly beta?: number;
}

/** A scalar function and its derivative. */
export interface Differentiable {
  readonly value: (x: number) => number;
  readonly derivative: (x: number) => number;
}

const TWO_OVER_SQRT_PI = 1.1283791670955126;
const SQRT_HALF = Math.SQRT1_2;
/** Scale and cubic coefficient of the tanh approximation of GELU (Hendrycks and Gimpel 2016). */
const GELU_TANH_SCALE = Math.sqrt(2 / Math.PI);
const GELU_TANH_CUBIC = 0.044715;

/** The error function, within 1e-15 of its true value. */
export function erf(x: number): number {
  return Math.abs(x) < 2 ? erfSeries(x) : Math.sign(x) * (1 - erfcTail(Math.abs(x)));
}

/** The complementary error function 1 - erf(x), also relatively exact where it is tiny. */
export function erfc(x: number): number {
  if (x >= 2) return erfcTail(x);
  return x <= -2 ? 2 - erfcTail(-x) : 1 - erfSeries(x);
}

/** 2/sqrt(pi) exp(-x^2) sum_n 2^n x^(2n+1) / (2n+1)!!: every term has the sign of x, so nothing cancels. |x| < 2. */
function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let odd = 3; Math.abs(term) > 1e-18 * Math.abs(sum); odd += 2) {
    term *= (2 * x * x) / odd;
    sum += term;
  }
  return TWO_OVER_SQRT_PI * Math.exp(-x * x) * sum;
}

/** Laplace's continued fraction exp(-x^2)/sqrt(pi) / (x + (1/2)/(x + (2/2)/(x + ...))), for x >= 2. */
function erfcTail(x: number): number {
  if (x === Number.POSITIVE_INFINITY) return 0;
  let denominator = x;
  for (let k = 120; k >= 1; k--) denominator = x + k / 2 / denominator;
  return (TWO_OVER_SQRT_PI / 2) * (Math.exp(-x * x) / denominator);
}

/** 1 / (1 + exp(-x)), without overflow for any x. */
function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

function unitInterval(x: number): number {
  return Math.min(Math.max(x, 0), 1);
}

/**
 * The function an activation names. At 0 of ReLU and its kin the derivative is that of the negative side, at a limit of
 * the clipped ones that of the limit, as in PyTorch. Throws `unsupported` for an unknown kind.
 */
export function differentiable(activation: ActivationLike): Differentiable {
  const { kind, alpha, beta = 0 } = activation;
  switch (kind) {
    case "linear":
      return { value: (x) => x, derivative: () => 1 };
    case "relu":
      return { value: (x) => Math.max(x, 0), derivative: (x) => (x > 0 ? 1 : 0) };
    case "leaky-relu":
      return { value: (x) => (x > 0 ? x : alpha * x), derivative: (x) => (x > 0 ? 1 : alpha) };
    case "sigmoid":
      return { value: sigmoid, derivative: (x) => sigmoid(x) * sigmoid(-x) };
    case "tanh":
      return { value: Math.tanh, derivative: (x) => 1 - Math.tanh(x) ** 2 };
    case "gelu":
      return {
        value: (x) => 0.5 * x * erfc(-x * SQRT_HALF),
        derivative: (x) => 0.5 * erfc(-x * SQRT_HALF) + 0.5 * x * TWO_OVER_SQRT_PI * SQRT_HALF * Math.exp(-0.5 * x * x),
      };
    case "gelu-tanh":
      // (1 + tanh(u)) / 2 = sigmoid(2u)
      return {
        value: (x) => x * sigmoid(2 * GELU_TANH_SCALE * (x + GELU_TANH_CUBIC * x ** 3)),
        derivative: (x) => {
          const u = GELU_TANH_SCALE * (x + GELU_TANH_CUBIC * x ** 3);
          const slope = GELU_TANH_SCALE * (1 + 3 * GELU_TANH_CUBIC * x * x);
          return sigmoid(2 * u) + 2 * x * slope * sigmoid(2 * u) * sigmoid(-2 * u);
        },
      };
    case "silu":
      return {
        value: (x) => x * sigmoid(x),
        derivative: (x) => sigmoid(x) * (1 + x * sigmoid(-x)),
      };
    case "clip":
      return {
        value: (x) => Math.min(Math.max(x, alpha), beta),
        derivative: (x) => (x > alpha && x < beta ? 1 : 0),
      };
    case "hard-sigmoid":
      return {
        value: (x) => unitInterval(alpha * x + beta),
        derivative: (x) => (alpha * x + beta > 0 && alpha * x + beta < 1 ? alpha : 0),
      };
    case "hard-swish":
      return {
        value: (x) => x * unitInterval(x / 6 + 0.5),
        derivative: (x) => (x <= -3 ? 0 : x < 3 ? x / 3 + 0.5 : 1),
      };
    case "elu":
      return {
        value: (x) => (x > 0 ? x : alpha * Math.expm1(x)),
        derivative: (x) => (x > 0 ? 1 : alpha * Math.exp(x)),
      };
    default:
      throw new LesionError("unsupported", `the reference knows no activation "${kind}"`, {
        where: "activation.kind",
        fix: "Use linear, relu, leaky-relu, sigmoid, tanh, gelu, gelu-tanh, silu, clip, hard-sigmoid, hard-swish or elu.",
      });
  }
}
