/** The maximum or mean of each channel over all positions. */
import shader from "../../shaders/global-pool.wgsl";
import type { GlobalPoolLayer } from "../network/network.ts";
import type { Shape } from "../network/shapes.ts";
import { grid, type KernelPlan } from "./plan.ts";
import { channelsOf, positionsOf, vectorsOf } from "./tensor-layout.ts";

/** x: [rows, ...shape], y: [rows, 1, 1, channels]. */
export function planGlobalPool(rows: number, shape: Shape, pool: GlobalPoolLayer["pool"]): KernelPlan {
  const channels = channelsOf(shape);
  return {
    shader,
    constants: { AVERAGE: pool === "average" ? 1 : 0 },
    parameters: { rows, positions: positionsOf(shape), channels },
    workgroups: grid(Math.ceil((rows * vectorsOf(channels)) / shader.constants.WORKGROUP)),
  };
}
