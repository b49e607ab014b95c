/** The gradient of local response normalisation across channels (Krizhevsky et al. 2012). */
import shader from "../../shaders/lrn-gradient.wgsl";
import type { LrnLayer } from "../network/network.ts";
import type { Shape } from "../network/shapes.ts";
import { grid, type KernelPlan } from "./plan.ts";
import { channelsOf, positionsOf, vectorsOf } from "./tensor-layout.ts";

/** x, dy and dx: [rows, ...shape]. */
export function planLrnGradient(
  rows: number,
  shape: Shape,
  { size, alpha, beta, bias }: Pick<LrnLayer, "size" | "alpha" | "beta" | "bias">,
): KernelPlan {
  const channels = channelsOf(shape);
  const positions = rows * positionsOf(shape);
  const before = Math.min(channels - 1, Math.floor((size - 1) / 2));
  const after = Math.min(channels - 1, Math.ceil((size - 1) / 2));
  return {
    shader,
    constants: {},
    parameters: { positions, channels, before, after, share: alpha / size, bias, beta },
    workgroups: grid(Math.ceil((positions * vectorsOf(channels)) / shader.constants.WORKGROUP)),
  };
}
