/** Each channel times a number plus another, and an activation; or the activation alone. */
import shader from "../../shaders/scale.wgsl";
import type { Activation } from "../network/network.ts";
import type { Shape } from "../network/shapes.ts";
import { activationNumber } from "./activation.ts";
import { grid, type KernelPlan } from "./plan.ts";
import { channelsOf, positionsOf, runOf, vectorsOf } from "./tensor-layout.ts";

export interface ScaleShape {
  readonly rows: number;
  readonly shape: Shape;
  readonly activation: Activation;
  /** False: scale and shift are not read; what is bound for them does not matter. */
  readonly affine: boolean;
}

/** x and y: [rows, ...shape]; scale and shift: [channels], padded to whole vec4s. */
export function planScale({ rows, shape, activation, affine }: ScaleShape): KernelPlan {
  const channels = channelsOf(shape);
  const positions = rows * positionsOf(shape);
  const run = runOf(positions);
  const threads = Math.ceil(positions / run) * vectorsOf(channels);
  return {
    shader,
    constants: { AFFINE: affine ? 1 : 0, ACTIVATION: activationNumber(activation.kind), RUN: run },
    parameters: { positions, channels, alpha: activation.alpha, beta: activation.beta ?? 0 },
    workgroups: grid(Math.ceil(threads / shader.constants.WORKGROUP)),
  };
}
