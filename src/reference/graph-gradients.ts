/**
 * Loss and gradients of a whole network in float64, in reverse mode over its graph: what training kernels, the trainer and
 * TensorFlow.js are measured against. Batch norms run by their batch, as in training, or by their running statistics.
 */
import { LesionError } from "../core/errors.ts";
import { withoutUnread } from "../network/graph.ts";
import { logitsNetwork } from "../network/logits.ts";
import type { Layer, Network } from "../network/network.ts";
import { inferShapes, type Shape } from "../network/shapes.ts";
import { evaluateLayer } from "./evaluate-layer.ts";
import { checkChanges, checkFeeds } from "./evaluate-network.ts";
import { type ChannelStatistics, channelStatistics } from "./gradients/channelwise.ts";
import type { PerParameter } from "./gradients/gradient.ts";
import { layerGradient } from "./gradients/layer-gradient.ts";
import { meanCrossEntropy } from "./gradients/mean-cross-entropy.ts";
import { batchNorm } from "./layers/channelwise.ts";
import type { Floats, Tensor } from "./tensor.ts";

/** Channels of a layer's result, on its last axis, that are a value at every position and pass no gradient on. */
export interface HeldChannels {
  readonly layer: string;
  readonly units: readonly number[];
  /** One a unit. */
  readonly values: readonly number[];
}

export interface GraphGradientOptions {
  /** Label smoothing; 0 unless given. See `meanCrossEntropy`. */
  readonly smoothing?: number;
  /** Batch norms normalise by their batch, or by their own statistics; or those named do the former, the rest the latter. */
  readonly batchNorm: "train" | "frozen" | ReadonlySet<string>;
  readonly held?: readonly HeldChannels[];
}

export interface GraphGradients {
  /** Mean cross-entropy over the samples, smoothed as the gradients are, in nats. */
  readonly loss: number;
  /** [samples, classes] */
  readonly logits: Float64Array;
  /** For each layer that has any, arrays of the parameters' own sizes and layouts. */
  readonly parameters: ReadonlyMap<string, PerParameter<Float64Array>>;
  /** By the network's input: [samples, ...shape]. */
  readonly input: Float64Array;
  /** Of what each batch norm that normalised by its batch has read. */
  readonly statistics: ReadonlyMap<string, ChannelStatistics>;
}

/**
 * Loss and gradients of a network of one input for `inputs` [samples, ...shape] and `labels` [samples]. A softmax at its
 * end is left out, for the loss takes logits. Throws `unsupported` for more than one input, `bad-data` where inputs or
 * labels do not fit, `bad-study` for a held channel that is not there, and `bad-model` as `inferShapes` does.
 */
export function graphGradients(
  network: Network,
  inputs: Floats,
  labels: Uint16Array,
  options: GraphGradientOptions,
): GraphGradients {
  const graph = withoutUnread(logitsNetwork(network));
  const input = soleInput(graph);
  const samples = labels.length;
  const { held = [] } = options;
  checkFeeds(graph, new Map([[input.name, inputs]]), samples);
  const shapes = inferShapes(graph);
  checkChanges(
    shapes,
    held.map((channels) => ({ ...channels, scale: 0, shift: 0 })),
  );

  const tensors = new Map<string, Tensor>([[input.name, { values: inputs, shape: input.shape }]]);
  const read = (layer: Layer) => layer.inputs.map((name) => tensors.get(name)!);
  const statistics = new Map<string, ChannelStatistics>();
  for (const layer of graph.layers) {
    const shape = shapes.get(layer.name)!;
    const values = forward(layer, read(layer));
    setHeld(layer, values, shape, (value) => value);
    tensors.set(layer.name, { values, shape });
  }

  const logits = tensors.get(graph.outputs[0]!)!.values as Float64Array;
  const { loss, gradient } = meanCrossEntropy(logits, labels, options.smoothing);
  const gradients = new Map<string, Float64Array>([[graph.outputs[0]!, gradient]]);
  const parameters = new Map<string, PerParameter<Float64Array>>();
  for (const layer of graph.layers.toReversed()) {
    const dy = gradients.get(layer.name)!;
    setHeld(layer, dy, shapes.get(layer.name)!, () => 0);
    const batchStatistics = statistics.has(layer.name);
    const found = layerGradient(layer, read(layer), dy, samples, { batchStatistics });
    if (Object.keys(found.parameters).length > 0) parameters.set(layer.name, found.parameters);
    layer.inputs.forEach((name, i) => {
      gradients.set(name, sum(gradients.get(name), found.inputs[i]!));
    });
  }
  return { loss, logits, parameters, input: gradients.get(input.name) ?? new Float64Array(inputs.length), statistics };

  function forward(layer: Layer, from: readonly Tensor[]): Float64Array {
    if (layer.kind !== "batch-norm" || !normalisesByBatch(layer.name)) return evaluateLayer(layer, from, samples);
    const found = channelStatistics(from[0]!);
    statistics.set(layer.name, found);
    return batchNorm(layer, from[0]!, found);
  }

  function normalisesByBatch(name: string): boolean {
    return typeof options.batchNorm === "string" ? options.batchNorm === "train" : options.batchNorm.has(name);
  }

  /** Replaces the held channels of `values` [samples, ...shape], in place. */
  function setHeld(layer: Layer, values: Float64Array, shape: Shape, by: (value: number) => number): void {
    const channels = shape.at(-1)!;
    for (const own of held) {
      if (own.layer !== layer.name) continue;
      own.units.forEach((unit, i) => {
        for (let at = unit; at < values.length; at += channels) values[at] = by(own.values[i]!);
      });
    }
  }
}

function soleInput(network: Network) {
  const [input, ...others] = network.inputs;
  if (input !== undefined && others.length === 0) return input;
  throw new LesionError("unsupported", `the network "${network.name}" has ${network.inputs.length} inputs, not one`, {
    where: `network "${network.name}"`,
    fix: "Train a network of one input.",
  });
}

/** A new array, for a layer that only passes on gives its own gradient to what it reads. */
function sum(known: Float64Array | undefined, added: Float64Array): Float64Array {
  return known === undefined ? added.slice() : known.map((value, i) => value + added[i]!);
}
