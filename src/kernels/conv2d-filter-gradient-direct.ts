/**
 * Gradient of a convolution by its filters, from its definition: made for groups and depthwise convolutions, right for all.
 * The sum over samples and positions is split in parts, so that there are threads enough; `sum-parts` adds them in order.
 */
import shader from "../../shaders/conv2d-filter-gradient-direct.wgsl";
import { type ConvShape, convParameters, isDepthwise, partialGroup, spanConstants } from "./conv-shape.ts";
import { grid, type KernelPlan } from "./plan.ts";
import { paddedChannels, runOf, vectorsOf } from "./tensor-layout.ts";

/** Threads that keep an adapter busy. */
const ENOUGH_THREADS = { processor: 1024, gpu: 32_768 } as const;
/** Positions that a split sums at least: fewer cost more to add up than they save. */
const LEAST_POSITIONS = 64;

/** Buffers: x, dy, dw, [splits, ...] of `packConvWeight`'s layout, whose padding becomes something finite. */
export function planConv2dFilterGradientDirect(shape: ConvShape, splits: number): KernelPlan {
  const { alpha: _, beta: __, ...sizes } = convParameters(shape);
  const partial = partialGroup(shape);
  const depthwise = isDepthwise(shape);
  return {
    shader,
    constants: {
      ...spanConstants(shape, runOf(shape.outWidth)),
      // One shader for depthwise convolutions of any width.
      GROUPS: depthwise ? 1 : shape.groups,
      GROUP_IN: partial?.deep ?? 0,
      GROUP_OUT: partial?.wide ?? 0,
      DEPTHWISE: depthwise ? 1 : 0,
      LANES: depthwise || partial ? 1 : 4,
    },
    parameters: { ...sizes, splits, splitLines: Math.ceil(linesOf(shape) / splits) },
    workgroups: grid(Math.ceil((splits * threadsOf(shape)) / shader.constants.WORKGROUP)),
  };
}

/** How many splits are worth it. */
export function conv2dFilterGradientDirectSplits(isProcessor: boolean, shape: ConvShape): number {
  const wanted = Math.ceil(ENOUGH_THREADS[isProcessor ? "processor" : "gpu"] / threadsOf(shape));
  const most = Math.floor(linesOf(shape) / Math.ceil(LEAST_POSITIONS / shape.outWidth));
  return Math.max(1, Math.min(wanted, most));
}

/** Rows of outputs, of all samples: what splits share out. */
function linesOf({ rows, outHeight }: ConvShape): number {
  return rows * outHeight;
}

/** Threads of a split. */
function threadsOf(shape: ConvShape): number {
  const { kernel, inChannels, outChannels, groups } = shape;
  const partial = partialGroup(shape);
  const whole = isDepthwise(shape) ? 1 : vectorsOf(inChannels / groups);
  return kernel[0] * vectorsOf(outChannels) * (partial ? paddedChannels(partial.deep) : whole);
}
