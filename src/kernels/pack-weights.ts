/**
 * Weights and biases as the device holds them: channels padded to whole vec4s, with zeros in the padding, so that
 * whatever number lies in a tensor's padding lanes changes no result. What needs no padding is given back as it is.
 */
import { LesionError } from "../core/errors.ts";
import type { Conv2dLayer } from "../network/network.ts";
import type { Shape } from "../network/shapes.ts";
import { isDepthwise } from "./conv-shape.ts";
import { channelsOf, paddedChannels, positionsOf } from "./tensor-layout.ts";

type ConvSizes = Pick<Conv2dLayer, "kernel" | "inChannels" | "outChannels" | "groups">;

/**
 * Weights of a convolution, [kernel rows, kernel columns, inChannels / groups, outChannels], with both kinds of channels
 * padded: [kernel rows, kernel columns, inChannels / groups padded, outChannels padded]. Depthwise (groups = inChannels =
 * outChannels, more than 1): [kernel rows, kernel columns, channels padded]. Throws `internal` where the length is wrong.
 */
export function packConvWeight(weight: Float32Array, layer: ConvSizes): Float32Array {
  const { kernel, inChannels, outChannels, groups } = layer;
  const deep = inChannels / groups;
  return packMatrices(weight, kernel[0] * kernel[1], deep, outChannels, isDepthwise(layer) ? 1 : paddedChannels(deep));
}

/** Weights of a dense layer, [inFeatures, outFeatures], with both padded. Throws `internal` where the length is wrong. */
export function packDenseWeight(weight: Float32Array, inFeatures: number, outFeatures: number): Float32Array {
  return packMatrices(weight, 1, inFeatures, outFeatures, paddedChannels(inFeatures));
}

/** A bias, padded; zeros where there is none. */
export function packBias(bias: Float32Array | null, outChannels: number): Float32Array {
  return packMatrices(bias ?? new Float32Array(outChannels), 1, 1, outChannels, 1);
}

/** A constant tensor, [...shape]: its last axis padded. */
export function packConstant(values: Float32Array, shape: Shape): Float32Array {
  const channels = channelsOf(shape);
  return packMatrices(values, 1, values.length / channels, channels, positionsOf(shape));
}

/** `count` matrices [rows, columns], one after the other, as [paddedRows, columns padded]. */
function packMatrices(
  values: Float32Array,
  count: number,
  rows: number,
  columns: number,
  paddedRows: number,
): Float32Array {
  if (values.length !== count * rows * columns) {
    throw new LesionError("internal", `${values.length} weights, not ${count} x ${rows} x ${columns}`);
  }
  const paddedColumns = paddedChannels(columns);
  if (rows === paddedRows && columns === paddedColumns) return values;
  const packed = new Float32Array(count * paddedRows * paddedColumns);
  for (let matrix = 0; matrix < count; matrix++) {
    for (let row = 0; row < rows; row++) {
      const from = (matrix * rows + row) * columns;
      packed.set(values.subarray(from, from + columns), (matrix * paddedRows + row) * paddedColumns);
    }
  }
  return packed;
}
