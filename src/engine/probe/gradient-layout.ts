/**
 * A probe of gradients on paper: the network in training form, in which the probed layers alone train, and the dispatches of
 * some samples. They are laid out as a training's are, over a memory that counts and over the buffers that were counted. Where
 * gradients by weights are not asked for, all weights are frozen, though gradients go through them as far as the probed layers.
 */
import { LesionError } from "../../core/errors.ts";
import { planAccumulate } from "../../kernels/accumulate.ts";
import { planChannelProducts } from "../../kernels/channel-products.ts";
import { imageParts } from "../../kernels/channel-profile.ts";
import { channelSumParts } from "../../kernels/channel-sums.ts";
import { planCrossEntropy } from "../../kernels/cross-entropy.ts";
import { channelsOf, paddedChannels, positionsOf, vectorsOf } from "../../kernels/tensor-layout.ts";
import type { Network } from "../../network/network.ts";
import { postActivationOf } from "../../network/simplify.ts";
import type { Dispatch } from "../graph/dispatch.ts";
import { deviceSamplesBytes } from "../samples.ts";
import { backwardDispatches } from "../training/backward.ts";
import { forwardDispatches } from "../training/forward.ts";
import { type BufferBytes, PaperMemory, totalBytes } from "../training/memory.ts";
import type { TrainingOptions } from "../training/options.ts";
import { findTensor, type ParameterTensor, parameterLayout } from "../training/parameter-layout.ts";
import { formOf, type TrainingGraph, trainingGraph } from "../training/training-graph.ts";
import { type TrainingLayout, TrainingPass } from "../training/training-pass.ts";
import type { PlannedTraining, TrainingLimits } from "../training/training-plan.ts";
import { mostRows, rowsInTime } from "./batch-rows.ts";
import { macsOf, type ProbeSamples } from "./source.ts";

/** A layer whose gradients are wanted. */
export interface ProbedLayer {
  readonly layer: string;
  /** Where its post-activation lies in training form. */
  readonly tensor: string;
  readonly units: number;
  readonly positions: number;
  /** Parts of the sums over positions. */
  readonly parts: number;
  /** Null: gradients by weights are not wanted. */
  readonly weights: ProbedWeights | null;
}

/** A probed layer's packed weights. */
export interface ProbedWeights {
  readonly tensor: ParameterTensor;
  readonly rows: number;
  /** Parts of the sums over rows. */
  readonly parts: number;
}

export interface PlannedGradients {
  readonly planned: PlannedTraining;
  /** Multiply-accumulates of one sample. */
  readonly macs: number;
  readonly probed: readonly ProbedLayer[];
}

/** Nothing moves: batch norms take their running statistics, and no optimizer ever steps. */
const STILL: Omit<TrainingOptions, "batch"> = {
  epochs: 0,
  optimizer: { kind: "sgd", learningRate: 0, momentum: 0, nesterov: false, weightDecay: 0 },
  schedule: { kind: "constant" },
  clip: null,
  labelSmoothing: 0,
  batchNorm: "frozen",
  augment: null,
};

/** Work of the way back, over that of the same layers forward: by the input, and by the weights where they are wanted. */
const backwardCost = (weights: boolean) => (weights ? 2 : 1);

/** A network and the samples that it is given, in mini-batches of `batch`. */
export interface GradientSource extends ProbeSamples {
  readonly network: Network;
  readonly batch: number;
  /** Whether gradients by weights are wanted too: they take as much memory again as the weights, and half as much work again. */
  readonly weights: boolean;
}

/**
 * Plans a probe with as many samples at once as memory holds, no more than `batch`. Throws `out-of-memory` where not one fits,
 * and as `trainingGraph` does.
 */
