/** Test support: random chains with data, as the planner and the engine take them, and the oracle's view of ablations. */
import { memoryDataset } from "../data/dataset.ts";
import type { DenseChain } from "../network/dense-chain.ts";
import type { ActivationKind } from "../network/network.ts";
import { randomChain } from "../reference/chain.fixture.ts";
import { columnMeans, type UnitChange } from "../reference/oracle.ts";
import type { Ablation } from "./ablation.ts";

/** Passes stored values on as they are. */
export const identity = { scale: 1, mean: [0], std: [1], threshold: null };

/** A random problem: `sizes` are the features of the input and of each layer; the last layer is linear. */
export function randomProblem(
  seed: number,
  sizes: readonly number[],
  samples: number,
  kind: ActivationKind,
  biased = true,
) {
  const { layers, inputs, labels } = randomChain(seed, sizes, samples, kind, biased);
  const dataset = memoryDataset({
    name: "random",
    shape: [sizes[0]!],
    values: inputs,
    labels,
    classes: sizes.at(-1)!,
    classNames: [],
  });
  return { layers, inputs, labels, dataset, chain: chainOf(layers) };
}

/** Oracle layers as a chain of dense stages. */
function chainOf(layers: ReturnType<typeof randomChain>["layers"]): DenseChain {
  const stages = layers.map((layer, i) => ({
    kind: "dense" as const,
    name: `dense_${i}`,
    inputs: [i === 0 ? "input" : `dense_${i - 1}`],
    inFeatures: layer.inFeatures,
    outFeatures: layer.outFeatures,
    weight: layer.weight as Float32Array,
    bias: layer.bias as Float32Array | null,
    activation: layer.activation as { kind: ActivationKind; alpha: number },
  }));
  return {
    features: layers[0]!.inFeatures,
    stages,
    output: "logits",
    ablatable: stages.slice(0, -1).map(({ name, kind, outFeatures }, layerIndex) => ({
      layer: name,
      layerIndex,
      units: outFeatures,
      kind,
      coupled: null,
    })),
  };
}

/** An ablation as the oracle takes it; `post` are the intact network's activations. Noise has no such form. */
export function changesOf(ablation: Ablation, post: readonly Float64Array[], samples: number): UnitChange[] {
  const { replacement } = ablation;
  return ablation.sites.flatMap(({ layerIndex, units }) =>
    units.map((unit) => {
      const shift =
        replacement.kind === "mean"
          ? columnMeans(post[layerIndex]!, samples)[unit]!
          : replacement.kind === "constant"
            ? replacement.value
            : 0;
      return { layerIndex, unit, scale: replacement.kind === "scale" ? replacement.factor : 0, shift };
    }),
  );
}
