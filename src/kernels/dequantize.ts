/** Expands 8-bit weights on the GPU: whole, or the columns that are needed next. */
import shader from "../../shaders/dequantize.wgsl";
import type { QuantizedWeight } from "../network/network.ts";
import { grid, type KernelPlan } from "./plan.ts";

/** values: [rows, 4 stride4] bytes; weight: [rows, 4 columns4], the columns from 4 start4. */
export interface DequantizeShape extends Pick<QuantizedWeight, "scale" | "min"> {
  readonly rows: number;
  readonly stride4: number;
  readonly start4: number;
  readonly columns4: number;
}

export function planDequantize({ rows, stride4, start4, columns4, scale, min }: DequantizeShape): KernelPlan {
  return {
    shader,
    constants: {},
    parameters: { rows, columns4, stride4, start4, scale, min },
    workgroups: grid(Math.ceil((rows * columns4) / shader.constants.WORKGROUP)),
  };
}
