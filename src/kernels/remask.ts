/** Masks units of a layer further down than the first masked one, in place. */
import shader from "../../shaders/remask.wgsl";
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
}

export function planRemask(shape: RemaskShape): KernelPlan {
  return {
    shader,
    constants: {},
    parameters: { ...shape, seed: shape.seed >>> 0 },
    workgroups: grid(Math.ceil((shape.rows * shape.units) / shader.constants.WORKGROUP)),
  };
}
