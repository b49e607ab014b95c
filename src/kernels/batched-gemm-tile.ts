/** c[z] = activation(a[z] b[z] + bias) by tiles in workgroup memory: what GPUs want. Twin of `batched-gemm-register.ts`. */
import shader from "../../shaders/batched-gemm-tile.wgsl";
import { activationNumber } from "./activation.ts";
import { type BatchedGemmOptions, type BatchedGemmShape, batchedGemmParameters } from "./batched-gemm.ts";
import type { KernelPlan } from "./plan.ts";
import { type TileVariant, tileGrid } from "./product-tile.ts";

/** The dispatch of `shape.batches` products; variants: `tileVariants`. Buffers: a, b, bias, c. */
export function planBatchedGemmTile(
  shape: BatchedGemmShape,
  variant: TileVariant,
  options: BatchedGemmOptions = {},
): KernelPlan {
  const { constants, workgroups } = tileGrid(shape.rows, 4 * shape.columns4, variant, shape.batches);
  return {
    shader,
    constants: {
      ...constants,
      USE_BIAS: options.bias ? 1 : 0,
      ACTIVATION: activationNumber(options.activation?.kind ?? "linear"),
    },
    parameters: batchedGemmParameters(shape, options),
    workgroups,
  };
}
