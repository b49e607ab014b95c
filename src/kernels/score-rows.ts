/** Counts what masks change, from the logits of listed (image, mask) pairs. */
import shader from "../../shaders/score-rows.wgsl";
import { grid, type KernelPlan } from "./plan.ts";
import { type TallyLayout, tallyConstants } from "./tally.ts";
import { paddedChannels } from "./tensor-layout.ts";

/** logits: [rows, layout.classes] in the layout of the device; the tally has a row a mask. */
export function planScoreRows(rows: number, layout: TallyLayout, loss: boolean): KernelPlan {
  return {
    shader,
    constants: { ...tallyConstants(layout), LOSS: loss ? 1 : 0 },
    parameters: { rows, stride: paddedChannels(layout.classes), rowWords: layout.words },
    workgroups: grid(Math.ceil(rows / shader.constants.WORKGROUP)),
  };
}
