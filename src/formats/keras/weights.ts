/**
 * Where a Keras layer's weights come from. The three file formats keep them under different names: TensorFlow.js by the
 * variable's, HDF5 in a group a layer, Keras 3 by number; readers of layers ask for variables and see none of that.
 */
import type { Weight } from "../../network/network.ts";
import type { Shape } from "../../network/shapes.ts";

/** Which layer of the file is meant. */
export interface LayerPlace {
  /** The names of the models it is nested in, outermost first, and its own: ["vgg16", "block1_conv1"]. */
  readonly names: readonly string[];
  /** Keras 3's path: classes numbered in each model, "layers/functional/layers/conv2d_1". */
  readonly numbered: string;
}

/** A weight of the file. */
export interface StoredWeight {
  readonly name: string;
  readonly shape: Shape;
  read(): Weight;
}

/** The weights of a file. */
export interface WeightSource {
  /**
   * A layer's variables, null for those that the file does not hold. `variables` lists all of the layer's, in Keras'
   * order, each with the names it goes by.
   */
  of(place: LayerPlace, variables: readonly (readonly string[])[]): readonly (StoredWeight | null)[];
}

/** Weights found by names such as "conv1/kernel:0" or "model/conv1/kernel". */
export interface NamedWeights {
  find(layer: string, variables: readonly (readonly string[])[]): readonly (StoredWeight | null)[];
}

/**
 * An index of weights by layer and variable. A name may have further scopes before the layer's name, ":0" after the
 * variable's, and a number where TensorFlow made it unique: "model/conv1/kernel_1:0".
 */
export function namedWeights(weights: readonly StoredWeight[]): NamedWeights {
  const byLayer = new Map<
    string,
    { readonly owner: string; readonly variable: string; readonly weight: StoredWeight }[]
  >();
  for (const weight of weights) {
    const parts = partsOf(weight.name);
    const key = lastPart(parts.owner);
    const known = byLayer.get(key);
    if (known === undefined) byLayer.set(key, [{ ...parts, weight }]);
    else known.push({ ...parts, weight });
  }
  return {
    find: (layer, variables) => {
      const near = byLayer.get(lastPart(layer)) ?? [];
      const own = near.filter(({ owner }) => owner === layer);
      const candidates = own.length > 0 ? own : near.filter(({ owner }) => owner.endsWith(`/${layer}`));
      return variables.map((names) => candidates.find(({ variable }) => names.includes(variable))?.weight ?? null);
    },
  };
}

/** The variable that a weight's name ends with: "kernel" of "conv1/kernel_1:0". */
export function variableOf(name: string): string {
  return partsOf(name).variable;
}

function partsOf(name: string): { readonly owner: string; readonly variable: string } {
  const path = name.replace(/:\d+$/, "");
  const end = path.lastIndexOf("/");
  return { owner: path.slice(0, Math.max(end, 0)), variable: path.slice(end + 1).replace(/_\d+$/, "") };
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
