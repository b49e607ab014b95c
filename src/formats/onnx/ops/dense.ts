/** Gemm and MatMul with a constant right side: dense layers, over the last axis of what they read. */
import { LINEAR } from "../../../network/network.ts";
import { broadcastShape, type Shape, shapeText, sizeOf } from "../../../network/shapes.ts";
import { impossible } from "../failure.ts";
import { computed, computedFrom, type Features, inOrder, reshaped } from "../features.ts";
import { broadcastTo, makeTensor, mapped, permuted } from "../folding.ts";
import {
  anyInput,
  featuresInput,
  hasInput,
  type Operation,
  rankOf,
  refuse,
  type SettledValue,
  type Value,
  weightInput,
} from "../operation.ts";
import type { FloatTensor, Tensor } from "../tensor.ts";
import { applied, scaled } from "./arithmetic.ts";

/** y = alpha * A B + beta * C, A transposed where `transA` is 1, and B where `transB` is. */
export function Gemm(operation: Operation): Value {
  const { attributes, where, name } = operation;
  const features = factorOf(operation, featuresInput(operation, 0), attributes.int("transA", 0) !== 0);
  const alpha = attributes.float("alpha", 1);
  const beta = attributes.float("beta", 1);
  const transposes = attributes.int("transB", 0) !== 0;
  const b = weightInput(operation, 1);
  if (b.dims.length !== 2) throw impossible(`${where} has weights of the shape ${shapeText(b.dims)}`, where);
  const turned: Tensor = transposes ? permuted(operation, b, [1, 0]) : b;
  const weight = alpha === 1 ? turned : mapped(operation, turned, (value) => value * alpha);
  const c = hasInput(operation, 2) && beta !== 0 ? anyInput(operation, 2) : null;
  if (c === null) return dense(operation, features, weight, null, name);
  const bias = rowOf(operation, c, weight.dims[1]!, beta);
  if (bias !== null) return dense(operation, features, weight, bias, name);
  const product = dense(operation, features, weight, null, operation.extraName("product"));
  return applied(operation, "add", product, scaled(operation, c, beta), name);
}

/** The left factor, of two axes; the batch is the first. */
function factorOf(operation: Operation, features: Features, transposes: boolean): Features {
  if (rankOf(operation, features) !== 2) {
    throw refuse(operation, "multiplies an input of more than one axis a sample", "Put a Flatten before it.");
  }
  if (!transposes) return features;
  if (operation.batched) throw refuse(operation, "transposes its first input (transA)", "Transpose its second alone.");
  const layer = { kind: "transpose" as const, name: operation.extraName("turned"), inputs: [features.layer] };
  return computed(operation, { ...layer, axes: [1, 0] }, "onnx", 2);
}

/** y = A B, as NumPy does it: a B of one axis is a column, an A of one axis a row, and stacks of matrices are broadcast. */
export function MatMul(operation: Operation): Value {
  const features = featuresInput(operation, 0);
  const { name } = operation;
  const b = weightInput(operation, 1);
  const isColumn = b.dims.length === 1;
  const [inFeatures = 0, outFeatures = 0] = isColumn ? [...b.dims, 1] : b.dims.slice(-2);
  if (b.dims.length === 0) throw refuse(operation, "multiplies by a single number", "Use Mul.");
  const weight: FloatTensor = { ...b, dims: [inFeatures, outFeatures] };
  const isOne = sizeOf(b.dims.slice(0, -2)) === 1 && b.dims.length <= Math.max(2, rankOf(operation, features));
  if (!isOne) return stacked(operation, features, b);
  if (!isColumn) return dense(operation, features, weight, null, name);
  const product = dense(operation, features, weight, null, operation.extraName("column"));
  return reshaped(operation, product, product.shape.slice(0, -1), name);
}

/** Most products that one MatMul becomes. */
const MOST_PRODUCTS = 64;

