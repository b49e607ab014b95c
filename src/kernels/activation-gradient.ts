/** The gradient through an activation, in place, and none through channels that are held. */
import shader from "../../shaders/activation-gradient.wgsl";
import type { Activation } from "../network/network.ts";
import type { Shape } from "../network/shapes.ts";
import { activationNumber } from "./activation.ts";
import { grid, type KernelPlan } from "./plan.ts";
import { channelsOf, positionsOf, vectorsOf } from "./tensor-layout.ts";

export interface ActivationGradientShape {
  /** Rows of all networks. */
  readonly rows: number;
  readonly rowsPerNetwork: number;
  /** A sample's shape. */
  readonly shape: Shape;
  readonly activation: Activation;
  /** What z holds: the activation's output, where `slopeFromOutput` allows it, or its input. */
  readonly of: "input" | "output";
  /** Whether `held` is read: a gradient is 0 where its network's bit is set, whatever dy holds there. */
  readonly held: boolean;
}

/** Whether the slope of an activation is known from its output alone. */
export function slopeFromOutput({ kind, alpha }: Activation): boolean {
  switch (kind) {
    case "linear":
    case "relu":
    case "sigmoid":
    case "tanh":
    case "clip":
    case "hard-sigmoid":
      return true;
    case "leaky-relu":
    case "elu":
      // Below 0 the sign of the output no longer tells that of the input.
      return alpha >= 0;
    case "gelu":
    case "gelu-tanh":
    case "silu":
    case "hard-swish":
      return false;
  }
}

/**
 * {z, held, dy}: z and dy are [rows, ...shape], dy is changed in place; held: [networks, ceil(channels / 32)] u32. Of a
 * linear activation only `held` matters: z is not read, and without `held` there is nothing to dispatch.
 */
export function planActivationGradient(options: ActivationGradientShape): KernelPlan {
  const { rows, rowsPerNetwork, shape, activation, held } = options;
  const { RUN, WORKGROUP } = shader.constants;
  const channels = channelsOf(shape);
  const networks = rows / rowsPerNetwork;
  const positions = rowsPerNetwork * positionsOf(shape);
  const parts = Math.ceil(positions / RUN);
  return {
    shader,
    constants: {
      ACTIVATION: activationNumber(activation.kind),
      FROM_OUTPUT: options.of === "output" ? 1 : 0,
      HELD: held ? 1 : 0,
    },
    parameters: { networks, positions, channels, parts, alpha: activation.alpha, beta: activation.beta ?? 0 },
    workgroups: grid(Math.ceil((networks * parts * vectorsOf(channels)) / WORKGROUP)),
  };
}
