/** Every layer kind by TensorFlow.js's operations: other people's kernels, for the same definitions. */
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from "@tensorflow/tfjs-core";
import { LesionError } from "../core/errors.ts";
import type { DenseLayer, Layer, LrnLayer, PadLayer, SliceLayer, Weight } from "../network/network.ts";
import type { Shape } from "../network/shapes.ts";
import { floatsOf } from "../network/weight.ts";
import { weightRows } from "./layers/dense.ts";
import { denseLayer, type Tfjs } from "./tfjs.ts";
import { activated } from "./tfjs-activation.ts";
import { convolved, pooled } from "./tfjs-window.ts";

/** Most weights of a dense layer in one tensor: 128 MiB, which is as much as every device binds. */
const MOST_WEIGHTS = 2 ** 25;

/** A layer's parameters on the device, in the order in which `applyLayer` takes them. The tensors are the caller's. */
export function uploadParameters(tf: Tfjs, layer: Layer, mostWeights = MOST_WEIGHTS): readonly Tensor[] {
  switch (layer.kind) {
    case "dense":
      return uploadDense(tf, layer, mostWeights);
    case "conv2d": {
      const { kernel, inChannels, outChannels, groups } = layer;
      const shape: [number, number, number, number] = [...kernel, inChannels / groups, outChannels];
      const weight = tf.tensor4d(floatsOf(layer.weight), shape);
      return layer.bias === null ? [weight] : [weight, tf.tensor1d(layer.bias)];
    }
    case "batch-norm":
      return [layer.mean, layer.variance, layer.beta, layer.gamma].map((values) => tf.tensor1d(values));
    case "scale":
      return [tf.tensor1d(layer.scale), tf.tensor1d(layer.shift)];
    case "bias":
      return [tf.tensor1d(layer.bias)];
    case "constant":
      return [tf.tensor(layer.values, [1, ...layer.shape])];
    default:
      return [];
  }
}

/**
 * What `layer` gives, [samples, ...shape], for `inputs` [samples, ...]. Call it in a `tidy`. Throws `unsupported` for what
 * TensorFlow.js cannot do.
 */
export function applyLayer(
  tf: Tfjs,
  layer: Layer,
  parameters: readonly Tensor[],
  inputs: readonly Tensor[],
  samples: number,
  shape: Shape,
): Tensor {
  const [x, other] = inputs as readonly [Tensor, Tensor];
  const [first, second = null, third, fourth] = parameters as readonly Tensor1D[];
  switch (layer.kind) {
    case "dense":
      return tf.reshape(dense(tf, layer, parameters, x), [samples, ...shape]);
    case "conv2d": {
      const y = convolved(tf, layer, x as Tensor4D, first as Tensor as Tensor4D, second, shape);
      return activated(tf, y, layer.activation);
    }
    case "pool2d":
      return pooled(tf, layer, x as Tensor4D, shape);
    case "global-pool":
      return layer.pool === "max" ? tf.max(x, [1, 2], true) : tf.mean(x, [1, 2], true);
    case "batch-norm": {
      const rows = tf.reshape(x, [-1, shape.at(-1)!]) as Tensor2D;
      return tf.reshape(tf.batchNorm2d(rows, first!, second!, third, fourth, layer.epsilon), x.shape);
    }
    case "scale":
      return activated(tf, tf.add(tf.mul(x, first!), second!), layer.activation);
    case "bias":
      return tf.add(x, first!);
    case "binary": {
      const [a, b] = [aligned(tf, x, shape), aligned(tf, other, shape)];
      return activated(tf, combined(tf, layer.operator, a, b), layer.activation);
    }
    case "constant":
      return tf.tile(first!, [samples, ...shape.map(() => 1)]);
    case "concat":
      return tf.concat([...inputs], layer.axis + 1);
    case "lrn":
      return normalised(tf, layer, x as Tensor4D);
    case "pad":
      return padded(tf, layer, x);
    case "slice":
      return sliced(tf, layer, x);
    case "transpose":
      return tf.transpose(x, [0, ...layer.axes.map((axis) => axis + 1)]);
    case "activation":
      return activated(tf, x, layer.activation);
    case "softmax":
      return layer.log ? tf.logSoftmax(x) : tf.softmax(x);
    case "flatten":
    case "reshape":
      return tf.reshape(x, [samples, ...shape]);
    case "identity":
      return tf.clone(x);
  }
}

