/**
 * The first dense layer of networks that read images with a background: products of what differs from it. For chains of dense
 * layers alone, so that one copy trains as many side by side do, to the bit.
 */
import { planChannelSums } from "../../kernels/channel-sums.ts";
import {
  occupiedWords,
  planOccupied,
  planSparseGemm,
  planSparseStart,
  planSparseTransposedGemm,
  type SparseShape,
} from "../../kernels/sparse-gemm.ts";
import { vectorsOf } from "../../kernels/tensor-layout.ts";
import type { Activation, DenseLayer, Weight } from "../../network/network.ts";
import type { Dispatch } from "../graph/dispatch.ts";
import type { TrainingStep } from "./training-graph.ts";
import type { ParameterPlace, TrainingPass } from "./training-pass.ts";

/** The layer's forward dispatches, or null where it is not the first, or its samples have no background. */
export function sparseForward(
  pass: TrainingPass,
  step: TrainingStep,
  layer: DenseLayer<Weight>,
  activation: Activation,
  y: GPUBuffer,
): readonly Dispatch[] | null {
  const shape = sparseShape(pass, step, layer);
  if (!shape) return null;
  const x = pass.tensor(step.reads[0]!).buffer;
  const w = pass.parameter(layer.name, "weight")!.binding;
  const bias = pass.parameter(layer.name, "bias")?.binding ?? null;
  const { bits, start } = scratchOf(pass, shape);
  return [
    { plan: planOccupied(shape, "rows"), buffers: { x, bits } },
    { plan: planSparseStart(shape, bias !== null), buffers: { w, bias: bias ?? w, start } },
    { plan: planSparseGemm(shape, activation), buffers: { x, occupied: bits, w, start, c: y } },
  ];
}

/** The dispatches of its weight gradient, or null as `sparseForward`. */
export function sparseWeightGradient(
  pass: TrainingPass,
  step: TrainingStep,
  layer: DenseLayer<Weight>,
  { binding }: ParameterPlace,
): readonly Dispatch[] | null {
  const shape = sparseShape(pass, step, layer);
  if (!shape) return null;
  const x = pass.tensor(step.reads[0]!).buffer;
  const b = pass.gradient(step.name);
  const { bits, start: total } = scratchOf(pass, shape);
  const sums = { groups: shape.batches, positions: shape.rows, channels4: shape.columns4, parts: 1 };
  return [
    { plan: planOccupied(shape, "squares"), buffers: { x, bits } },
    {
      plan: planChannelSums({ ...sums, second: "none" }),
      buffers: { x: b, other: b, shift: b, partial: total },
    },
    { plan: planSparseTransposedGemm(shape), buffers: { x, occupied: bits, b, total, c: binding } },
  ];
}

/** Beyond so many rows a sum over them is made in parts, which these kernels do not. */
const MOST_ROWS = 1024;

function sparseShape(pass: TrainingPass, step: TrainingStep, layer: DenseLayer<Weight>): SparseShape | null {
  const { layout, rows } = pass;
  const { training, background } = layout;
  const [input] = step.reads as [string];
  if (!background || input !== training.source.name || !step.trained || layout.capacity > MOST_ROWS) return null;
  if (!training.sideBySide) return null;
  const { value, line4 } = background;
  return {
    batches: pass.groups(step.name),
    groups: pass.groups(input),
    rows,
    vectors: vectorsOf(layer.inFeatures),
    columns4: vectorsOf(layer.outFeatures),
    weightStride4: pass.parameter(layer.name, "weight")!.stride4,
    line4,
    background: value,
  };
}

function scratchOf(pass: TrainingPass, shape: SparseShape) {
  const words = occupiedWords({ ...shape, rows: pass.layout.capacity });
  return {
    bits: pass.scratch("occupied", Math.max(words.rows, words.squares)),
    start: pass.scratch("sparse start", shape.batches * shape.columns4 * 4),
  };
}
