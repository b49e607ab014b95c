/**
 * All parameters of a network in two buffers: those that train, of every copy, so that an optimizer step is one dispatch;
 * and those that stay, once. Each tensor lies packed, as its kernels read it, from a multiple of 256 bytes.
 */
import { LesionError } from "../../core/errors.ts";
import { isDepthwise } from "../../kernels/conv-shape.ts";
import { packBias, packConvWeight, packDenseWeight } from "../../kernels/pack-weights.ts";
import { PARAMETER_BLOCK } from "../../kernels/parameter-rows.ts";
import { paddedChannels } from "../../kernels/tensor-layout.ts";
import type { Layer, Network } from "../../network/network.ts";
import { floatsOf } from "../../network/weight.ts";

export type ParameterPart = "weight" | "bias" | "gamma" | "beta" | "scale" | "shift";

/** One tensor of parameters. It is [matrices, rows, columns], rows and columns padded to whole vec4s in memory. */
export interface ParameterTensor {
  readonly layer: string;
  readonly part: ParameterPart;
  /** Where it begins in its buffer, and what it takes there, in floats. */
  readonly at: number;
  readonly floats: number;
  readonly matrices: number;
  readonly rows: number;
  readonly paddedRows: number;
  readonly columns: number;
}

/** Tensors in the order of the layers. */
export interface ParameterLayout {
  readonly trained: readonly ParameterTensor[];
  /** Floats of one copy. */
  readonly trainedFloats: number;
  readonly frozen: readonly ParameterTensor[];
  readonly frozenFloats: number;
}

/** Whether a tensor is among those that train, which are named by their layers, or one by one as "layer part". */
export type IsTrained = (layer: string, part: ParameterPart) => boolean;

/** What names of layers, or of single tensors, come to; null: all. */
export function trainedBy(names: ReadonlySet<string> | null): IsTrained {
  return (layer, part) => names === null || names.has(layer) || names.has(`${layer} ${part}`);
}

/** Where the parameters of a network in training form lie. */
export function parameterLayout(form: Network, isTrained: IsTrained): ParameterLayout {
  const regions = { trained: [] as ParameterTensor[], frozen: [] as ParameterTensor[] };
  const ends = { trained: 0, frozen: 0 };
  for (const layer of form.layers) {
    for (const tensor of tensorsOf(layer)) {
      const region = isTrained(layer.name, tensor.part) ? "trained" : "frozen";
      const floats = tensor.matrices * tensor.paddedRows * paddedChannels(tensor.columns);
      regions[region].push({ ...tensor, layer: layer.name, at: ends[region], floats });
      ends[region] += Math.ceil(floats / PARAMETER_BLOCK) * PARAMETER_BLOCK;
    }
  }
  return { ...regions, trainedFloats: ends.trained, frozenFloats: ends.frozen };
}

/** A layer's tensor of a part, or null where it is not among them. */
export function findTensor(tensors: readonly ParameterTensor[], layer: string, part: string): ParameterTensor | null {
  return tensors.find((tensor) => tensor.layer === layer && tensor.part === part) ?? null;
}

type TensorSizes = Pick<ParameterTensor, "part" | "matrices" | "rows" | "paddedRows" | "columns">;

function tensorsOf(layer: Layer): readonly TensorSizes[] {
  const vector = (part: ParameterPart, columns: number): TensorSizes => ({
    part,
    matrices: 1,
    rows: 1,
    paddedRows: 1,
    columns,
  });
  switch (layer.kind) {
    case "dense": {
      const { inFeatures, outFeatures, bias } = layer;
      const sizes = { matrices: 1, rows: inFeatures, paddedRows: paddedChannels(inFeatures), columns: outFeatures };
      return [{ part: "weight", ...sizes }, ...(bias ? [vector("bias", outFeatures)] : [])];
    }
    case "conv2d": {
      const { kernel, inChannels, outChannels, groups, bias } = layer;
      const rows = inChannels / groups;
      const paddedRows = isDepthwise(layer) ? 1 : paddedChannels(rows);
      const sizes = { matrices: kernel[0] * kernel[1], rows, paddedRows, columns: outChannels };
      return [{ part: "weight", ...sizes }, ...(bias ? [vector("bias", outChannels)] : [])];
    }
    case "batch-norm":
      return [vector("gamma", layer.gamma.length), vector("beta", layer.beta.length)];
    case "scale":
      return [vector("scale", layer.scale.length), vector("shift", layer.shift.length)];
    default:
      return [];
  }
}

/** Whether any parameters of a layer are among those that train. */
export function trainsAny(layer: Layer, isTrained: IsTrained): boolean {
  return tensorsOf(layer).some(({ part }) => isTrained(layer.name, part));
}

/** A tensor's values of a network, packed. */
export function packed(layer: Layer, { part }: Pick<ParameterTensor, "part">): Float32Array {
  switch (layer.kind) {
    case "dense":
      if (part === "bias") return packBias(layer.bias, layer.outFeatures);
      return packDenseWeight(floatsOf(layer.weight), layer.inFeatures, layer.outFeatures);
    case "conv2d":
      if (part === "bias") return packBias(layer.bias, layer.outChannels);
      return packConvWeight(floatsOf(layer.weight), layer);
    case "batch-norm":
      return packBias(part === "gamma" ? layer.gamma : layer.beta, layer.gamma.length);
    case "scale":
      return packBias(part === "scale" ? layer.scale : layer.shift, layer.scale.length);
    default:
      throw new LesionError("internal", `the layer ${layer.name} (${layer.kind}) has no ${part}`);
  }
}

/** A packed tensor without its padding: [matrices, rows, columns]. */
export function unpacked(values: Float32Array, { matrices, rows, paddedRows, columns }: TensorSizes): Float32Array {
  const width = paddedChannels(columns);
  const plain = new Float32Array(matrices * rows * columns);
  for (let matrix = 0; matrix < matrices; matrix++) {
    for (let row = 0; row < rows; row++) {
      const from = (matrix * paddedRows + row) * width;
      plain.set(values.subarray(from, from + columns), (matrix * rows + row) * columns);
    }
  }
  return plain;
}

/** The network with the tensors that `values` gives, by layer and part; the rest as it is. */
export function withParameters(
  form: Network,
  values: (layer: string, part: ParameterPart | "mean" | "variance") => Float32Array | null,
): Network {
  const layers = form.layers.map((layer): Layer => {
    const or = (part: Parameters<typeof values>[1], own: Float32Array) => values(layer.name, part) ?? own;
    switch (layer.kind) {
      case "dense":
        return {
          ...layer,
          weight: values(layer.name, "weight") ?? layer.weight,
          bias: layer.bias && or("bias", layer.bias),
        };
      case "conv2d":
        return {
          ...layer,
          weight: values(layer.name, "weight") ?? layer.weight,
          bias: layer.bias && or("bias", layer.bias),
        };
      case "batch-norm":
        return {
          ...layer,
          gamma: or("gamma", layer.gamma),
          beta: or("beta", layer.beta),
          mean: or("mean", layer.mean),
          variance: or("variance", layer.variance),
        };
      case "scale":
        return { ...layer, scale: or("scale", layer.scale), shift: or("shift", layer.shift) };
      default:
        return layer;
    }
  });
  return { ...form, layers };
}
