/** Adds a batch's losses and hits to what each network has so far, on the GPU: one read back an epoch, not one a step. */
import shader from "../../shaders/tally-losses.wgsl";
import { type BatchRows, batchParameters } from "./batch-order.ts";
import { grid, type KernelPlan } from "./plan.ts";

/**
 * rowLoss and rowHit: as `planCrossEntropy` gave them for the same rows. totalLoss: [networks], f32, in nats; classCorrect:
 * [networks, classes], u32, the hits of each true class. Both grow.
 */
export function planTallyLosses({ classes, ...batch }: BatchRows & { readonly classes: number }): KernelPlan {
  return {
    shader,
    constants: {},
    parameters: { ...batchParameters(batch), classes },
    workgroups: grid(Math.ceil((batch.networks * batch.rows) / shader.constants.WORKGROUP)),
  };
}
