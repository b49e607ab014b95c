/**
 * Which layers of a network can lose units, and which of those share their channels with others: what studies count by
 * index, and what a person should know before taking a filter for independent.
 */
import { hasUnits } from "./graph.ts";
import type { Layer, Network } from "./network.ts";
import { inferShapes, type Shape } from "./shapes.ts";
import { simplify } from "./simplify.ts";

/** A layer whose units can be ablated. */
export interface AblatableLayer {
  readonly layer: string;
  /** Its place among the ablatable layers, from 0: what a study's `layers` indices count. */
  readonly layerIndex: number;
  /** Neurons of a dense layer, filters of a convolution. */
  readonly units: number;
  readonly kind: "dense" | "conv2d";
  /** Where its channels meet those of other layers; null where they do not. */
  readonly coupled: Coupling | null;
}

/**
 * Layers whose channels meet at `by`. Added or multiplied, channel c of each is one channel from there on, and a residual
 * stream couples all that add to it; joined, they stand side by side and keep apart.
 */
export interface Coupling {
  readonly with: readonly string[];
  /** The first layer at which they meet. */
  readonly by: string;
}

/**
 * The ablatable layers of a network, simplified first, in its order: each dense layer and convolution on which another one
 * depends. The last ones are the classifier; to ablate their units would be to remove classes. Throws
 * LesionError("bad-model") where shapes do not fit.
 */
export function ablatableLayers(network: Network): readonly AblatableLayer[] {
  return ablatableOf(simplify(network));
}

/** The same for a network that is simplified already. */
export function ablatableOf(simple: Network): readonly AblatableLayer[] {
  const withUnits = simple.layers.filter(hasUnits);
  const followed = followedByUnits(simple);
  const couplings = couplingsOf(simple);
  return withUnits
    .filter(({ name }) => followed.has(name))
    .map((layer, layerIndex) => ({
      layer: layer.name,
      layerIndex,
      units: layer.kind === "dense" ? layer.outFeatures : layer.outChannels,
      kind: layer.kind,
      coupled: couplings.get(layer.name) ?? null,
    }));
}

/** Names of the layers and inputs on which a layer with units depends. */
function followedByUnits(network: Network): ReadonlySet<string> {
  const followed = new Set<string>();
  for (const layer of network.layers.toReversed()) {
    if (hasUnits(layer) || followed.has(layer.name)) for (const input of layer.inputs) followed.add(input);
  }
  return followed;
}

/** Names in one coupling: a stream of more is told by its first. */
const MOST_NAMED = 64;

/** Whose channels meet whose, for the layers with units. */
function couplingsOf(network: Network): ReadonlyMap<string, Coupling> {
  const shapes = inferShapes(network);
  const shapeOf = (name: string) => shapes.get(name) ?? [];
  // Layers whose units are the channels of a result, at most MOST_NAMED of them.
  const sources = new Map<string, readonly string[]>();
  const sourcesOf = (names: readonly string[]) =>
    [...new Set(names.flatMap((name) => sources.get(name) ?? []))].slice(0, MOST_NAMED);
  const streams = newStreams();
  const meetings = new Map<string, { readonly by: string; readonly beside: readonly string[] | null }>();
  for (const layer of network.layers) {
    const { name } = layer;
    if (hasUnits(layer)) {
      sources.set(name, [name]);
      continue;
    }
    const inputs = channelInputs(layer, layer.inputs.map(shapeOf), shapeOf(name));
    const units = sourcesOf(inputs);
    sources.set(name, units);
    if (inputs.filter((input) => sources.get(input)?.length).length < 2) continue;
    if (layer.kind === "binary") for (const unit of units) streams.join(units[0]!, unit);
    const beside = layer.kind === "concat" ? units : null;
    for (const unit of units) if (!meetings.has(unit)) meetings.set(unit, { by: name, beside });
  }
  const couplings = new Map<string, Coupling>();
  for (const [unit, { by, beside }] of meetings) {
    const others = (beside ?? streams.of(unit)).filter((other) => other !== unit);
    if (others.length > 0) couplings.set(unit, { with: others.slice(0, MOST_NAMED), by });
  }
  return couplings;
}

/** Those inputs of a layer whose channels are channels of its result. */
function channelInputs(layer: Layer, inputs: readonly Shape[], output: Shape): readonly string[] {
  const last = output.length - 1;
  switch (layer.kind) {
    case "activation":
    case "scale":
    case "pool2d":
    case "global-pool":
    case "lrn":
    case "pad":
    case "slice":
    case "flatten":
    case "reshape":
    case "binary":
      // One channel spread over many, or an axis that is no longer whole, carries no channel on.
      return layer.inputs.filter((_, i) => inputs[i]!.at(-1) === output[last]);
    case "transpose":
      return layer.axes[last] === last ? layer.inputs : [];
    case "concat":
      return layer.axis === last ? layer.inputs : layer.inputs.slice(0, 1);
    default:
      return [];
  }
}

/** Names that have come to share their channels: disjoint sets, joined two at a time (Tarjan 1975). */
function newStreams() {
  const parents = new Map<string, string>();
  const members = new Map<string, string[]>();
  const root = (name: string): string => {
    let top = name;
    for (let above = parents.get(top); above !== undefined; above = parents.get(top)) top = above;
    return top;
  };
  const of = (name: string): string[] => members.get(root(name)) ?? [root(name)];
  const join = (a: string, b: string): void => {
    const [one, other] = [root(a), root(b)].sort((x, y) => of(y).length - of(x).length) as [string, string];
    if (one === other) return;
    members.set(one, [...of(one), ...of(other)]);
    members.delete(other);
    parents.set(other, one);
  };
  return { of, join };
}