export function planGradients(
  limits: TrainingLimits,
  { network, dataset, samples, batch, weights }: GradientSource,
  layers: readonly string[],
): PlannedGradients {
  const { isProcessor, budgetBytes, bindingBytes } = limits;
  const training = probedGraph(network, layers, weights);
  const { form } = training;
  const probed = layers.map((layer) => probedLayer(isProcessor, training, layer));
  const planOf = (capacity: number) => {
    const options = { ...STILL, batch: capacity };
    const layout = { isProcessor, training, copies: 1, capacity, sharedOrder: true, background: null, options };
    const sizes = paperSizes(layout, probed, [Math.min(batch, samples), samples % batch]);
    return { layout, sizes, ...totalBytes([...sizes.values(), ...deviceSamplesBytes(dataset, capacity)]) };
  };
  const fits = ({ bytes, largest }: BufferBytes) => bytes <= budgetBytes && largest <= bindingBytes;
  const macs = macsPerSample(training, weights);
  const most = Math.min(batch, samples, rowsInTime(limits, macs));
  const { layout, sizes, bytes, largest } = planOf(mostRows(most, (rows) => fits(planOf(rows))));
  if (!fits({ bytes, largest })) {
    throw new LesionError(
      "out-of-memory",
      `the gradients of one sample take ${bytes} bytes, ${largest} of them in one buffer; ${budgetBytes} are left of the budget, and a buffer holds ${bindingBytes}`,
      { fix: "Raise the memory budget (--memory), or choose fewer layers." },
    );
  }
  const plan = { copiesAtOnce: 1, bytes, prefix: "none", epochMacs: samples * macs } as const;
  return { planned: { plan, form, training, held: [[]], layout, sizes }, macs, probed };
}

/** What each purpose takes, found by laying out every number of rows that mini-batches of these sizes go in. */
function paperSizes(layout: TrainingLayout, probed: readonly ProbedLayer[], batches: readonly number[]) {
  const memory = new PaperMemory();
  const { capacity } = layout;
  for (const rows of new Set(batches.flatMap((count) => [Math.min(count, capacity), count % capacity]))) {
    if (rows > 0) sampleDispatches(new TrainingPass(layout, memory, rows), probed);
  }
  weightDispatches(new TrainingPass(layout, memory, capacity), probed);
  return memory.sizes;
}

/** Multiply-accumulates of one sample forward and, where gradients go, back. */
export function gradientMacsPerSample(network: Network, layers: readonly string[], weights: boolean): number {
  return macsPerSample(probedGraph(network, layers, weights), weights);
}

/** The network in which the gradients of some layers are taken. */
function probedGraph(network: Network, layers: readonly string[], weights: boolean): TrainingGraph {
  const form = formOf(network);
  const graph = trainingGraph(form, { trained: new Set(layers), held: new Set() });
  return weights ? graph : { ...graph, layout: parameterLayout(form, () => false) };
}

function macsPerSample({ graph, steps }: TrainingGraph, weights: boolean): number {
  const layersOf = (some: TrainingGraph["steps"]) => some.flatMap(({ layer }) => (layer ? [layer] : []));
  const moving = steps.filter(({ moves }) => moves);
  return macsOf(graph, layersOf(steps)) + backwardCost(weights) * macsOf(graph, layersOf(moving));
}

function probedLayer(isProcessor: boolean, { form, graph, layout }: TrainingGraph, layer: string): ProbedLayer {
  const tensor = postActivationOf(form, layer);
  const shape = graph.shapes.get(tensor)!;
  const units = channelsOf(shape);
  const positions = positionsOf(shape);
  const trained = findTensor(layout.trained, layer, "weight");
  const parts = imageParts(isProcessor, positions, units);
  return { layer, tensor, units, positions, parts, weights: trained && probedWeights(isProcessor, trained, units) };
}

function probedWeights(isProcessor: boolean, tensor: ParameterTensor, units: number): ProbedWeights {
  const rows = tensor.floats / paddedChannels(units);
  const parts = channelSumParts(isProcessor, { groups: 1, positions: rows, channels4: vectorsOf(units) });
  return { tensor, rows, parts };
}

