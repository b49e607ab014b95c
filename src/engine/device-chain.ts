/** A chain of dense layers with its parameters on the GPU. */
import type { Arena } from "../gpu/arena.ts";
import type { DenseChain } from "../network/dense-chain.ts";
import type { DenseLayer } from "../network/network.ts";

/** One dense layer on the GPU. */
export interface DeviceStage {
  readonly layer: DenseLayer;
  /** [inFeatures, outFeatures], row-major. */
  readonly weight: GPUBuffer;
  /** [outFeatures]; zeros where the layer has no bias. */
  readonly bias: GPUBuffer;
}

export interface DeviceChain {
  readonly chain: DenseChain;
  readonly stages: readonly DeviceStage[];
  /** The last layer's weights, then its bias, in one buffer: what the fused tail reads. */
  readonly last: GPUBuffer;
}

/** Uploads a chain; the buffers belong to `arena`. */
export function uploadChain(arena: Arena, chain: DenseChain): DeviceChain {
  const stages = chain.stages.map((layer) => ({
    layer,
    weight: arena.upload(`${layer.name} weights`, layer.weight),
    bias: arena.upload(`${layer.name} bias`, layer.bias ?? new Float32Array(layer.outFeatures)),
  }));
  const { weight, bias, outFeatures } = chain.stages.at(-1)!;
  const joined = new Float32Array(weight.length + outFeatures);
  joined.set(weight);
  if (bias) joined.set(bias, weight.length);
  return { chain, stages, last: arena.upload("last layer", joined) };
}

/** Bytes that `uploadChain` allocates, at most. */
export function chainBytes(chain: DenseChain): number {
  const sizes = chain.stages.map(({ inFeatures, outFeatures }) => (inFeatures + 1) * outFeatures * 4 + 32);
  return sizes.reduce((sum, size) => sum + size, 0) + sizes.at(-1)!;
}

/** Multiply-accumulates of one sample through the whole chain. */
export function chainMacs(chain: DenseChain): number {
  return chain.stages.reduce((sum, { inFeatures, outFeatures }) => sum + inFeatures * outFeatures, 0);
}
