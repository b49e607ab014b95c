/** Keeps the held channels of each network at their values, in place, while it trains. */
import shader from "../../shaders/hold-channels.wgsl";
import type { Shape } from "../network/shapes.ts";
import { grid, type KernelPlan } from "./plan.ts";
import { channelsOf, positionsOf, vectorsOf } from "./tensor-layout.ts";

export interface HoldShape {
  /** Rows of all networks. */
  readonly rows: number;
  readonly rowsPerNetwork: number;
  /** A sample's shape. */
  readonly shape: Shape;
}

/**
 * {held, values, y}: y is [rows, ...shape]; held: [networks, ceil(channels / 32)] u32, a bit a channel; values:
 * [networks, channels padded], read where a bit is set.
 */
export function planHoldChannels({ rows, rowsPerNetwork, shape }: HoldShape): KernelPlan {
  const { RUN, WORKGROUP } = shader.constants;
  const channels = channelsOf(shape);
  const networks = rows / rowsPerNetwork;
  const positions = rowsPerNetwork * positionsOf(shape);
  const parts = Math.ceil(positions / RUN);
  return {
    shader,
    constants: {},
    parameters: { networks, positions, channels, parts },
    workgroups: grid(Math.ceil((networks * parts * vectorsOf(channels)) / WORKGROUP)),
  };
}
