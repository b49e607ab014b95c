/** Small random chains and samples for the tests of this folder, odd sizes welcome. */
import { random } from "../core/random.ts";
import type { ActivationKind, Network } from "../network/network.ts";
import type { ChainLayer } from "./oracle.ts";

/** A float32 chain with samples: `sizes` are the features of the input and of each layer; the last layer is linear. */
export function randomChain(seed: number, sizes: readonly number[], samples: number, kind: string, biased = true) {
  const draw = random(seed, "chain");
  const normals = (count: number, scale: number) => Float32Array.from({ length: count }, () => scale * draw.normal());
  const layers: ChainLayer[] = sizes.slice(1).map((outFeatures, i) => {
    const inFeatures = sizes[i]!;
    return {
      inFeatures,
      outFeatures,
      weight: normals(inFeatures * outFeatures, 1 / Math.sqrt(inFeatures)),
      bias: biased ? normals(outFeatures, 0.3) : null,
      activation: { kind: i === sizes.length - 2 ? "linear" : kind, alpha: 0.1 },
    };
  });
  return {
    layers,
    samples,
    inputs: normals(samples * sizes[0]!, 1),
    labels: Uint16Array.from({ length: samples }, () => draw.below(sizes[sizes.length - 1]!)),
  };
}

/** A chain as a network: input "x", layers "dense0", "dense1", ... */
export function chainNetwork(layers: readonly ChainLayer[]): Network {
  return {
    name: "chain",
    inputs: [{ name: "x", shape: [layers[0]!.inFeatures] }],
    layers: layers.map(({ weight, bias, activation, ...sizes }, i) => ({
      kind: "dense",
      name: `dense${i}`,
      inputs: [i === 0 ? "x" : `dense${i - 1}`],
      ...sizes,
      weight: Float32Array.from(weight),
      bias: bias === null ? null : Float32Array.from(bias),
      activation: { ...activation, kind: activation.kind as ActivationKind },
    })),
    outputs: [`dense${layers.length - 1}`],
  };
}
