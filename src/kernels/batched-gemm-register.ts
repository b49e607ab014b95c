/** c[z] = activation(a[z] b[z] + bias) without workgroup memory: what processors want. Twin of `batched-gemm-tile.ts`. */
import shader from "../../shaders/batched-gemm-register.wgsl";
import { activationNumber } from "./activation.ts";
import type { BatchedGemmOptions, BatchedGemmShape } from "./batched-gemm.ts";
import { batchedGemmParameters } from "./batched-gemm.ts";
import { grid, type KernelPlan } from "./plan.ts";

/** Results a thread: rows x 4 columns4. */
export interface RegisterVariant {
  readonly rows: number;
  readonly columns4: number;
  /** Threads a workgroup. */
  readonly workgroup: number;
}

/** 8 x 16 reaches 5 to 6 GFLOP/s on SwiftShader, 8 x 8 4.7 to 4.9; few rows want a low tile, few columns one as narrow. */
export function registerVariants(rows: number, columns4 = 4): readonly [RegisterVariant, ...RegisterVariant[]] {
  const variant = (rows: number, columns4: number): RegisterVariant => ({ rows, columns4, workgroup: 8 });
  if (rows <= 2) return [variant(rows, 4), variant(rows, 2)];
  if (rows <= 4) return [variant(4, 4), variant(4, 2)];
  const narrow = NARROW.includes(columns4) ? [variant(8, columns4)] : [];
  return [...narrow, variant(8, 4), variant(8, 2), variant(4, 4)] as unknown as [RegisterVariant];
}

/** Widths in vec4s that a tile of 4 covers badly: 10 classes, 20 units. */
const NARROW = [3, 5];

export function planBatchedGemmRegister(
  shape: BatchedGemmShape,
  variant: RegisterVariant,
  options: BatchedGemmOptions = {},
): KernelPlan {
  const { rows, columns4, workgroup } = variant;
  const tiles = shape.batches * Math.ceil(shape.rows / rows) * Math.ceil(shape.columns4 / columns4);
  return {
    shader,
    constants: {
      ROWS: rows,
      COLUMNS4: columns4,
      WORKGROUP: workgroup,
      USE_BIAS: options.bias ? 1 : 0,
      ACTIVATION: activationNumber(options.activation?.kind ?? "linear"),
    },
    parameters: batchedGemmParameters(shape, options),
    workgroups: grid(Math.ceil(tiles / workgroup)),
  };
}
