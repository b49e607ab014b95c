/** What a training step's forward pass comes down to on the device, layer by layer, for all copies at once. */
import { LesionError } from "../../core/errors.ts";
import { slopeFromOutput } from "../../kernels/activation-gradient.ts";
import type { ConvShape } from "../../kernels/conv-shape.ts";
import { planGatherCached } from "../../kernels/gather-cached.ts";
import { planHoldChannels } from "../../kernels/hold-channels.ts";
import { planProduct } from "../../kernels/product.ts";
import { planScale } from "../../kernels/scale.ts";
import { positionsOf, tensorFloats, vectorsOf } from "../../kernels/tensor-layout.ts";
import { planWinogradFilter, winogradSizes } from "../../kernels/winograd.ts";
import { type Activation, type Conv2dLayer, type DenseLayer, LINEAR, type Weight } from "../../network/network.ts";
import { type ConvBuffers, type ConvMethod, convDispatches, winogradRound } from "../graph/convolution.ts";
import type { Dispatch } from "../graph/dispatch.ts";
import { activationDispatches, layerDispatches } from "../graph/layer-dispatches.ts";
import { batchNormForward } from "./batch-norm.ts";
import { sparseForward } from "./sparse-dense.ts";
import type { TrainingStep } from "./training-graph.ts";
import type { TrainingPass } from "./training-pass.ts";

/** "train": batch norms take the batch's statistics, and what the way back needs is kept. */
export type PassMode = "train" | "evaluate";

/** The dispatches of one step. */
export function forwardDispatches(pass: TrainingPass, step: TrainingStep, mode: PassMode): readonly Dispatch[] {
  const y = pass.tensor(step.name).buffer;
  const rows = pass.rowsOf(step.name);
  const keepsBefore = keepsPreActivation(step) && mode === "train";
  const { layer, shape, activation } = step;
  const computed = keepsBefore
    ? [
        ...layerForward(pass, step, LINEAR, pass.before(step), mode),
        ...activationDispatches(pass.before(step), shape, activation, y, rows),
      ]
    : layerForward(pass, step, activation, y, mode);
  if (!step.held) return computed;
  const { bits, values } = pass.held(step);
  const plan = planHoldChannels({ rows, rowsPerNetwork: pass.rows, shape });
  if (layer === null) return [...copies(pass, step), { plan, buffers: { held: bits, values, y } }];
  return [...computed, { plan, buffers: { held: bits, values, y } }];
}

/** Whether a step's gradient needs what its activation was taken of. */
export function keepsPreActivation({ activation, moves, layer }: TrainingStep): boolean {
  return moves && layer?.kind !== "activation" && !slopeFromOutput(activation);
}

function layerForward(
  pass: TrainingPass,
  step: TrainingStep,
  activation: Activation,
  y: GPUBuffer,
  mode: PassMode,
): readonly Dispatch[] {
  const { layer } = step;
  const rows = pass.rowsOf(step.name);
  switch (layer?.kind) {
    case undefined:
    case "constant":
      return [];
    case "dense":
      return sparseForward(pass, step, layer, activation, y) ?? denseForward(pass, step, layer, activation, y);
    case "conv2d":
      return convForward(pass, step, layer, activation, y);
    case "batch-norm":
      return batchNormForward(pass, step, layer, activation, y, mode);
    case "scale": {
      const x = pass.tensor(step.reads[0]!);
      const [scale, shift] = (["scale", "shift"] as const).map((part) => pass.parameter(layer.name, part)!.binding);
      const plan = planScale({ rows, shape: x.shape, activation, affine: true });
      return [{ plan, buffers: { x: x.buffer, scale: scale!, shift: shift!, y } }];
    }
    default: {
      const { isProcessor, training } = pass.layout;
      const none = pass.scratch("none", 4);
      const device = { isProcessor, graph: training.graph, weights: new Map(), inputs: none, products: none };
      return layerDispatches(
        device,
        layer!,
        step.reads.map((name) => pass.tensor(name)),
        y,
        rows,
        { activation },
      );
    }
  }
}

