/** Loss, hits and the gradient at the logits of a training batch. */
import shader from "../../shaders/softmax-cross-entropy.wgsl";
import type { KernelPlan } from "./plan.ts";

/** Row r is sample order[start + r]; the gradient is multiplied by `scale`, 1 / rows for the mean. */
export interface CrossEntropyShape {
  readonly rows: number;
  readonly start: number;
  readonly classes: number;
  readonly scale: number;
}

export function planSoftmaxCrossEntropy(shape: CrossEntropyShape): KernelPlan {
  return {
    shader,
    constants: {},
    parameters: { ...shape },
    workgroups: [Math.ceil(shape.rows / shader.constants.WORKGROUP), 1],
  };
}
