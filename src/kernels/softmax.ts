/** Softmax, or its logarithm, over the channels of each position. */
import shader from "../../shaders/softmax.wgsl";
import type { Shape } from "../network/shapes.ts";
import { grid, type KernelPlan } from "./plan.ts";
import { channelsOf, positionsOf } from "./tensor-layout.ts";

/** x and y: [rows, ...shape]. */
export function planSoftmax(rows: number, shape: Shape, log: boolean): KernelPlan {
  const positions = rows * positionsOf(shape);
  return {
    shader,
    constants: { LOG: log ? 1 : 0 },
    parameters: { positions, channels: channelsOf(shape) },
    workgroups: grid(Math.ceil(positions / shader.constants.WORKGROUP)),
  };
}