/** One of each network's of a tensor that is the same for all. */
function copies(pass: TrainingPass, { name, reads, shape }: TrainingStep): readonly Dispatch[] {
  const { rows, layout } = pass;
  const vectors = tensorFloats(1, shape) / 4;
  const orderStride = layout.sharedOrder ? 0 : rows;
  const order = pass.memory.of("rows in order", layout.copies * layout.capacity);
  return [
    {
      plan: planGatherCached({ networks: layout.copies, rows, start: 0, vectors, orderStride }),
      buffers: { cache: pass.tensor(reads[0]!).buffer, order, x: pass.tensor(name).buffer },
    },
  ];
}

function denseForward(
  pass: TrainingPass,
  step: TrainingStep,
  layer: DenseLayer<Weight>,
  activation: Activation,
  y: GPUBuffer,
): readonly Dispatch[] {
  const [input] = step.reads as [string];
  const x = pass.tensor(input);
  const { batches, aStride } = pairing(pass, step.name, input);
  const weight = pass.parameter(layer.name, "weight")!;
  const bias = pass.parameter(layer.name, "bias");
  const plan = planProduct(
    pass.layout.isProcessor,
    {
      batches,
      rows: pass.rows * positionsOf(x.shape),
      columns4: vectorsOf(layer.outFeatures),
      depth4: vectorsOf(layer.inFeatures),
      bStride4: weight.stride4,
      biasStride4: weight.stride4,
      ...aStride,
    },
    { bias: bias !== null, activation },
  );
  const b = weight.binding;
  return [{ plan, buffers: { a: x.buffer, b, bias: bias?.binding ?? b, c: y } }];
}

/** How the networks of a step meet those of what it reads: side by side, or all of them one and the same. */
export function pairing(pass: TrainingPass, name: string, input: string) {
  const batches = pass.groups(name);
  return { batches, aStride: pass.groups(input) < batches ? { aStride4: 0 } : {} };
}

function convForward(
  pass: TrainingPass,
  step: TrainingStep,
  layer: Conv2dLayer,
  activation: Activation,
  y: GPUBuffer,
): readonly Dispatch[] {
  if (pass.groups(step.name) > 1) {
    throw new LesionError("internal", `the convolution ${layer.name} was laid out for several networks at once`);
  }
  const { graph } = pass.layout.training;
  const shape = graph.convShape(layer.name, pass.rows);
  const x = pass.tensor(step.reads[0]!).buffer;
  const bias = pass.parameter(layer.name, "bias");
  const weight = pass.parameter(layer.name, "weight")!.binding;
  return convolution(
    pass,
    shape,
    graph.methods.get(layer.name)!,
    { x, weight, bias: bias?.binding ?? null, y },
    activation,
  );
}

/** A convolution with weights that change from step to step: for Winograd they are transformed first. */
export function convolution(
  pass: TrainingPass,
  shape: ConvShape,
  method: ConvMethod,
  { x, weight, bias, y }: Pick<ConvBuffers, "x" | "weight" | "y"> & { readonly bias: GPUBufferBinding | null },
  activation: Activation,
): readonly Dispatch[] {
  const { isProcessor } = pass.layout;
  const options = { bias: bias !== null, activation };
  const none = pass.scratch("none", 4);
  const plain = { x, weight, bias: bias ?? weight, y, inputs: none, products: none };
  if (method.kind !== "winograd") return convDispatches(isProcessor, shape, method, plain, options);
  const { tile } = method;
  const round = winogradRound(shape, tile, isProcessor);
  const u = pass.scratch("filters", winogradSizes(shape, tile).filterFloats);
  const inputs = pass.scratch("transformed inputs", round.inputFloats);
  const products = pass.scratch("transformed products", round.productFloats);
  return [
    { plan: planWinogradFilter(shape, tile), buffers: { weight, u } },
    ...convDispatches(isProcessor, shape, method, { ...plain, weight: u, bias: bias ?? u, inputs, products }, options),
  ];
}
