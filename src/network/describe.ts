/** A network in numbers, for people and programs: what `lesion inspect` prints and the model card shows. */
import { LesionError } from "../core/errors.ts";
import { type AblatableLayer, denseChain } from "./dense-chain.ts";
import { layerCosts } from "./layer-costs.ts";
import type { Layer, Network } from "./network.ts";
import { simplify } from "./simplify.ts";

/** A network, described. Layers are those of the simplified network: one row a dense layer, activation included. */
export interface NetworkDescription {
  readonly name: string;
  readonly inputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly outputs: readonly string[];
  readonly layers: readonly LayerDescription[];
  /** Empty where the network is none that Lesion can ablate. */
  readonly ablatable: readonly AblatableLayer[];
  readonly parameters: number;
  /** Multiply-accumulates of one sample. */
  readonly macs: number;
  /** Size of the parameters, as f32. */
  readonly bytes: number;
}

/** One layer, described. */
export interface LayerDescription {
  readonly name: string;
  readonly kind: string;
  /** Without the batch axis. */
  readonly shape: readonly number[];
  readonly parameters: number;
  readonly macs: number;
  /** Empty for a layer that has none. */
  readonly activation: string;
  /** Its index among the ablatable layers, or null. */
  readonly layerIndex: number | null;
}

/** Describes a network. Throws LesionError("bad-model") where shapes do not fit. */
export function describeModel(network: Network): NetworkDescription {
  const simple = simplify(network);
  const costs = layerCosts(simple);
  const ablatable = ablatableLayers(network);
  const indices = new Map(ablatable.map(({ layer, layerIndex }) => [layer, layerIndex]));
  const layers = simple.layers.map((layer) => {
    const { shape, parameters, macs } = costs.get(layer.name)!;
    const layerIndex = indices.get(layer.name) ?? null;
    return { name: layer.name, kind: layer.kind, shape, parameters, macs, activation: activationOf(layer), layerIndex };
  });
  const total = (of: "parameters" | "macs" | "parameterBytes") =>
    [...costs.values()].reduce((sum, cost) => sum + cost[of], 0);
  return {
    name: network.name,
    inputs: simple.inputs,
    outputs: simple.outputs,
    layers,
    ablatable,
    parameters: total("parameters"),
    macs: total("macs"),
    bytes: total("parameterBytes"),
  };
}

function ablatableLayers(network: Network): readonly AblatableLayer[] {
  try {
    return denseChain(network).ablatable;
  } catch (error) {
    if (error instanceof LesionError && error.code === "unsupported") return [];
    throw error;
  }
}

function activationOf(layer: Layer): string {
  switch (layer.kind) {
    case "dense":
    case "activation":
      return layer.activation.kind;
    case "softmax":
      return layer.log ? "log-softmax" : "softmax";
    default:
      return "";
  }
}
