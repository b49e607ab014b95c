/**
 * One step of each optimizer in float64, as PyTorch defines them: what the update kernels are measured against. Pure:
 * the arrays handed in are left as they were.
 */

export interface SgdOptions {
  readonly learningRate: number;
  readonly momentum: number;
  readonly weightDecay: number;
}

export interface SgdStep {
  readonly parameters: Float64Array;
  /** Handed to the next step; zeros before the first. */
  readonly velocity: Float64Array;
}

/** v' = momentum v + (g + weightDecay w); w' = w - learningRate v'. No dampening, no Nesterov. */
export function sgdStep(
  parameters: Float64Array,
  gradient: Float64Array,
  velocity: Float64Array,
  options: SgdOptions,
): SgdStep {
  const { learningRate, momentum, weightDecay } = options;
  const next = velocity.map((v, i) => momentum * v + gradient[i]! + weightDecay * parameters[i]!);
  return { parameters: parameters.map((w, i) => w - learningRate * next[i]!), velocity: next };
}

export interface AdamOptions {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Added to the gradient as weightDecay w (L2), not decoupled. */
  readonly weightDecay: number;
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
  const { learningRate, beta1, beta2, epsilon, weightDecay } = options;
  const g = gradient.map((value, i) => value + weightDecay * parameters[i]!);
  const first = moments.first.map((m, i) => beta1 * m + (1 - beta1) * g[i]!);
  const second = moments.second.map((v, i) => beta2 * v + (1 - beta2) * g[i]! ** 2);
  const firstScale = 1 / (1 - beta1 ** step);
  const secondScale = 1 / (1 - beta2 ** step);
  const update = (i: number) => (first[i]! * firstScale) / (Math.sqrt(second[i]! * secondScale) + epsilon);
  return { parameters: parameters.map((w, i) => w - learningRate * update(i)), first, second };
}