/** Matrices by matrices of their own: cut apart, multiplied, and put together again. */
function stacked(operation: Operation, features: Features, b: FloatTensor): Features {
  const [inFeatures = 0, outFeatures = 0] = b.dims.slice(-2);
  const weights = b.dims.slice(0, -2);
  const hasBatch = operation.batched && b.dims.length > features.shape.length;
  const own = hasBatch ? weights.slice(1) : weights;
  const lead = features.shape.slice(0, -2);
  const common = broadcastShape(lead, own);
  const isOfSamples = hasBatch && (b.dims.length > rankOf(operation, features) || weights[0] !== 1);
  if (isOfSamples || common === null || sizeOf(common) > MOST_PRODUCTS || sizeOf(own) === 0) {
    throw refuse(operation, `multiplies by weights of the shape ${shapeText(b.dims)}`, "Use one matrix of weights.");
  }
  const [rows, columns] = features.shape.length === 1 ? [1, features.shape[0]!] : features.shape.slice(-2);
  const all = reshaped(operation, features, [sizeOf(lead), rows!, columns!], operation.extraName("stack"));
  operation.reserve(inFeatures * outFeatures * sizeOf(common));
  const [left, right] = [lead, own].map((shape) => placesOf(operation, shape, common)) as [Float64Array, Float64Array];
  const products = Array.from(left, (place, i) => {
    const name = operation.extraName("matrix");
    const cut = { starts: [place, 0, 0], steps: [1, 1, 1], sizes: [1, rows!, columns!] };
    const matrix = computedFrom(operation, all, { kind: "slice", name, inputs: [all.layer], ...cut });
    const size = inFeatures * outFeatures;
    const values = b.values.slice(right[i]! * size, (right[i]! + 1) * size);
    const weight: FloatTensor = { ...b, dims: [inFeatures, outFeatures], values };
    return dense(operation, matrix, weight, null, operation.extraName("product"));
  });
  const inputs = products.map(({ layer }) => layer);
  const name = operation.extraName("products");
  const joined = computed(operation, { kind: "concat", name, inputs, axis: 0 }, "onnx", 3);
  const shape = [...common, ...(features.shape.length === 1 ? [] : [rows!]), outFeatures];
  return reshaped(operation, joined, shape, operation.name);
}

/** For each element of the shape `common`, the place of the one of `shape` that is broadcast to it. */
function placesOf(operation: Operation, shape: Shape, common: Shape): Float64Array {
  const places = makeTensor(operation, { kind: "integer" }, shape, (i) => i);
  return broadcastTo(operation, places, common).values as Float64Array;
}

function dense(
  operation: Operation,
  features: Features,
  weight: Tensor,
  bias: Float32Array | null,
  name: string,
): Features {
  const { where } = operation;
  const [inFeatures = 0, outFeatures = 0] = weight.dims;
  if (features.shape.length === 0) throw refuse(operation, "multiplies samples of one number");
  if (inFeatures !== features.shape.at(-1)) {
    throw impossible(`${where} has weights for ${inFeatures} inputs and reads ${features.shape.at(-1)}`, where);
  }
  if (outFeatures === 0) throw impossible(`${where} has weights of the shape ${shapeText(weight.dims)}`, where);
  const { layer, shape } = inOrder(operation, features, "onnx");
  const values = weight.values as Float32Array;
  const parameters = { inFeatures, outFeatures, weight: values, bias, activation: LINEAR };
  return computed(operation, { kind: "dense", name, inputs: [layer], ...parameters }, "onnx", shape.length);
}

/** A constant C as a row of `columns` numbers, times beta: [columns], [1, columns], and one number. Null for others. */
function rowOf(operation: Operation, c: SettledValue, columns: number, beta: number): Float32Array | null {
  const tensor = c.kind === "features" ? c.given : c;
  if (tensor?.kind !== "float") return null;
  const shape: Shape = tensor.dims;
  const last = shape.at(-1) ?? 1;
  if (shape.length > 2 || sizeOf(shape) !== last || (last !== 1 && last !== columns)) return null;
  operation.reserve(columns);
  return Float32Array.from({ length: columns }, (_, unit) => tensor.values[last === 1 ? 0 : unit]! * beta);
}
