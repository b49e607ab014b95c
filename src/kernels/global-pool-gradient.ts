/** The gradient of the maximum or mean of each channel over all positions. */
import shader from "../../shaders/global-pool-gradient.wgsl";
import type { GlobalPoolLayer } from "../network/network.ts";
import type { Shape } from "../network/shapes.ts";
import { grid, type KernelPlan } from "./plan.ts";
import { channelsOf, positionsOf, vectorsOf } from "./tensor-layout.ts";

const AVERAGED_SPAN = 4;

/** x and dx: [rows, ...shape], dy: [rows, 1, 1, channels]. The maximum's gradient goes to the first largest position. */
export function planGlobalPoolGradient(rows: number, shape: Shape, pool: GlobalPoolLayer["pool"]): KernelPlan {
  const channels = channelsOf(shape);
  const positions = positionsOf(shape);
  const span = pool === "average" ? AVERAGED_SPAN : positions;
  const threads = rows * Math.ceil(positions / span) * vectorsOf(channels);
  return {
    shader,
    constants: { AVERAGE: pool === "average" ? 1 : 0 },
    parameters: { rows, positions, channels, span },
    workgroups: grid(Math.ceil(threads / shader.constants.WORKGROUP)),
  };
}
