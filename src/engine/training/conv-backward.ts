/** The gradients of a convolution: by its filters, by its bias, and by its input. */
import { type ConvShape, isDepthwise } from "../../kernels/conv-shape.ts";
import { planConv2dDataGradient } from "../../kernels/conv2d-data-gradient.ts";
import { conv2dFilterGradientSplits, planConv2dFilterGradient } from "../../kernels/conv2d-filter-gradient.ts";
import {
  conv2dFilterGradientDirectSplits,
  planConv2dFilterGradientDirect,
} from "../../kernels/conv2d-filter-gradient-direct.ts";
import { planSumParts } from "../../kernels/sum-parts.ts";
import { vectorsOf } from "../../kernels/tensor-layout.ts";
import { planTransposeWeights } from "../../kernels/transpose-weights.ts";
import { planTransposedGemm, transposedGemmSplits } from "../../kernels/transposed-gemm.ts";
import {
  planWinogradFilterGradient,
  planWinogradGradient,
  planWinogradInput,
  type WinogradTile,
  winogradSizes,
} from "../../kernels/winograd.ts";
import { type Conv2dLayer, LINEAR } from "../../network/network.ts";
import { chooseMethod, winogradRound } from "../graph/convolution.ts";
import type { Dispatch } from "../graph/dispatch.ts";
import { convolution } from "./forward.ts";
import type { GradientTargets } from "./gradient-targets.ts";
import { channelSums, weightGradient } from "./parameter-gradients.ts";
import type { TrainingStep } from "./training-graph.ts";
import type { ParameterPlace, TrainingPass } from "./training-pass.ts";

export function convBackward(
  pass: TrainingPass,
  step: TrainingStep,
  layer: Conv2dLayer,
  targets: GradientTargets,
): readonly Dispatch[] {
  const [input] = step.reads as [string];
  const shape = pass.layout.training.graph.convShape(layer.name, pass.rows);
  const dw = pass.parameterGradient(layer.name, "weight");
  const db = pass.parameterGradient(layer.name, "bias");
  return [
    ...(dw ? filterGradient(pass, shape, pass.tensor(input).buffer, pass.gradient(step.name), dw) : []),
    ...(db ? channelSums(pass, step, null, [db]) : []),
    ...targets.add(input, (dx) => dataGradient(pass, shape, layer, pass.gradient(step.name), dx)),
  ];
}

/** By the filters, by the method that computes such a convolution forwards. */
function filterGradient(
  pass: TrainingPass,
  shape: ConvShape,
  x: GPUBuffer,
  dy: GPUBuffer,
  dw: ParameterPlace,
): readonly Dispatch[] {
  const { isProcessor } = pass.layout;
  const method = chooseMethod(shape);
  const inParts = (splits: number, plan: Dispatch["plan"]): readonly Dispatch[] => {
    if (splits === 1) return [{ plan, buffers: { x, dy, dw: dw.binding } }];
    const parts = pass.scratch("gradient parts", splits * dw.floats);
    return [
      { plan, buffers: { x, dy, dw: parts } },
      { plan: planSumParts({ parts: splits, count4: dw.floats / 4 }), buffers: { x: parts, y: dw.binding } },
    ];
  };
  if (shape.groups > 1) {
    const splits = conv2dFilterGradientDirectSplits(isProcessor, shape);
    return inParts(splits, planConv2dFilterGradientDirect(shape, splits));
  }
  if (method.kind === "product") {
    const depth = shape.rows * shape.outHeight * shape.outWidth;
    const sizes = { batches: 1, depth, rows4: vectorsOf(shape.inChannels), columns4: vectorsOf(shape.outChannels) };
    return weightGradient(pass, { ...sizes, splits: transposedGemmSplits(isProcessor, sizes) }, x, dy, dw);
  }
  if (method.kind === "winograd") return winogradFilterGradient(pass, shape, method.tile, x, dy, dw);
  const splits = conv2dFilterGradientSplits(isProcessor, shape);
  return inParts(splits, planConv2dFilterGradient(isProcessor, shape, splits));
}

