/** What each of many masks changed, from their logits. */
import shader from "../../shaders/score.wgsl";
import { grid, type KernelPlan } from "./plan.ts";
import { type TallyLayout, tallyConstants } from "./tally.ts";

/** logits is [masks * images, classes]; tally rows from `rowStart` (in words). */
export interface ScoreShape {
  readonly masks: number;
  readonly images: number;
  readonly imageStart: number;
  readonly rowStart: number;
  readonly layout: TallyLayout;
  readonly loss: boolean;
}

export function planScore({ masks, images, imageStart, rowStart, layout, loss }: ScoreShape): KernelPlan {
  const rows = masks * images;
  return {
    shader,
    constants: { ...tallyConstants(layout), LOSS: loss ? 1 : 0 },
    parameters: { rows, images, imageStart, rowStart, rowWords: layout.words },
    workgroups: grid(Math.ceil(rows / shader.constants.WORKGROUP)),
  };
}
