/** Each channel times a number plus another, and an activation; or the activation alone. */
import shader from "../../shaders/scale.wgsl";
import type { Activation } from "../network/network.ts";
import type { Shape } from "../network/shapes.ts";
import { activationNumber } from "./activation.ts";
import { grid, type KernelPlan } from "./plan.ts";
import { channelsOf, positionsOf, runOf, vectorsOf } from "./tensor-layout.ts";

export interface ScaleShape {
  /** Of all networks. */
  readonly rows: number;
  readonly shape: Shape;
  readonly activation: Activation;
  /** False: scale and shift are not read; what is bound for them does not matter. */
  readonly affine: boolean;
  /** Networks that share the rows evenly, one after the other, each with numbers of its own; 1 unless given. */
  readonly networks?: number;
  /** vec4s from a network's scale or shift to the next one's; ceil(channels / 4) unless given. */
  readonly stride4?: number;
}

/** x and y: [rows, ...shape]; scale and shift: [networks, channels], padded to whole vec4s. */
export function planScale({ rows, shape, activation, affine, networks = 1, ...strides }: ScaleShape): KernelPlan {
  const channels = channelsOf(shape);
  const positions = (rows / networks) * positionsOf(shape);
  const run = runOf(positions);
  const parts = Math.ceil(positions / run);
  const vectors = vectorsOf(channels);
  return {
    shader,
    constants: {
      AFFINE: affine ? 1 : 0,
      NETWORKS: networks > 1 ? 1 : 0,
      ACTIVATION: activationNumber(activation.kind),
      RUN: run,
    },
    parameters: {
      networks,
      positions,
      channels,
      parts,
      stride4: strides.stride4 ?? vectors,
      alpha: activation.alpha,
      beta: activation.beta ?? 0,
    },
    workgroups: grid(Math.ceil((networks * parts * vectors) / shader.constants.WORKGROUP)),
  };
}
