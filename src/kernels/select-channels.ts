/** A damaged layer as each row sees it, where it cannot be entered by differences. */
import shader from "../../shaders/select-channels.wgsl";
import { wordsFor } from "../core/bitset.ts";
import { grid, type KernelPlan } from "./plan.ts";
import { vectorsOf } from "./tensor-layout.ts";

/** y: [rows, positions, channels]; masks: [masks, wordsFor(units)] bits. */
export interface SelectShape {
  readonly rows: number;
  readonly positions: number;
  readonly channels: number;
  /** Channel of unit 0, and how many units there are. */
  readonly channelStart: number;
  readonly units: number;
}

export function planSelectChannels({ rows, positions, channels, channelStart, units }: SelectShape): KernelPlan {
  const channels4 = vectorsOf(channels);
  return {
    shader,
    constants: {},
    parameters: { rows, positions, channels4, channelStart, units, maskWords: wordsFor(units) },
    workgroups: grid(Math.ceil((rows * positions * channels4) / shader.constants.WORKGROUP)),
  };
}
