/**
 * Rewrites a network into fewer layers that compute the same: identities dropped, biases and activations moved into the
 * dense layer before them. Files spell a dense layer in many ways (MatMul, Add, Relu); after this pass there is one.
 */
import type { DenseLayer, Layer, Network } from "./network.ts";

/**
 * The network without identity layers, with each bias and activation folded into the linear dense layer that feeds it
 * and nothing else. Dense layers keep their names; an output that was folded away is renamed to its dense layer. Two
 * biases in a row are summed first, so results may differ in the last bit.
 */
export function simplify(network: Network): Network {
  return foldIntoDense(dropIdentities(network));
}

function dropIdentities(network: Network): Network {
  const inputs = new Set(network.inputs.map(({ name }) => name));
  const renamed = new Map<string, string>();
  const resolve = (name: string) => renamed.get(name) ?? name;
  const layers: Layer[] = [];
  for (const layer of network.layers) {
    const source = resolve(layer.inputs[0]!);
    // An output must name a layer, so an identity that hands out a network input stays.
    const needed = inputs.has(source) && network.outputs.includes(layer.name);
    if (passesOn(layer) && !needed) renamed.set(layer.name, source);
    else layers.push({ ...layer, inputs: layer.inputs.map(resolve) });
  }
  return { ...network, layers, outputs: network.outputs.map(resolve) };
}

function passesOn(layer: Layer): boolean {
  return layer.kind === "identity" || (layer.kind === "activation" && layer.activation.kind === "linear");
}

function foldIntoDense(network: Network): Network {
  const uses = new Map<string, number>();
  for (const name of [...network.layers.flatMap(({ inputs }) => inputs), ...network.outputs]) {
    uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  const renamed = new Map<string, string>();
  const resolve = (name: string) => renamed.get(name) ?? name;
  const layers = new Map<string, Layer>();
  for (const layer of network.layers) {
    const source = layers.get(resolve(layer.inputs[0]!));
    const folded = source?.kind === "dense" && uses.get(layer.inputs[0]!) === 1 ? fold(source, layer) : null;
    if (folded === null) {
      layers.set(layer.name, { ...layer, inputs: layer.inputs.map(resolve) });
    } else {
      layers.set(folded.name, folded);
      renamed.set(layer.name, folded.name);
    }
  }
  return { ...network, layers: [...layers.values()], outputs: network.outputs.map(resolve) };
}

/** The dense layer with the layer after it taken in, or null where that cannot be. */
function fold(dense: DenseLayer, next: Layer): DenseLayer | null {
  if (dense.activation.kind !== "linear") return null;
  if (next.kind === "activation") return { ...dense, activation: next.activation };
  if (next.kind !== "bias" || next.bias.length !== dense.outFeatures) return null;
  return { ...dense, bias: next.bias.map((value, unit) => value + (dense.bias?.[unit] ?? 0)) };
}
