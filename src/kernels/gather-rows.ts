/** Samples of a data set as rows that a network reads. */
import shader from "../../shaders/gather-rows.wgsl";
import { grid, type KernelPlan } from "./plan.ts";

/** Row r is sample order[start + r], or start + r without an order. */
export interface GatherShape {
  readonly rows: number;
  readonly start: number;
  readonly features: number;
  readonly channels: number;
  /** Whether values are bytes, four to a word, to be looked up in levels: [channels, 256]. */
  readonly bytes: boolean;
  readonly ordered: boolean;
}

export function planGatherRows({ rows, start, features, channels, bytes, ordered }: GatherShape): KernelPlan {
  const { WORDS, WORKGROUP } = shader.constants;
  return {
    shader,
    constants: { BYTES: bytes ? 1 : 0, CHANNELS: channels, WHOLE_WORDS: features % 4 === 0 ? 1 : 0 },
    parameters: { rows, start, features, useOrder: ordered ? 1 : 0 },
    workgroups: grid(Math.ceil((rows * Math.ceil(features / (4 * WORDS))) / WORKGROUP)),
  };
}
