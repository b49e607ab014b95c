/** Loss, hits and the gradient at the logits of a batch, of many networks at once. */
import shader from "../../shaders/cross-entropy.wgsl";
import { type BatchRows, batchParameters } from "./batch-order.ts";
import { grid, type KernelPlan } from "./plan.ts";
import { vectorsOf } from "./tensor-layout.ts";

export interface CrossEntropyShape extends BatchRows {
  readonly classes: number;
  /** The target is 1 - smoothing for the true class and smoothing / classes more for every class; 0 in evaluations. */
  readonly smoothing: number;
  /** What the gradient is multiplied by: 1 / rows for the mean. */
  readonly scale: number;
  /** False: the gradient is not written; what is bound for it does not matter, but must be bound to nothing else. */
  readonly gradient: boolean;
}

/**
 * logits and gradient: [networks rows, classes padded to whole vec4s]; rowLoss (f32, nats) and rowHit (u32, 0 or 1):
 * [networks rows]; labels: [samples], u32.
 */
export function planCrossEntropy(shape: CrossEntropyShape): KernelPlan {
  const { classes, smoothing, scale, gradient } = shape;
  return {
    shader,
    constants: { GRADIENT: gradient ? 1 : 0 },
    parameters: { ...batchParameters(shape), classes, vectors: vectorsOf(classes), smoothing, scale },
    workgroups: grid(Math.ceil((shape.networks * shape.rows) / shader.constants.WORKGROUP)),
  };
}