/** In Winograd's domain: inputs and gradients of each tile transformed, multiplied, and transformed to filters. */
function winogradFilterGradient(
  pass: TrainingPass,
  shape: ConvShape,
  tile: WinogradTile,
  x: GPUBuffer,
  dy: GPUBuffer,
  dw: ParameterPlace,
): readonly Dispatch[] {
  const { isProcessor } = pass.layout;
  const round = winogradRound(shape, tile, isProcessor);
  const { points, filterFloats } = winogradSizes(shape, tile);
  const [rows4, columns4] = [vectorsOf(shape.inChannels), vectorsOf(shape.outChannels)];
  const v = pass.scratch("transformed inputs", round.inputFloats);
  const m = pass.scratch("transformed products", round.productFloats);
  const products: ((u: GPUBuffer) => readonly Dispatch[])[] = [];
  let parts = 0;
  for (let firstRow = 0; firstRow < shape.rows; firstRow += round.rows) {
    const part = { ...shape, rows: Math.min(round.rows, shape.rows - firstRow) };
    const sizes = { batches: points, depth: winogradSizes(part, tile).tiles, rows4, columns4 };
    const splits = transposedGemmSplits(isProcessor, sizes);
    const offset = parts * filterFloats * 4;
    parts += splits;
    products.push((u) => [
      { plan: planWinogradInput(part, tile, firstRow), buffers: { x, v } },
      { plan: planWinogradGradient(part, tile, firstRow), buffers: { dy, m } },
      {
        plan: planTransposedGemm(isProcessor, { ...sizes, splits }),
        buffers: { a: v, b: m, c: { buffer: u, offset } },
      },
    ]);
  }
  const u = pass.scratch("filter gradients", parts * filterFloats);
  return [
    ...products.flatMap((dispatches) => dispatches(u)),
    { plan: planWinogradFilterGradient(shape, tile, parts), buffers: { u, dw: dw.binding } },
  ];
}

/** By the input: with stride 1, a convolution of the gradient with the filters flipped, their channels exchanged. */
function dataGradient(
  pass: TrainingPass,
  shape: ConvShape,
  layer: Conv2dLayer,
  dy: GPUBuffer,
  dx: GPUBuffer,
): readonly Dispatch[] {
  const weight = pass.parameter(layer.name, "weight")!.binding;
  const flipped = flippedShape(shape);
  if (!flipped) return [{ plan: planConv2dDataGradient(shape), buffers: { dy, weight, dx } }];
  const [in4, out4] = [vectorsOf(shape.inChannels), vectorsOf(shape.outChannels)];
  const taps = shape.kernel[0] * shape.kernel[1];
  const transposed = pass.scratch("transposed weights", taps * 16 * in4 * out4);
  return [
    {
      plan: planTransposeWeights({ networks: 1, taps, in4, out4, networkStride4: 0 }),
      buffers: { weight, transposed },
    },
    ...convolution(
      pass,
      flipped,
      chooseMethod({ ...flipped, rows: 1 }),
      { x: dy, weight: transposed, bias: null, y: dx },
      LINEAR,
    ),
  ];
}

/** The convolution that gives the data gradient; null where it is none of one group with stride 1. */
function flippedShape(shape: ConvShape): ConvShape | null {
  const { kernel, stride, dilation, padding, groups } = shape;
  const [tall, wide] = [dilation[0] * (kernel[0] - 1), dilation[1] * (kernel[1] - 1)];
  const flipped = {
    top: tall - padding.top,
    bottom: tall - padding.bottom,
    left: wide - padding.left,
    right: wide - padding.right,
  };
  const plain = groups === 1 && !isDepthwise(shape) && stride[0] === 1 && stride[1] === 1;
  if (!plain || Object.values(flipped).some((pad) => pad < 0)) return null;
  const { rows, height, width, inChannels, outChannels, outHeight, outWidth } = shape;
  return {
    rows,
    height: outHeight,
    width: outWidth,
    inChannels: outChannels,
    outChannels: inChannels,
    outHeight: height,
    outWidth: width,
    kernel,
    stride,
    dilation,
    padding: flipped,
    groups: 1,
  };
}
