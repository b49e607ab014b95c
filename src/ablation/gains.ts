/**
 * Gains of units: a network with a factor on the activations of some layers, which trains while all weights stay as they are;
 * and samples in two halves, one to search on and one to report on.
 */

import { setBit, wordsFor } from "../core/bitset.ts";
import { random } from "../core/random.ts";
import type { Layer, Network, ScaleLayer } from "../network/network.ts";
import { LINEAR } from "../network/network.ts";
import { postActivationOf } from "../network/simplify.ts";

/** A layer whose units get factors, by the name it is ablated by, and how many units it has. */
export interface GainedLayer {
  readonly layer: string;
  readonly units: number;
}

const gainName = (layer: string) => `${layer}_gain`;

/** A network in training form with a factor of 1 on each unit of some layers, after its activation. */
export function withGains(form: Network, layers: readonly GainedLayer[]): Network {
  const added = new Map(
    layers.map(({ layer, units }) => [postActivationOf(form, layer), scaleLayer(form, layer, units)]),
  );
  const renamed = (name: string) => added.get(name)?.name ?? name;
  return {
    ...form,
    layers: form.layers.flatMap((each): Layer[] => {
      const rewired = { ...each, inputs: each.inputs.map(renamed) };
      const gain = added.get(each.name);
      return gain ? [rewired, gain] : [rewired];
    }),
  };
}

function scaleLayer(form: Network, layer: string, units: number): ScaleLayer {
  return {
    kind: "scale",
    name: gainName(layer),
    inputs: [postActivationOf(form, layer)],
    scale: new Float32Array(units).fill(1),
    shift: new Float32Array(units),
    activation: LINEAR,
  };
}

/** The parameters that train, as a training names them: the factors alone. */
export function gainParameters(layers: readonly GainedLayer[]): ReadonlySet<string> {
  return new Set(layers.map(({ layer }) => `${gainName(layer)} scale`));
}

/** The factors of a network's units, layer by layer. */
export function gainsOf(network: Network, layers: readonly GainedLayer[]): Float32Array[] {
  return layers.map(({ layer, units }) => {
    const found = network.layers.find(({ name }) => name === gainName(layer));
    return found?.kind === "scale" ? found.scale : new Float32Array(units).fill(1);
  });
}

/** Two halves of the samples as bits, drawn at random; the first has the odd one. */
export function halvesOf(samples: number, seed: number): readonly [Uint32Array, Uint32Array] {
  const order = random(seed, "gain search halves").permutation(samples);
  const halves = [new Uint32Array(wordsFor(samples)), new Uint32Array(wordsFor(samples))] as const;
  for (const [place, sample] of order.entries()) setBit(halves[place < Math.ceil(samples / 2) ? 0 : 1], sample);
  return halves;
}