/**
 * From the samples in the source's tensor and their labels to `productsOf` each layer, and weight gradients, where they are
 * wanted, added to the mini-batch's. The forward pass is one of training: it keeps what the way back needs.
 */
export function sampleDispatches(pass: TrainingPass, probed: readonly ProbedLayer[]): readonly Dispatch[] {
  const { rows, layout, memory } = pass;
  const { capacity, training } = layout;
  const { logits, classes } = training;
  const { trainedFloats } = training.layout;
  const labels = labelsOf(pass);
  const loss: Dispatch = {
    plan: planCrossEntropy({
      ...{ networks: 1, rows, start: 0, orderStride: null, classes, smoothing: 0 },
      // Of each sample's own loss, not of the mean.
      ...{ scale: 1, gradient: true },
    }),
    buffers: {
      logits: pass.tensor(logits).buffer,
      labels,
      order: labels,
      gradient: pass.gradient(logits),
      rowLoss: memory.of("row losses", capacity),
      rowHit: memory.of("row hits", capacity),
    },
  };
  const accumulate = (): Dispatch => ({
    plan: planAccumulate(trainedFloats),
    buffers: { x: memory.of("gradients", trainedFloats), y: gradientSums(pass) },
  });
  const before = (name: string) =>
    probed
      .filter(({ tensor }) => tensor === name)
      .map((layer): Dispatch => {
        const { units: channels, positions, parts } = layer;
        return {
          plan: planChannelProducts({ groups: rows, positions, channels, parts, absolute: false }),
          buffers: { x: pass.gradient(name), y: pass.tensor(name).buffer, sums: productsOf(pass, layer) },
        };
      });
  return [
    ...training.steps.flatMap((step) => forwardDispatches(pass, step, "train")),
    loss,
    ...backwardDispatches(pass, ({ name }) => before(name)),
    ...(trainedFloats > 0 ? [accumulate()] : []),
  ];
}

/** From a mini-batch's weight gradients to `weightProductsOf` each layer where they are wanted. */
export function weightDispatches(pass: TrainingPass, probed: readonly ProbedLayer[]): readonly Dispatch[] {
  return probed.flatMap(({ layer, units: channels, weights }) => {
    if (!weights) return [];
    const { tensor, rows: positions, parts } = weights;
    return {
      plan: planChannelProducts({ groups: 1, positions, channels, parts, absolute: true }),
      buffers: {
        x: { buffer: gradientSums(pass), offset: tensor.at * 4, size: tensor.floats * 4 },
        y: pass.parameter(layer, "weight")!.binding,
        sums: weightProductsOf(pass, layer, weightProductFloats(channels, weights)),
      },
    };
  });
}

/** Floats of `weightProductsOf`. */
export function weightProductFloats(units: number, { parts }: ProbedWeights): number {
  return 2 * parts * paddedChannels(units);
}

/** [capacity]: of the samples in the source's tensor. */
export function labelsOf({ memory, layout }: TrainingPass): GPUBuffer {
  return memory.of("labels", layout.capacity);
}

/** Gradients by all trained parameters, summed over the samples of a mini-batch. */
export function gradientSums({ memory, layout }: TrainingPass): GPUBuffer {
  return memory.of("gradient sums", layout.training.layout.trainedFloats);
}

/** [parts, rows, units padded]: sums of g a over the positions of a part. */
export function productsOf({ memory, layout }: TrainingPass, { layer, units, parts }: ProbedLayer): GPUBuffer {
  return memory.of(`products of ${layer}`, parts * layout.capacity * paddedChannels(units));
}

/** [parts, 2, units padded]: sums of g w and of |g w| over the weights of a part. */
export function weightProductsOf({ memory }: TrainingPass, layer: string, floats: number): GPUBuffer {
  return memory.of(`weight products of ${layer}`, floats);
}
