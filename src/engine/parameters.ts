/** All parameters of a chain in one buffer, so that an optimizer step is one dispatch; and back. */
import type { DenseChain } from "../network/dense-chain.ts";
import type { DenseLayer, Network } from "../network/network.ts";

/** Where a layer's weights and bias lie, in elements; each begins at a multiple of 64, so that it can be bound. */
export interface ParameterLayout {
  readonly weights: readonly number[];
  readonly biases: readonly number[];
  readonly count: number;
}

export function parameterLayout(chain: DenseChain): ParameterLayout {
  let count = 0;
  const take = (size: number) => {
    const at = count;
    count += Math.ceil(size / 64) * 64;
    return at;
  };
  const weights: number[] = [];
  const biases: number[] = [];
  for (const { inFeatures, outFeatures } of chain.stages) {
    weights.push(take(inFeatures * outFeatures));
    biases.push(take(outFeatures));
  }
  return { weights, biases, count };
}

/** The chain's parameters by the layout; gaps, and biases of layers without one, are 0. */
export function packParameters(chain: DenseChain, layout: ParameterLayout): Float32Array {
  const packed = new Float32Array(layout.count);
  for (const [index, { weight, bias }] of chain.stages.entries()) {
    packed.set(weight, layout.weights[index]!);
    if (bias) packed.set(bias, layout.biases[index]!);
  }
  return packed;
}

/** The network with the parameters of its dense layers replaced from a packed buffer. */
export function withParameters(
  network: Network,
  chain: DenseChain,
  layout: ParameterLayout,
  packed: Float32Array,
): Network {
  const trained = new Map<string, DenseLayer>();
  for (const [index, stage] of chain.stages.entries()) {
    const at = layout.weights[index]!;
    const biasAt = layout.biases[index]!;
    trained.set(stage.name, {
      ...stage,
      weight: packed.slice(at, at + stage.weight.length),
      bias: stage.bias && packed.slice(biasAt, biasAt + stage.outFeatures),
    });
  }
  return {
    ...network,
    layers: network.layers.map((layer) => ({ ...(trained.get(layer.name) ?? layer), inputs: layer.inputs })),
  };
}
