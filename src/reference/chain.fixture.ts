/** Small random chains and samples for the tests of this folder, odd sizes welcome. */
import { random } from "../core/random.ts";
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
