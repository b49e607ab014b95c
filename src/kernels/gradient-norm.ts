/** By what the gradient of each of many networks is multiplied so that its norm does not pass a limit. */
import shader from "../../shaders/gradient-norm.wgsl";
import sums from "../../shaders/square-sums.wgsl";
import type { ParameterRows } from "./parameter-rows.ts";
import { grid, type KernelPlan } from "./plan.ts";

/** Words of held bits that a thread goes through in the first pass, and numbers that one adds up in those after it. */
const WORDS = 16;
const FOLD = 64;
/** Sums of one network after the first pass: enough threads for any GPU. */
const MOST_PARTS = 65536;

export interface GradientNormShape extends ParameterRows {
  /** The Euclidean norm, over the parameters that are not held, that a gradient is scaled down to. */
  readonly clip: number;
}

/** The sums a network has after each pass, the last of them one. */
function passes(count: number): readonly number[] {
  const parts = [Math.min(MOST_PARTS, Math.ceil(count / 32 / WORDS))];
  while (parts.length === 1 || parts.at(-1)! > 1) parts.push(Math.ceil(parts.at(-1)! / FOLD));
  return parts;
}

/** Numbers that `partial` must hold. */
export function partialFloats({ networks, count }: ParameterRows): number {
  return networks * passes(count).reduce((total, parts) => total + parts, 0);
}

/**
 * The dispatches, to be run in order. g: [networks, count]; held: [networks, count / 32], u32; partial: `partialFloats`;
 * factor: [networks], min(1, clip / (norm + 1e-6)) as PyTorch's clip_grad_norm_.
 */
export function gradientNormPlans({ networks, count, clip }: GradientNormShape): readonly KernelPlan[] {
  const parts = passes(count);
  const squares: KernelPlan = {
    shader: sums,
    constants: {},
    parameters: { networks, words: count / 32, parts: parts[0]! },
    workgroups: grid(Math.ceil((networks * parts[0]!) / sums.constants.WORKGROUP)),
  };
  let begin = 0;
  const folds = parts.slice(1).map((outs, i): KernelPlan => {
    const ins = parts[i]!;
    const next = begin + networks * ins;
    const parameters = { networks, parts: ins, outs, begin, next, clip };
    begin = next;
    return {
      shader,
      constants: {},
      parameters,
      workgroups: grid(Math.ceil((networks * outs) / shader.constants.WORKGROUP)),
    };
  });
  return [squares, ...folds];
}
