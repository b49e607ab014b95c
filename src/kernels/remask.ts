/** Masks units of a layer further down than the first masked one, in place. */
import shader from "../../shaders/remask.wgsl";
import type { Activation } from "../network/network.ts";
import { activationNumber } from "./activation.ts";
import { grid, type KernelPlan } from "./plan.ts";

/** h is [rows, units], rows = masks x images. */
export interface RemaskShape {
  readonly rows: number;
  readonly units: number;
  readonly images: number;
  readonly maskStart: number;
  readonly imageStart: number;
  /** Number, in the data set, of image 0: noise depends on it. */
  readonly sampleStart: number;
  readonly seed: number;
  /** Where units are replaced before their activation: the activation that h has not been through. Null: it has. */
  readonly before: Activation | null;
  /** Whether what units become differs by sample: `coefficients` are [samples, units] then, from image 0 on. */
  readonly given?: boolean;
}

export function planRemask({ before, given = false, ...shape }: RemaskShape): KernelPlan {
  return {
    shader,
    constants: {
      BEFORE: before === null ? 0 : 1,
      GIVEN: given ? 1 : 0,
      ACTIVATION: activationNumber(before?.kind ?? "linear"),
    },
    parameters: { ...shape, seed: shape.seed >>> 0, alpha: before?.alpha ?? 0, beta: before?.beta ?? 0 },
    workgroups: grid(Math.ceil((shape.rows * shape.units) / shader.constants.WORKGROUP)),
  };
}
