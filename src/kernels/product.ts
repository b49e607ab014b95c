/** The batched product in the form that suits the adapter. */
import type { BatchedGemmOptions, BatchedGemmShape } from "./batched-gemm.ts";
import { planBatchedGemmRegister, registerVariants } from "./batched-gemm-register.ts";
import { planBatchedGemmTile } from "./batched-gemm-tile.ts";
import type { KernelPlan } from "./plan.ts";
import { tileVariants } from "./product-tile.ts";

/** Registers alone on a processor, tiles of workgroup memory on a GPU. */
export function planProduct(isProcessor: boolean, shape: BatchedGemmShape, options: BatchedGemmOptions): KernelPlan {
  if (isProcessor) return planBatchedGemmRegister(shape, registerVariants(shape.rows, shape.columns4)[0], options);
  return planBatchedGemmTile(shape, tileVariants(shape.rows, 4 * shape.columns4)[0]!, options);
}
