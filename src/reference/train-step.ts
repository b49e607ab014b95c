/**
 * One step of training of a whole network in float64, from its samples to its new parameters: what the trainer is followed
 * by, step after step. Parameters are f32 between steps, as a device keeps them.
 */
import { parametersOf } from "../network/layer-parameters.ts";
import type { BatchNormLayer, Layer, Network } from "../network/network.ts";
import { floatsOf } from "../network/weight.ts";
import type { ChannelStatistics } from "./gradients/channelwise.ts";
import type { ParameterName, PerParameter } from "./gradients/gradient.ts";
import { type GraphGradientOptions, graphGradients } from "./graph-gradients.ts";
import { heldParameters } from "./held-parameters.ts";
import { type AdamMoments, type AdamOptions, adamStep, clipFactor, type SgdOptions, sgdStep } from "./optimizer.ts";
import { rankOf } from "./oracle.ts";
import type { Floats } from "./tensor.ts";

/** With the learning rate of this step. */
export type StepOptimizer =
  | ({ readonly kind: "sgd" } & SgdOptions)
  | ({ readonly kind: "adam" | "adamw" } & AdamOptions);

/** Batch norms that take the statistics of their batch also move their running ones. */
export interface TrainStepOptions extends GraphGradientOptions {
  readonly optimizer: StepOptimizer;
  /** Largest norm of the gradient by all that trains; null: not clipped. */
  readonly clip: number | null;
  /** Layers whose parameters train; null: all. */
  readonly trained: ReadonlySet<string> | null;
}

/** What an optimizer remembers. */
export interface TrainState {
  /** Steps taken. */
  readonly steps: number;
  /** For each parameter that trains; the first is sgd's velocity, the second stays 0 there. */
  readonly moments: ReadonlyMap<string, PerParameter<AdamMoments>>;
}

export interface TrainStepResult {
  readonly network: Network;
  readonly state: TrainState;
  /** Before the step: mean over the samples, smoothed as it is trained on, in nats. */
  readonly loss: number;
  /** Samples whose true class was first, before the step. */
  readonly correct: number;
}

/** Before the first step. */
export const UNTRAINED: TrainState = { steps: 0, moments: new Map() };

/** The share of the newest batch in running statistics, as in PyTorch. */
const NEWEST = 0.1;

/**
 * Takes a step on `inputs` [samples, ...shape] and `labels` [samples]. Parameters into and out of held channels, and their
 * moments, stay as they are. What is handed in is left as it was. Throws as `graphGradients` does.
 */
export function trainStep(
  network: Network,
  state: TrainState,
  inputs: Floats,
  labels: Uint16Array,
  options: TrainStepOptions,
): TrainStepResult {
  const { optimizer, clip, trained, held = [] } = options;
  const found = graphGradients(network, inputs, labels, options);
  const still = heldParameters(network, held);
  const gradients = [...found.parameters].flatMap(([layer, parameters]) => {
    if (trained !== null && !trained.has(layer)) return [];
    return (Object.entries(parameters) as [ParameterName, Float64Array][]).map(([name, gradient]) => {
      const own = still.get(layer)![name]!;
      return { layer, name, still: own, gradient: gradient.map((g, i) => (own[i] === 1 ? 0 : g)) };
    });
  });
  const factor =
    clip === null ? 1 : clipFactor(Float64Array.from(gradients.flatMap(({ gradient }) => [...gradient])), clip);

  const layers = new Map(network.layers.map((layer) => [layer.name, layer]));
  const moments = new Map<string, PerParameter<AdamMoments>>();
  for (const { layer, name, gradient, still: own } of gradients) {
    const values = valuesOf(layers.get(layer)!, name);
    const before = state.moments.get(layer)?.[name] ?? { first: gradient.map(() => 0), second: gradient.map(() => 0) };
    const after = stepOf(
      optimizer,
      values,
      gradient.map((g) => g * factor),
      before,
      state.steps + 1,
    );
    const moving = (next: Float64Array, last: Float64Array) =>
      next.map((value, i) => (own[i] === 1 ? last[i]! : value));
    layers.set(layer, withArrays(layers.get(layer)!, { [name]: Float32Array.from(moving(after.parameters, values)) }));
    const kept = { first: moving(after.first, before.first), second: moving(after.second, before.second) };
    moments.set(layer, { ...moments.get(layer), [name]: kept });
  }
  for (const [name, statistics] of found.statistics) {
    layers.set(name, withArrays(layers.get(name)!, runningStatistics(layers.get(name) as BatchNormLayer, statistics)));
  }

  const classes = found.logits.length / labels.length;
  const isCorrect = (label: number, n: number) =>
    rankOf(found.logits.subarray(n * classes, (n + 1) * classes), label) === 0;
  return {
    network: { ...network, layers: network.layers.map(({ name }) => layers.get(name)!) },
    state: { steps: state.steps + 1, moments },
    loss: found.loss,
    correct: labels.filter(isCorrect).length,
  };
}

function stepOf(
  optimizer: StepOptimizer,
  parameters: Float64Array,
  gradient: Float64Array,
  moments: AdamMoments,
  step: number,
): AdamMoments & { readonly parameters: Float64Array } {
  if (optimizer.kind !== "sgd") {
    return adamStep(parameters, gradient, moments, step, { ...optimizer, decoupled: optimizer.kind === "adamw" });
  }
  const { velocity, ...stepped } = sgdStep(parameters, gradient, moments.first, optimizer);
  return { ...stepped, first: velocity, second: moments.second };
}

/** The batch's statistics mixed in, its variance the unbiased one. */
function runningStatistics({ mean, variance }: BatchNormLayer, batch: ChannelStatistics) {
  const unbiased = batch.count / Math.max(1, batch.count - 1);
  return {
    mean: mean.map((value, c) => (1 - NEWEST) * value + NEWEST * batch.mean[c]!),
    variance: variance.map((value, c) => (1 - NEWEST) * value + NEWEST * unbiased * batch.variance[c]!),
  };
}

function valuesOf(layer: Layer, name: ParameterName): Float64Array {
  const { values } = parametersOf(layer).find((parameter) => parameter.name === name)!;
  return Float64Array.from(floatsOf(values));
}

/** The layer with arrays of its own names replaced. */
function withArrays(layer: Layer, arrays: Readonly<Record<string, Float32Array>>): Layer {
  return { ...layer, ...arrays } as Layer;
}
