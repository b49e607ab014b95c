/** Sums over positions by channel and network, alone or with a product: gradients of biases, scales and batch norms. */
import shader from "../../shaders/channel-sums.wgsl";
import { grid, type KernelPlan } from "./plan.ts";

/** x: [groups, positions, channels4] in vec4s; a group is a network. */
export interface ChannelSumsSize {
  readonly groups: number;
  /** Rows x positions of a group. */
  readonly positions: number;
  readonly channels4: number;
}

export interface ChannelSumsShape extends ChannelSumsSize {
  /** Parts that the positions of a group are split into, each summed by a thread of its own; see `channelSumParts`. */
  readonly parts: number;
  /** Whether there is a second sum, of x (other - shift). */
  readonly second: "none" | "product";
  /** Whether `shift` [groups, channels4] is taken from `other`: exact where other's mean is far greater than its deviation. */
  readonly shifted?: boolean;
  /** vec4s from a group's sums to the next one's; as long as the sums unless given. Parts are groups x stride4 apart. */
  readonly stride4?: number;
}

/** vec4s of a group's sums: [1 or 2, channels4]. */
export function channelSumsLength({ channels4, second }: Pick<ChannelSumsShape, "channels4" | "second">): number {
  return (second === "none" ? 1 : 2) * channels4;
}

/**
 * {x, other, shift, partial}: partial is [parts, groups, 1 or 2, channels4] in vec4s; of one part it is the sums, else
 * `planSumParts` adds the parts up. `other` and `shift` are not read where the shape does not ask for them: any buffer will do.
 */
export function planChannelSums(shape: ChannelSumsShape): KernelPlan {
  const { groups, positions, channels4, parts, second, shifted = false } = shape;
  const partSize = Math.ceil(positions / parts);
  return {
    shader,
    constants: { PRODUCT: second === "product" ? 1 : 0, SHIFTED: shifted ? 1 : 0 },
    parameters: { groups, positions, channels4, parts, partSize, stride4: shape.stride4 ?? channelSumsLength(shape) },
    workgroups: grid(Math.ceil((parts * groups * channels4) / shader.constants.WORKGROUP)),
  };
}

/** Beyond so many positions a sum in f32 loses digits. */
const LONGEST_PART = 1024;

/** So many parts that the threads fill the device, and not so many that adding them up takes longer than it saves. */
export function channelSumParts(isProcessor: boolean, { groups, positions, channels4 }: ChannelSumsSize): number {
  const [threads, shortestPart] = isProcessor ? [1024, 512] : [16_384, 32];
  const wanted = Math.min(Math.ceil(threads / (groups * channels4)), Math.floor(positions / shortestPart));
  return Math.max(1, wanted, Math.ceil(positions / LONGEST_PART));
}
