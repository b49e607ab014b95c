/** Gradients of a batch norm by its input, gamma and beta, in training and with frozen statistics. */
import dataShader from "../../shaders/batch-norm-gradient.wgsl";
import parameterShader from "../../shaders/batch-norm-parameter-gradient.wgsl";
import { type BatchNormBatch, batchNormStatisticsLayout } from "./batch-norm-statistics.ts";
import { channelSumParts, planChannelSums } from "./channel-sums.ts";
import { grid, type KernelPlan } from "./plan.ts";
import type { KernelSequence, KernelStep } from "./sequence.ts";
import { planSumParts } from "./sum-parts.ts";
import { vectorsOf } from "./tensor-layout.ts";

export interface BatchNormGradientShape extends BatchNormBatch {
  /** The statistics are constants. */
  readonly frozen: boolean;
  /** Whether dgamma and dbeta are wanted, and dx: else their buffers are not needed. */
  readonly wanted: { readonly parameters: boolean; readonly data: boolean };
}

/**
 * {x, dy, statistics, dx, dgamma, dbeta}: statistics as `batchNormStatistics` left them, dx like x, dgamma and dbeta
 * [groups, parameterStride4] in vec4s. Sums are of dy (x - mean), so a mean far from 0 costs no digits.
 */
export function batchNormGradient(shape: BatchNormGradientShape): KernelSequence {
  const { groups = 1, positions, channels, frozen, wanted } = shape;
  const channels4 = vectorsOf(channels);
  const steps: KernelStep[] = [];
  const scratch: Record<string, number> = {};
  if (wanted.parameters || !frozen) {
    const size = { groups, positions, channels4 };
    const parts = channelSumParts(shape.isProcessor, size);
    const count4 = groups * 2 * channels4;
    const partial = parts === 1 ? "sums" : "partial";
    scratch[partial] = 16 * parts * count4;
    steps.push({
      plan: planChannelSums({ ...size, parts, second: "product", shifted: true }),
      buffers: { x: "dy", other: "x", shift: "statistics", partial },
    });
    if (parts > 1) {
      scratch["sums"] = 16 * count4;
      steps.push({ plan: planSumParts({ parts, count4 }), buffers: { x: partial, y: "sums" } });
    }
  }
  if (wanted.parameters) {
    const buffers = { sums: "sums", statistics: "statistics", dgamma: "dgamma", dbeta: "dbeta" };
    steps.push({ plan: planParameterGradient(shape), buffers });
  }
  if (wanted.data) {
    const read = frozen ? { x: "dy", sums: "dy" } : { x: "x", sums: "sums" };
    steps.push({
      plan: planDataGradient(shape),
      buffers: { ...read, dy: "dy", statistics: "statistics", dx: "dx" },
    });
  }
  return { steps, scratch };
}

function planParameterGradient(shape: BatchNormGradientShape): KernelPlan {
  const { groups = 1, channels } = shape;
  const channels4 = vectorsOf(channels);
  const { stride4 } = batchNormStatisticsLayout(shape);
  return {
    shader: parameterShader,
    constants: {},
    parameters: { groups, channels, stride4, parameterStride4: shape.parameterStride4 ?? channels4 },
    workgroups: grid(Math.ceil((groups * channels4) / parameterShader.constants.WORKGROUP)),
  };
}

function planDataGradient(shape: BatchNormGradientShape): KernelPlan {
  const { groups = 1, positions, channels, frozen } = shape;
  const { RUN, WORKGROUP } = dataShader.constants;
  const parts = Math.ceil(positions / RUN);
  const { stride4 } = batchNormStatisticsLayout(shape);
  return {
    shader: dataShader,
    constants: { FROZEN: frozen ? 1 : 0 },
    parameters: { groups, positions, channels, stride4, parts },
    workgroups: grid(Math.ceil((groups * parts * vectorsOf(channels)) / WORKGROUP)),
  };
}
