/** A network in numbers, for people and programs: what `lesion inspect` prints and the model card shows. */
import { type AblatableLayer, ablatableOf, type Coupling } from "./ablatable.ts";
import { hasUnits } from "./graph.ts";
import { layerCosts } from "./layer-costs.ts";
import { bytesOf, parametersOf } from "./layer-parameters.ts";
import type { Layer, Network, Window } from "./network.ts";
import { sizeOf } from "./shapes.ts";
import { simplify } from "./simplify.ts";
import { countOf } from "./weight.ts";

/** A network, described. Layers are those of the simplified network: one row a dense layer, activation included. */
export interface NetworkDescription {
  readonly name: string;
  readonly inputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly outputs: readonly string[];
  readonly layers: readonly LayerDescription[];
  /** Empty where no layer of the network can be ablated. */
  readonly ablatable: readonly AblatableLayer[];
  /** Numbers that the file keeps, those of layers that were folded into others included. */
  readonly parameters: number;
  /** Multiply-accumulates of one sample. */
  readonly macs: number;
  /** Size of the parameters as the file keeps them. */
  readonly bytes: number;
  /** Numbers that all layers give for one sample, one after the other. */
  readonly activations: number;
}

/** One layer, described. */
export interface LayerDescription {
  readonly name: string;
  /** The layer's kind; of a binary layer, its operator. */
  readonly kind: string;
  /** Without the batch axis. */
  readonly shape: readonly number[];
  /** With what was folded into the layer. */
  readonly parameters: number;
  readonly macs: number;
  /** Size of the parameters, folded ones as f32. */
  readonly bytes: number;
  /** Empty for a layer that has none. */
  readonly activation: string;
  /** Its index among the ablatable layers, or null. */
  readonly layerIndex: number | null;
  /** "3 x 3, stride 2, groups 32", as far as it is not 1 or 0; empty for a layer without a window. */
  readonly window: string;
  /** "with conv1, conv3 at add1": whose channels meet this layer's, and where; empty where none do. */
  readonly coupling: string;
}

/** Describes a network. Throws LesionError("bad-model") where shapes do not fit. */
export function describeModel(network: Network): NetworkDescription {
  const simple = simplify(network);
  const costs = layerCosts(simple);
  const ablatable = ablatableOf(simple);
  const found = new Map(ablatable.map((entry) => [entry.layer, entry]));
  const layers = simple.layers.map((layer): LayerDescription => {
    const { shape, parameters, macs, parameterBytes } = costs.get(layer.name)!;
    const { layerIndex = null, coupled = null } = found.get(layer.name) ?? {};
    return {
      name: layer.name,
      kind: layer.kind === "binary" ? layer.operator : layer.kind,
      shape,
      parameters,
      macs,
      bytes: parameterBytes,
      activation: activationOf(layer),
      layerIndex,
      window: windowOf(layer),
      coupling: couplingText(coupled),
    };
  });
  const kept = network.layers.flatMap(parametersOf);
  return {
    name: network.name,
    inputs: simple.inputs,
    outputs: simple.outputs,
    layers,
    ablatable,
    parameters: kept.reduce((sum, { values }) => sum + countOf(values), 0),
    macs: layers.reduce((sum, { macs }) => sum + macs, 0),
    bytes: kept.reduce((sum, { values }) => sum + bytesOf(values), 0),
    activations: layers.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
  };
}

function activationOf(layer: Layer): string {
  if (layer.kind === "softmax") return layer.log ? "log-softmax" : "softmax";
  if (!("activation" in layer)) return "";
  const { kind, alpha, beta } = layer.activation;
  if (!hasUnits(layer) && kind === "linear") return "";
  return kind === "clip" ? `clip ${alpha} to ${beta}` : kind;
}

/** What a window does, as far as it is not plain: 1 for strides, dilations and groups, 0 for padding. */
function windowOf(layer: Layer): string {
  if (layer.kind === "global-pool") return layer.pool;
  if (layer.kind !== "conv2d" && layer.kind !== "pool2d") return "";
  const { kernel, stride, dilation } = layer;
  const parts = [`${kernel[0]} x ${kernel[1]}`];
  if (layer.kind === "pool2d") parts.unshift(layer.pool);
  if (Math.max(...stride) > 1) parts.push(`stride ${bothOrEach(stride)}`);
  if (Math.max(...dilation) > 1) parts.push(`dilation ${bothOrEach(dilation)}`);
  const padding = paddingOf(layer);
  if (padding !== "0") parts.push(`padding ${padding}`);
  if (layer.kind === "conv2d" && layer.groups > 1) parts.push(`groups ${layer.groups}`);
  return parts.join(", ");
}

function paddingOf({ padding: { top, left, bottom, right } }: Window): string {
  const sides = [top, left, bottom, right];
  return sides.every((side) => side === top) ? `${top}` : sides.join(" ");
}

function bothOrEach([rows, columns]: readonly [number, number]): string {
  return rows === columns ? `${rows}` : `${rows} x ${columns}`;
}

const MOST_LAYERS_SHOWN = 4;

function couplingText(coupled: Coupling | null): string {
  if (coupled === null) return "";
  const names = coupled.with.slice(0, MOST_LAYERS_SHOWN).join(", ");
  const more = coupled.with.length - MOST_LAYERS_SHOWN;
  return `with ${names}${more > 0 ? ` and ${more} more` : ""} at ${coupled.by}`;
}
