/** The two sums that gradients of parameters are: by channel, of biases and scales; and products a^T b, of weights. */
import { channelSumParts, channelSumsLength, planChannelSums } from "../../kernels/channel-sums.ts";
import { planSumParts } from "../../kernels/sum-parts.ts";
import { positionsOf, vectorsOf } from "../../kernels/tensor-layout.ts";
import { planTransposedGemm, type TransposedGemmShape } from "../../kernels/transposed-gemm.ts";
import type { Dispatch } from "../graph/dispatch.ts";
import type { TrainingStep } from "./training-graph.ts";
import type { ParameterPlace, TrainingPass } from "./training-pass.ts";

/**
 * Sums over rows and positions, by channel, of a step's gradient, into the first place; and of its products with `other`,
 * into the second; null: not asked for.
 */
export function channelSums(
  pass: TrainingPass,
  { name, shape }: TrainingStep,
  other: GPUBuffer | null,
  places: readonly (ParameterPlace | null)[],
): readonly Dispatch[] {
  const { copies, isProcessor } = pass.layout;
  const channels4 = vectorsOf(shape.at(-1) ?? 1);
  const positions = pass.rows * positionsOf(shape);
  // As many parts for one network as for many: the order of a sum is part of its result.
  const parts = channelSumParts(isProcessor, { groups: 1, positions, channels4 });
  const x = pass.gradient(name);
  const sums = {
    groups: copies,
    positions,
    channels4,
    parts,
    second: other ? ("product" as const) : ("none" as const),
  };
  const length4 = channelSumsLength(sums);
  const [only] = places;
  if (only && parts === 1 && other === null) {
    const plan = planChannelSums({ ...sums, stride4: only.stride4 });
    return [{ plan, buffers: { x, other: x, shift: x, partial: only.binding } }];
  }
  const partial = pass.scratch("channel sums", parts * copies * length4 * 4);
  return [
    { plan: planChannelSums(sums), buffers: { x, other: other ?? x, shift: x, partial } },
    ...places.flatMap((to, kind): Dispatch[] => {
      if (!to) return [];
      const place = { groups: copies, from4: kind * channels4, fromStride4: length4, toStride4: to.stride4 };
      return [{ plan: planSumParts({ parts, count4: channels4, ...place }), buffers: { x: partial, y: to.binding } }];
    }),
  ];
}

/** a^T b into a parameter's gradient, in parts added up in order where it is split. */
export function weightGradient(
  pass: TrainingPass,
  shape: TransposedGemmShape,
  a: GPUBuffer,
  b: GPUBuffer,
  { binding, stride4 }: ParameterPlace,
): readonly Dispatch[] {
  const { isProcessor } = pass.layout;
  const { splits, rows4, columns4, batches } = shape;
  if (splits === 1) {
    const plan = planTransposedGemm(isProcessor, { ...shape, cStride4: stride4 });
    return [{ plan, buffers: { a, b, c: binding } }];
  }
  const count4 = 4 * rows4 * columns4;
  const parts = pass.scratch("gradient parts", splits * batches * count4 * 4);
  const to = { groups: batches, from4: 0, fromStride4: count4, toStride4: stride4 };
  return [
    { plan: planTransposedGemm(isProcessor, shape), buffers: { a, b, c: parts } },
    { plan: planSumParts({ parts: splits, count4, ...to }), buffers: { x: parts, y: binding } },
  ];
}
