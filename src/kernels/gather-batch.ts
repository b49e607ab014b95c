/** Samples of a data set as the batch that many networks read, images changed at random on the way where that is asked for. */
import flat from "../../shaders/gather-batch.wgsl";
import images from "../../shaders/gather-images.wgsl";
import { type Shape, sizeOf } from "../network/shapes.ts";
import { type BatchRows, batchParameters } from "./batch-order.ts";
import { grid, type KernelPlan } from "./plan.ts";
import { channelsOf, positionsOf, vectorsOf } from "./tensor-layout.ts";

/** vec4s, or pixels, that a thread gathers: to find its row takes a processor longer than to gather a few. */
export const GATHERED_RUN = 8;

/** Random changes of images [height, width, channels], the same for a sample in all networks and batches of an epoch. */
export interface GatherAugmentation {
  /** Mirrored left to right, one time in two. */
  readonly flip: boolean;
  /** Moved by up to so many pixels along both axes, what comes in from outside being 0; below 32768. */
  readonly shift: number;
  readonly seed: number;
  readonly epoch: number;
}

export interface GatherBatchShape extends BatchRows {
  /** Of a sample as the network reads it; the values of a stored sample lie in this order. */
  readonly shape: Shape;
  /** Whether values are bytes, four to a word, to be looked up in levels; if not, they are f32. */
  readonly bytes: boolean;
  /** Tables of levels, [channels, 256]: feature f goes by table f % channels. */
  readonly channels: number;
  readonly augment: GatherAugmentation | null;
}

/**
 * values: [samples, words], each sample padded to whole words; levels: [channels, 256]; x: [networks, rows, ...shape] in
 * the layout of tensors, 0 in the padding. With `augment`, shape must be [height, width, channels].
 */
export function planGatherBatch(gathered: GatherBatchShape): KernelPlan {
  const { networks, rows, shape, bytes, channels: tables, augment } = gathered;
  const features = sizeOf(shape);
  const channels = channelsOf(shape);
  const positions = positionsOf(shape);
  const words = bytes ? Math.ceil(features / 4) : features;
  const common = { ...batchParameters(gathered), tables, words };
  const constants = { BYTES: bytes ? 1 : 0 };
  if (!augment && (positions === 1 || channels % 4 === 0)) {
    const vectors = Math.ceil(features / 4);
    const threads = Math.ceil(vectors / GATHERED_RUN);
    return {
      shader: flat,
      constants,
      parameters: { ...common, features, vectors, threads },
      workgroups: grid(Math.ceil((networks * rows * threads) / flat.constants.WORKGROUP)),
    };
  }
  // Without changes, an image is as good as one line of its pixels.
  const [height, width] = augment ? [shape[0]!, shape[1]!] : [1, positions];
  const threads = Math.ceil(width / GATHERED_RUN);
  const { flip, shift, seed, epoch } = augment ?? { flip: false, shift: 0, seed: 0, epoch: 0 };
  return {
    shader: images,
    constants: { ...constants, VECTORS: vectorsOf(channels), CHANNEL_TABLES: tables === channels ? 1 : 0 },
    parameters: {
      ...{ ...common, height, width, channels, threads },
      ...{ flip: flip ? 1 : 0, shift, seed: seed >>> 0, epoch },
    },
    workgroups: grid(Math.ceil((networks * rows * height * threads) / images.constants.WORKGROUP)),
  };
}
