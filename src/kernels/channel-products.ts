/** Sums over positions of a product by channel and group, and of its absolute value: a gradient by what it is the gradient of. */
import shader from "../../shaders/channel-products.wgsl";
import { grid, type KernelPlan } from "./plan.ts";
import { vectorsOf } from "./tensor-layout.ts";

/** x, y: [groups, positions, channels]; sums: [parts, groups, 1 or 2, channels]. */
export interface ChannelProductsShape {
  /** Images, or 1 for weights. */
  readonly groups: number;
  readonly positions: number;
  readonly channels: number;
  readonly parts: number;
  /** Whether sums of |x y| follow those of x y. */
  readonly absolute: boolean;
}

/** The dispatch. Buffers: x, y, sums. */
export function planChannelProducts(shape: ChannelProductsShape): KernelPlan {
  const { groups, positions, channels, parts, absolute } = shape;
  const channels4 = vectorsOf(channels);
  const stride4 = (absolute ? 2 : 1) * channels4;
  return {
    shader,
    constants: { ABSOLUTE: absolute ? 1 : 0 },
    parameters: { groups, positions, channels4, parts, partSize: Math.ceil(positions / parts), stride4 },
    workgroups: grid(Math.ceil((parts * groups * channels4) / shader.constants.WORKGROUP)),
  };
}
