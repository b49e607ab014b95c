/**
 * Mean and variance of a batch by channel, and what normalising with them takes; exact however far the mean is from 0.
 * Moments of parts of the batch, joined in order; `planScale` then applies scale and shift.
 */
import momentsShader from "../../shaders/batch-norm-moments.wgsl";
import statisticsShader from "../../shaders/batch-norm-statistics.wgsl";
import mergeShader from "../../shaders/merge-moments.wgsl";
import { channelSumParts } from "./channel-sums.ts";
import { grid, type KernelPlan } from "./plan.ts";
import type { KernelSequence } from "./sequence.ts";
import { vectorsOf } from "./tensor-layout.ts";

/** A batch of each network: x is [groups, positions, channels]. */
export interface BatchNormBatch {
  /** Networks, each with statistics of its own; 1 unless given. */
  readonly groups?: number;
  /** Rows x positions of a network. */
  readonly positions: number;
  readonly channels: number;
  /** vec4s from a network's gamma, beta and their gradients to the next one's; ceil(channels / 4) unless given. */
  readonly parameterStride4?: number;
  readonly isProcessor: boolean;
}

export interface BatchNormShape extends BatchNormBatch {
  readonly epsilon: number;
  /** Share of the batch in the new running mean and variance: 0.1 in PyTorch. */
  readonly momentum: number;
  /** Take the running mean and variance for the batch's, and leave them as they are. x is not needed then. */
  readonly frozen: boolean;
}

/** A binding's offset is a multiple of this: WebGPU's default minStorageBufferOffsetAlignment. */
const ALIGNMENT_BYTES = 256;
const VECTOR_BYTES = 16;
/** More parts than this are first joined to the square root of their number: a thread a channel joins the last of them. */
const MOST_PARTS = 64;

/** Where the four parts of `statistics` begin, each [groups, channels padded] f32, for bindings with an offset. */
export function batchNormStatisticsLayout({ groups = 1, channels }: Pick<BatchNormBatch, "groups" | "channels">) {
  const partBytes = groups * vectorsOf(channels) * VECTOR_BYTES;
  const strideBytes = Math.ceil(partBytes / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
  return {
    partBytes,
    /** From one part to the next. */
    stride4: strideBytes / VECTOR_BYTES,
    sizeBytes: 4 * strideBytes,
    offsetBytes: { mean: 0, rstd: strideBytes, scale: 2 * strideBytes, shift: 3 * strideBytes },
  } as const;
}

/**
 * {x, gamma, beta, runningMean, runningVariance, statistics}: statistics as `batchNormStatisticsLayout`: mean,
 * rstd = 1 / sqrt(variance + epsilon) with the biased variance (over n), scale = gamma rstd, shift = beta - mean scale.
 * The running values [groups, channels padded] become (1 - momentum) running + momentum batch, with the unbiased variance
 * (over n - 1, as PyTorch does; 0 where n is 1).
 */
export function batchNormStatistics(shape: BatchNormShape): KernelSequence {
  const { groups = 1, positions, channels, frozen, epsilon, momentum, isProcessor } = shape;
  const channels4 = vectorsOf(channels);
  const parameterStride4 = shape.parameterStride4 ?? channels4;
  const statistics = (partial: string, parts: number, partSize: number) => {
    const { stride4 } = batchNormStatisticsLayout(shape);
    const plan: KernelPlan = {
      shader: statisticsShader,
      constants: { FROZEN: frozen ? 1 : 0 },
      parameters: { groups, positions, channels, parts, partSize, stride4, parameterStride4, epsilon, momentum },
      workgroups: grid(Math.ceil((groups * channels4) / statisticsShader.constants.WORKGROUP)),
    };
    const names = ["gamma", "beta", "runningMean", "runningVariance", "statistics"];
    return { plan, buffers: { ...Object.fromEntries(names.map((name) => [name, name])), partial } };
  };
  if (frozen) return { steps: [statistics("gamma", 0, 0)], scratch: {} };

  const parts = channelSumParts(isProcessor, { groups, positions, channels4 });
  const partSize = Math.ceil(positions / parts);
  const size = { groups, positions, channels4, parts, partSize };
  const bytes = (count: number) => count * groups * 2 * channels4 * VECTOR_BYTES;
  const moments = { plan: planMoments(size), buffers: { x: "x", partial: "partial" } };
  if (parts <= MOST_PARTS) {
    return { steps: [moments, statistics("partial", parts, partSize)], scratch: { partial: bytes(parts) } };
  }
  const merge = Math.ceil(Math.sqrt(parts));
  const left = Math.ceil(parts / merge);
  return {
    steps: [
      moments,
      { plan: planMergeMoments(size, merge), buffers: { partial: "partial", merged: "merged" } },
      statistics("merged", left, merge * partSize),
    ],
    scratch: { partial: bytes(parts), merged: bytes(left) },
  };
}

/** Parts of a batch: part p has the positions from p partSize on, [groups, positions, channels4]. */
export interface MomentsSize {
  readonly groups: number;
  readonly positions: number;
  readonly channels4: number;
  readonly parts: number;
  readonly partSize: number;
}

/** {x, partial}: partial is [parts, groups, 2, channels4] in vec4s: means, and sums of squared deviations from them. */
export function planMoments(size: MomentsSize): KernelPlan {
  return {
    shader: momentsShader,
    constants: {},
    parameters: { ...size, stride4: 2 * size.channels4 },
    workgroups: grid(Math.ceil((size.parts * size.groups * size.channels4) / momentsShader.constants.WORKGROUP)),
  };
}

/** {partial, merged}: each `merge` parts become one, [ceil(parts / merge), groups, 2, channels4]. */
export function planMergeMoments(size: MomentsSize, merge: number): KernelPlan {
  const threads = Math.ceil(size.parts / merge) * size.groups * size.channels4;
  return {
    shader: mergeShader,
    constants: {},
    parameters: { ...size, merge },
    workgroups: grid(Math.ceil(threads / mergeShader.constants.WORKGROUP)),
  };
}
