/** Local response normalisation across channels (Krizhevsky et al. 2012). */
import shader from "../../shaders/lrn.wgsl";
import type { LrnLayer } from "../network/network.ts";
import type { Shape } from "../network/shapes.ts";
import { grid, type KernelPlan } from "./plan.ts";
import { channelsOf, positionsOf, vectorsOf } from "./tensor-layout.ts";

/** x and y: [rows, ...shape]. A window wider than the channels costs no more than one that spans them. */
export function planLrn(
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
    constants: { BEFORE: before, AFTER: after, SPAN: before + after + 4 },
    parameters: { positions, channels, share: alpha / size, bias, beta },
    workgroups: grid(Math.ceil((positions * vectorsOf(channels)) / shader.constants.WORKGROUP)),
  };
}
