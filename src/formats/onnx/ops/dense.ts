/** Gemm and MatMul with a constant right side: dense layers. */
import { LINEAR } from "../../../network/network.ts";
import { shapeText, sizeOf } from "../../../network/shapes.ts";
import { impossible } from "../failure.ts";
import { type Features, featuresInput, type Operation, refuse, type Value, weightInput } from "../operation.ts";
import type { FloatTensor } from "../tensor.ts";

/** y = alpha * x B + beta * C, B transposed where `transB` is 1. */
export function Gemm(operation: Operation): Value {
  const { attributes, where } = operation;
  const features = featuresInput(operation, 0);
  const alpha = attributes.float("alpha", 1);
  const beta = attributes.float("beta", 1);
  if (attributes.int("transA", 0) !== 0) throw refuse(operation, "transposes its first input (transA)");
  const b = weightInput(operation, 1);
  if (b.dims.length !== 2) throw impossible(`${where} has weights of the shape ${shapeText(b.dims)}`, where);
  operation.reserve(2 * b.values.length);
  const weight = scaled(attributes.int("transB", 0) !== 0 ? transposed(b) : b, alpha);
  const c = operation.inputs[2] ?? null;
  const bias = c === null || beta === 0 ? null : rowOf(operation, weightInput(operation, 2), weight.dims[1]!, beta);
  return dense(operation, features, weight, bias);
}

/** y = x B. */
export function MatMul(operation: Operation): Value {
  const features = featuresInput(operation, 0);
  const b = weightInput(operation, 1);
  if (b.dims.length !== 2) throw refuse(operation, `multiplies by weights of the shape ${shapeText(b.dims)}`);
  return dense(operation, features, b, null);
}

function dense(operation: Operation, features: Features, weight: FloatTensor, bias: Float32Array | null): Value {
  const { where, name } = operation;
  if (features.shape.length !== 1) {
    throw refuse(operation, "multiplies an input of more than one axis a sample", "Put a Flatten before it.");
  }
  const [inFeatures = 0, outFeatures = 0] = weight.dims;
  if (inFeatures !== features.shape[0]) {
    throw impossible(`${where} has weights for ${inFeatures} inputs and reads ${features.shape[0]}`, where);
  }
  if (outFeatures === 0) throw impossible(`${where} has weights of the shape ${shapeText(weight.dims)}`, where);
  operation.reserve(weight.values.length);
  const values = inKeptOrder(weight.values, outFeatures, features);
  const layer = operation.emit({
    kind: "dense",
    name,
    inputs: [features.layer],
    inFeatures,
    outFeatures,
    weight: values,
    bias,
    activation: LINEAR,
  });
  return { kind: "features", layer, shape: [outFeatures], kept: [outFeatures], channelsLast: null };
}

/** The rows of a weight [inFeatures, outFeatures], in the order in which the network keeps the features. */
function inKeptOrder(weight: Float32Array, outFeatures: number, { channelsLast }: Features): Float32Array {
  if (channelsLast === null) return weight;
  const { channels, positions } = channelsLast;
  const rows = new Float32Array(weight.length);
  for (let position = 0; position < positions; position++) {
    for (let channel = 0; channel < channels; channel++) {
      const from = (channel * positions + position) * outFeatures;
      rows.set(weight.subarray(from, from + outFeatures), (position * channels + channel) * outFeatures);
    }
  }
  return rows;
}

function scaled(tensor: FloatTensor, factor: number): FloatTensor {
  return factor === 1 ? tensor : { ...tensor, values: tensor.values.map((value) => value * factor) };
}

function transposed({ name, dims, values }: FloatTensor): FloatTensor {
  const [rows = 0, columns = 0] = dims;
  const turned = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) turned[column * rows + row] = values[row * columns + column]!;
  }
  return { kind: "float", name, dims: [columns, rows], values: turned };
}

/** C as a row of `columns` numbers, times beta: [columns], [1, columns], and what broadcasts to it. */
function rowOf(operation: Operation, c: FloatTensor, columns: number, beta: number): Float32Array {
  const last = c.dims.at(-1) ?? 1;
  if (c.dims.length > 2 || sizeOf(c.dims) !== last || (last !== 1 && last !== columns)) {
    throw refuse(operation, `adds a constant of the shape ${shapeText(c.dims)} to ${columns} units`);
  }
  return Float32Array.from({ length: columns }, (_, unit) => c.values[last === 1 ? 0 : unit]! * beta);
}
