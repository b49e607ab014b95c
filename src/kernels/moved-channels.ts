/** On which images replacing a channel moves anything at all: the others keep their outcome, and are not computed. */
import shader from "../../shaders/moved-channels.wgsl";
import { wordsFor } from "../core/bitset.ts";
import { grid, type KernelPlan } from "./plan.ts";
import { vectorsOf } from "./tensor-layout.ts";

/** moved: [paddedChannels(channels), wordsFor(images)], zero before. */
export function planMovedChannels(images: number, positions: number, channels: number): KernelPlan {
  const channels4 = vectorsOf(channels);
  return {
    shader,
    constants: {},
    parameters: { images, positions, channels4, words: wordsFor(images) },
    workgroups: grid(Math.ceil((images * channels4) / shader.constants.WORKGROUP)),
  };
}
