/**
 * Which parameters stand still while channels are held: those that make a held channel, and the weights that read it. Said
 * number by number, in the plainest way; what the trainer's own bits are measured against.
 */
import { readersOf } from "../network/graph.ts";
import type { Conv2dLayer, Layer, Network } from "../network/network.ts";
import { inferShapes, type Shape, sizeOf } from "../network/shapes.ts";
import { countOf } from "../network/weight.ts";
import type { ParameterName, PerParameter } from "./gradients/gradient.ts";
import type { HeldChannels } from "./graph-gradients.ts";

/** For each parameter of a layer, 1 where a number stands still and 0 where it trains. */
export type HeldParameters = ReadonlyMap<string, PerParameter<Uint8Array>>;

/**
 * The parameters that `held` channels touch. Back from a held tensor these are the parameters, by that channel, of each
 * layer that works channel by channel and whose result nothing else reads, as far as the layer with weights, its column
 * included. Onwards they are the weights that read the channel, in every layer with weights that is reached by way of
 * layers that keep channels apart, and what those scale and shift it by; where a channel meets another in a sum it ends.
 */
export function heldParameters(network: Network, held: readonly HeldChannels[]): HeldParameters {
  const shapes = new Map<string, Shape>([
    ...network.inputs.map(({ name, shape }) => [name, shape] as const),
    ...inferShapes(network),
  ]);
  const marks = new Map(network.layers.map((layer) => [layer.name, unmarked(layer)]));
  const channels = new Map<string, Set<number>>();
  for (const { layer, units } of held) {
    markMakers(network, layer, units, marks);
    channels.set(layer, new Set([...(channels.get(layer) ?? []), ...units]));
  }
  for (const layer of network.layers) {
    const read = layer.inputs.map((name) => channels.get(name) ?? new Set<number>());
    if (read.every(({ size }) => size === 0)) continue;
    markReaders(layer, read[0]!, marks.get(layer.name)!);
    const inputs = layer.inputs.map((name) => shapes.get(name)!);
    const kept = keptChannels(layer, read, inputs, shapes.get(layer.name)!);
    channels.set(layer.name, new Set([...(channels.get(layer.name) ?? []), ...kept]));
  }
  return marks;
}

function unmarked(layer: Layer): PerParameter<Uint8Array> {
  const zeros = (count: number) => new Uint8Array(count);
  switch (layer.kind) {
    case "dense":
    case "conv2d": {
      const weight = zeros(countOf(layer.weight));
      return layer.bias === null ? { weight } : { weight, bias: zeros(layer.bias.length) };
    }
    case "batch-norm":
      return { gamma: zeros(layer.gamma.length), beta: zeros(layer.beta.length) };
    case "scale":
      return { scale: zeros(layer.scale.length), shift: zeros(layer.shift.length) };
    case "bias":
      return { bias: zeros(layer.bias.length) };
    default:
      return {};
  }
}

/** Marks what makes the channels `units` of a layer's result; both ends of a weight lie on its last axis, its columns. */
function markMakers(
  network: Network,
  held: string,
  units: readonly number[],
  marks: ReadonlyMap<string, PerParameter<Uint8Array>>,
): void {
  const readers = readersOf(network);
  const layers = new Map(network.layers.map((layer) => [layer.name, layer]));
  let layer = layers.get(held);
  while (layer !== undefined) {
    const columns = layer.kind === "dense" ? layer.outFeatures : layer.kind === "conv2d" ? layer.outChannels : 0;
    for (const [name, own] of Object.entries(marks.get(layer.name)!) as [ParameterName, Uint8Array][]) {
      const step = name === "weight" ? columns : own.length;
      for (const unit of units) for (let at = unit; at < own.length; at += step) own[at] = 1;
    }
    if (!WORKS_BY_CHANNEL.includes(layer.kind)) return;
    const source: string = layer.inputs[0]!;
    if (readers.get(source)!.length > 1 || network.outputs.includes(source)) return;
    layer = layers.get(source);
  }
}

/** Layers whose result's channel c is made of their input's channel c alone. */
const WORKS_BY_CHANNEL: readonly Layer["kind"][] = [
  "activation",
  "batch-norm",
  "scale",
  "bias",
  "identity",
  "pool2d",
  "global-pool",
];

/** Marks what a layer multiplies the given channels of its input by, or adds to them. */
function markReaders(layer: Layer, channels: ReadonlySet<number>, marks: PerParameter<Uint8Array>): void {
  if (layer.kind === "batch-norm" || layer.kind === "scale" || layer.kind === "bias") {
    for (const own of Object.values(marks)) for (const channel of channels) own[channel] = 1;
    return;
  }
  if (layer.kind !== "dense" && layer.kind !== "conv2d") return;
  const reads = layer.kind === "dense" ? (at: number) => Math.floor(at / layer.outFeatures) : convolutionReads(layer);
  marks.weight!.forEach((_, at, weight) => {
    if (channels.has(reads(at))) weight[at] = 1;
  });
}

/** The input channel that the weight at `at` of [rows, columns, inChannels / groups, outChannels] multiplies. */
function convolutionReads({ inChannels, outChannels, groups }: Conv2dLayer): (at: number) => number {
  const groupIn = inChannels / groups;
  return (at) => {
    const group = Math.floor((at % outChannels) / (outChannels / groups));
    return group * groupIn + (Math.floor(at / outChannels) % groupIn);
  };
}

/** Channels of a layer's result that hold nothing but held channels of its inputs. */
function keptChannels(
  layer: Layer,
  read: readonly ReadonlySet<number>[],
  inputs: readonly Shape[],
  output: Shape,
): readonly number[] {
  const channels = Array.from({ length: output.at(-1)! }, (_, channel) => channel);
  const [first] = read as readonly [ReadonlySet<number>];
  const before = inputs[0]!.at(-1)!;
  if (WORKS_BY_CHANNEL.includes(layer.kind)) return [...first];
  switch (layer.kind) {
    case "flatten":
    case "reshape": {
      // Channel c of the result holds the numbers at c, c + width, ... of the sample.
      const all = Array.from({ length: sizeOf(output) }, (_, at) => at);
      const others = new Set(all.filter((at) => !first.has(at % before)).map((at) => at % channels.length));
      return channels.filter((channel) => !others.has(channel));
    }
    case "concat": {
      if (layer.axis !== output.length - 1) return [...first].filter((c) => read.every((own) => own.has(c)));
      const starts = inputs.map((_, i) => inputs.slice(0, i).reduce((sum, shape) => sum + shape.at(-1)!, 0));
      return read.flatMap((own, i) => [...own].map((channel) => starts[i]! + channel));
    }
    case "pad":
      return channels.filter((channel) => first.has(channel - layer.before.at(-1)!));
    case "slice":
      return channels.filter((channel) => first.has(layer.starts.at(-1)! + channel * layer.steps.at(-1)!));
    case "transpose":
      return layer.axes.at(-1) === output.length - 1 ? [...first] : [];
    default:
      return [];
  }
}
