/** What pulls and pushes each point of a t-SNE map, and its share of Z, in parts of a sum over all points. */
import shader from "../../shaders/tsne-forces.wgsl";
import { grid, type KernelPlan } from "./plan.ts";
import {
  columnParameters,
  partParameters,
  points4Of,
  type TsneColumns,
  tsneParts,
  tsneWorkgroup,
} from "./tsne-columns.ts";

/** Bytes of `forces`. */
export function forcesBytes(points: number, isProcessor: boolean): number {
  return tsneParts(isProcessor, points) * 5 * points4Of(points) * 16;
}

/** {p, y, forces}: y is [4 points4] of vec2, `FAR_AWAY` beyond the points; forces [parts, 5, points4] in vec4s of points, in parts of `tsneParts`. */
export function planTsneForces(columns: TsneColumns, isProcessor: boolean): KernelPlan {
  const { points, count4 } = columns;
  const WORKGROUP = tsneWorkgroup(isProcessor);
  // Of four vectors a thread reads each y[j] a quarter as often; a GPU wants the threads, and something to wait for.
  const [VECTORS, RUN] = isProcessor ? [4, 1] : [1, 4];
  const parts = partParameters(isProcessor, points);
  return {
    shader,
    constants: { WORKGROUP, VECTORS, RUN },
    parameters: { ...columnParameters(columns), points, ...parts },
    workgroups: grid(Math.ceil((parts.parts * count4) / VECTORS / WORKGROUP)),
  };
}
