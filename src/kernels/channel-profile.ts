/** What each channel does on each image: sum, sum of squares, maximum, and how often it is 0, over positions. */
import shader from "../../shaders/channel-profile.wgsl";
import { channelSumParts } from "./channel-sums.ts";
import { grid, type KernelPlan } from "./plan.ts";
import { vectorsOf } from "./tensor-layout.ts";

/** a: [images, positions, channels]; profile: [parts, images, 4, channels]. */
export interface ChannelProfileShape {
  readonly images: number;
  readonly positions: number;
  readonly channels: number;
  /** See `imageParts`. */
  readonly parts: number;
}

/** Sum, sum of squares, maximum and zeros, in this order. */
export const PROFILE_ROWS = 4;

/** The dispatch. Buffers: a, profile. */
export function planChannelProfile({ images, positions, channels, parts }: ChannelProfileShape): KernelPlan {
  const channels4 = vectorsOf(channels);
  const stride4 = PROFILE_ROWS * channels4;
  return {
    shader,
    constants: {},
    parameters: { groups: images, positions, channels4, parts, partSize: Math.ceil(positions / parts), stride4 },
    workgroups: grid(Math.ceil((parts * images * channels4) / shader.constants.WORKGROUP)),
  };
}

/** Images that a GPU is taken to have at once. */
const IMAGES_AT_ONCE = 16;

/** Parts that the positions of an image are split into: the same in every batch, for they are part of a sum's result. */
export function imageParts(isProcessor: boolean, positions: number, channels: number): number {
  const groups = isProcessor ? 1 : IMAGES_AT_ONCE;
  return channelSumParts(isProcessor, { groups, positions, channels4: vectorsOf(channels) });
}