/** The weight in parts, rows after rows, then the bias if there is one. */
function uploadDense(tf: Tfjs, layer: DenseLayer<Weight>, mostWeights: number): Tensor[] {
  const { inFeatures, outFeatures, bias } = layer;
  const rows = Math.max(1, Math.floor(mostWeights / outFeatures));
  const tensors: Tensor[] = [];
  for (let start = 0; start < inFeatures; start += rows) {
    const end = Math.min(start + rows, inFeatures);
    tensors.push(tf.tensor2d(weightRows(layer, start, end), [end - start, outFeatures]));
  }
  return bias === null ? tensors : [...tensors, tf.tensor1d(bias)];
}

/** [rows, outFeatures] for x [..., inFeatures]: the products of the weight's parts are summed. */
function dense(tf: Tfjs, layer: DenseLayer<Weight>, parameters: readonly Tensor[], x: Tensor): Tensor2D {
  const { inFeatures, bias, activation } = layer;
  const rows = tf.reshape(x, [-1, inFeatures]) as Tensor2D;
  const parts = (bias === null ? parameters : parameters.slice(0, -1)) as readonly Tensor2D[];
  const added = bias === null ? null : parameters.at(-1)!;
  const [weight] = parts;
  if (parts.length === 1) return denseLayer(tf, rows, { weight: weight!, bias: added, activation });
  let start = 0;
  const products = parts.map((part) => {
    const own = tf.slice(rows, [0, start], [-1, part.shape[0]]);
    start += part.shape[0];
    return tf.matMul<Tensor2D>(own, part);
  });
  const sum = tf.addN(products);
  return activated(tf, added === null ? sum : tf.add<Tensor2D>(sum, added), activation);
}

/** x [samples, ...] with axes of 1 after the batch, so that it aligns with `shape` at the last axis. */
function aligned(tf: Tfjs, x: Tensor, shape: Shape): Tensor {
  const [samples, ...own] = x.shape;
  const missing = new Array<number>(shape.length - own.length).fill(1);
  return tf.reshape(x, [samples!, ...missing, ...own]);
}

function combined(tf: Tfjs, operator: "add" | "subtract" | "multiply" | "divide", a: Tensor, b: Tensor): Tensor {
  switch (operator) {
    case "add":
      return tf.add(a, b);
    case "subtract":
      return tf.sub(a, b);
    case "multiply":
      return tf.mul(a, b);
    case "divide":
      return tf.div(a, b);
  }
}

/** TensorFlow.js takes a radius, so that only odd sizes exist, and divides by no size. */
function normalised(tf: Tfjs, { name, size, alpha, beta, bias }: LrnLayer, x: Tensor4D): Tensor {
  if (size % 2 === 0) {
    throw new LesionError(
      "unsupported",
      `layer "${name}" normalises over ${size} channels; TensorFlow.js takes odd sizes`,
      {
        where: `layer "${name}"`,
        fix: "Check against float64 instead.",
      },
    );
  }
  return tf.localResponseNormalization(x, (size - 1) / 2, bias, alpha / size, beta);
}

function padded(tf: Tfjs, { before, after, mode, value }: PadLayer, x: Tensor): Tensor {
  if (mode !== "constant") {
    return before.reduce((y: Tensor, first, axis) => {
      const size = y.shape[axis + 1]!;
      const positions = Array.from({ length: size + first + after[axis]! }, (_, i) => repeated(mode, i - first, size));
      return tf.gather(y, tf.tensor1d(positions, "int32"), axis + 1);
    }, x);
  }
  const cut = (list: readonly number[]) => list.map((count) => Math.max(0, -count));
  const kept = x.shape.slice(1).map((size, axis) => size - cut(before)[axis]! - cut(after)[axis]!);
  const rest = tf.slice(x, [0, ...cut(before)], [x.shape[0]!, ...kept]);
  const added = before.map((count, axis): [number, number] => [Math.max(0, count), Math.max(0, after[axis]!)]);
  return tf.pad(rest, [[0, 0], ...added], value);
}

/** The position that stands at i, before or after an axis of `size` numbers. */
function repeated(mode: "edge" | "reflect" | "wrap", i: number, size: number): number {
  if (mode === "wrap") return (i + size) % size;
  if (mode === "edge") return Math.min(Math.max(i, 0), size - 1);
  return size - 1 - Math.abs(size - 1 - Math.abs(i));
}

function sliced(tf: Tfjs, { starts, steps, sizes }: SliceLayer, x: Tensor): Tensor {
  return starts.reduce((y: Tensor, start, axis) => {
    const positions = Array.from({ length: sizes[axis]! }, (_, i) => start + i * steps[axis]!);
    return tf.gather(y, tf.tensor1d(positions, "int32"), axis + 1);
  }, x);
}
