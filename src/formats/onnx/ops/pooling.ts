/** MaxPool and AveragePool, over one or two axes of positions. */
import type { Pool2dLayer } from "../../../network/network.ts";
import { impossible } from "../failure.ts";
import { computedFrom } from "../features.ts";
import { anyInput, type Operation, type Value } from "../operation.ts";
import { largestOf } from "./largest.ts";
import { imageInput, padsAutomatically, windowOf } from "./window.ts";

/**
 * The largest number of each window. Which one it is, the second output, is given for constants, and for arrays that are
 * given while reading.
 */
export function MaxPool(operation: Operation): Value {
  const { attributes } = operation;
  const isColumnMajor = attributes.int("storage_order", 0) !== 0;
  const input = anyInput(operation, 0);
  const tensor = input.kind === "features" ? input.given : input;
  if (tensor === undefined) return pooled(operation, "max", false);
  const positions = tensor.dims.slice(2);
  const largest = () => {
    const window = windowOf(operation, positions, kernelOf(operation));
    return largestOf(operation, tensor, window, ceilModeOf(operation), isColumnMajor);
  };
  if (input.kind === "features") {
    const result = pooled(operation, "max", false);
    operation.gives(1, () => largest().indices);
    return result;
  }
  const { values, indices } = largest();
  operation.gives(1, () => indices);
  return values;
}

/** The mean of each window, padding counted where `count_include_pad` is 1. */
export function AveragePool(operation: Operation): Value {
  return pooled(operation, "average", operation.attributes.int("count_include_pad", 0) !== 0);
}

function pooled(operation: Operation, pool: Pool2dLayer["pool"], countIncludePad: boolean): Value {
  const { name } = operation;
  const image = imageInput(operation, 0);
  const window = windowOf(operation, image.shape.slice(1), kernelOf(operation));
  const ceilMode = ceilModeOf(operation);
  const inputs = [image.layer];
  return computedFrom(operation, image, { kind: "pool2d", name, inputs, pool, ...window, ceilMode, countIncludePad });
}

function kernelOf({ attributes, where }: Operation): readonly number[] {
  const kernel = attributes.ints("kernel_shape");
  if (kernel === null) throw impossible(`${where} has no kernel_shape`, where);
  return kernel;
}

function ceilModeOf(operation: Operation): boolean {
  return operation.attributes.int("ceil_mode", 0) !== 0 && !padsAutomatically(operation);
}
