/**
 * One step of each optimizer in float64, as PyTorch defines them: what the update kernels are measured against. Pure:
 * the arrays handed in are left as they were.
 */

export interface SgdOptions {
  readonly learningRate: number;
  readonly momentum: number;
  /** Left out: not. */
  readonly nesterov?: boolean;
  readonly weightDecay: number;
}

export interface SgdStep {
  readonly parameters: Float64Array;
  /** Handed to the next step; zeros before the first. */
  readonly velocity: Float64Array;
}

/**
 * d = g + weightDecay w; v' = momentum v + d; w' = w - learningRate v', or with Nesterov's momentum w - learningRate (d +
 * momentum v'). No dampening.
 */
export function sgdStep(
  parameters: Float64Array,
  gradient: Float64Array,
  velocity: Float64Array,
  options: SgdOptions,
): SgdStep {
  const { learningRate, momentum, nesterov = false, weightDecay } = options;
  const decayed = gradient.map((g, i) => g + weightDecay * parameters[i]!);
  const next = velocity.map((v, i) => momentum * v + decayed[i]!);
  const update = (i: number) => (nesterov ? decayed[i]! + momentum * next[i]! : next[i]!);
  return { parameters: parameters.map((w, i) => w - learningRate * update(i)), velocity: next };
}

export interface AdamOptions {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Added to the gradient as weightDecay w (L2), or decoupled from it. */
  readonly weightDecay: number;
  /** AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101): w is first scaled by 1 - learningRate weightDecay. Left out: not. */
  readonly decoupled?: boolean;
}

/** Moments of the gradient: zeros before the first step. */
export interface AdamMoments {
  readonly first: Float64Array;
  readonly second: Float64Array;
}

/**
 * Step `step` (1 is the first) of Adam with bias correction (Kingma and Ba 2015, arXiv 1412.6980, algorithm 1):
 * w' = w - learningRate m^ / (sqrt(v^) + epsilon).
 */
export function adamStep(
  parameters: Float64Array,
  gradient: Float64Array,
  moments: AdamMoments,
  step: number,
  options: AdamOptions,
): AdamMoments & { readonly parameters: Float64Array } {
  const { learningRate, beta1, beta2, epsilon, weightDecay, decoupled = false } = options;
  const g = decoupled ? gradient : gradient.map((value, i) => value + weightDecay * parameters[i]!);
  const keep = decoupled ? 1 - learningRate * weightDecay : 1;
  const first = moments.first.map((m, i) => beta1 * m + (1 - beta1) * g[i]!);
  const second = moments.second.map((v, i) => beta2 * v + (1 - beta2) * g[i]! ** 2);
  const firstScale = 1 / (1 - beta1 ** step);
  const secondScale = 1 / (1 - beta2 ** step);
  const update = (i: number) => (first[i]! * firstScale) / (Math.sqrt(second[i]! * secondScale) + epsilon);
  return { parameters: parameters.map((w, i) => keep * w - learningRate * update(i)), first, second };
}

/** What a gradient is multiplied by so that its Euclidean norm does not pass `clip`: PyTorch's clip_grad_norm_. */
export function clipFactor(gradient: Float64Array, clip: number): number {
  const squares = gradient.reduce((total, g) => total + g * g, 0);
  return Math.min(1, clip / (Math.sqrt(squares) + 1e-6));
}
