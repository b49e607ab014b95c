/**
 * The network: an immutable graph of layers with their parameters, as every reader gives it and every part of Lesion
 * takes it. Layout throughout: features last (NHWC), weights input-major, f32.
 */

/** An elementwise activation: its kind, and two numbers that some kinds take. */
export interface Activation {
  readonly kind: ActivationKind;
  /** leaky-relu: slope below 0. elu: its limit, negated. clip: least value. hard-sigmoid: slope. Unused by the others. */
  readonly alpha: number;
  /** clip: greatest value. hard-sigmoid: value at 0. Unused by the others. */
  readonly beta?: number;
}
/**
 * `gelu` is exact (erf); `gelu-tanh` is its tanh approximation (Hendrycks and Gimpel 2016). `clip` is
 * min(max(x, alpha), beta), ReLU6 among them. `hard-sigmoid` is clip(alpha x + beta, 0, 1); `hard-swish` is
 * x clip(x / 6 + 1 / 2, 0, 1) (Howard et al. 2019). `elu` is alpha (exp(x) - 1) below 0.
 */
export type ActivationKind =
  | "linear"
  | "relu"
  | "leaky-relu"
  | "sigmoid"
  | "tanh"
  | "gelu"
  | "gelu-tanh"
  | "silu"
  | "clip"
  | "hard-sigmoid"
  | "hard-swish"
  | "elu";

export const LINEAR: Activation = { kind: "linear", alpha: 0 };
export const RELU: Activation = { kind: "relu", alpha: 0 };
export const RELU6: Activation = { kind: "clip", alpha: 0, beta: 6 };

/** Weights kept as the file has them: w = values * scale + min, each step rounded to f32 (TensorFlow.js, 8 and 16 bits). */
export interface QuantizedWeight {
  readonly values: Uint8Array | Uint16Array;
  readonly scale: number;
  readonly min: number;
}
/** Weights in f32, or quantised to be expanded where they are used; see `floatsOf`. */
export type Weight = Float32Array | QuantizedWeight;

interface LayerBase {
  /** Unique in the network; the node's name in the source file, or its output's where the node has none. */
  readonly name: string;
  /** Names of the layers, or network inputs, it reads, in order. */
  readonly inputs: readonly string[];
}

/** y = activation(x W + b), over the last axis; axes before it are kept. */
export interface DenseLayer<W extends Weight = Float32Array> extends LayerBase {
  readonly kind: "dense";
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** [inFeatures, outFeatures], row-major: unit u's incoming weights are the column u. */
  readonly weight: W;
  /** [outFeatures], or null. */
  readonly bias: Float32Array | null;
  readonly activation: Activation;
}

/** Where a sliding window stands: rows first, columns second. */
export interface Window {
  readonly kernel: readonly [rows: number, columns: number];
  readonly stride: readonly [rows: number, columns: number];
  readonly dilation: readonly [rows: number, columns: number];
  readonly padding: Padding;
}
export interface Padding {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

/**
 * y = activation(x * W + b): cross-correlation, padded with zeros. x: [height, width, inChannels]. Output channel o reads
 * the input channels of its group: o's group is floor(o / (outChannels / groups)). Depthwise: groups = inChannels.
 */
export interface Conv2dLayer extends LayerBase, Window {
  readonly kind: "conv2d";
  readonly inChannels: number;
  readonly outChannels: number;
  readonly groups: number;
  /** [kernel rows, kernel columns, inChannels / groups, outChannels], row-major. */
  readonly weight: Weight;
  /** [outChannels], or null. */
  readonly bias: Float32Array | null;
  readonly activation: Activation;
}
/** Maximum or mean of each window, channel by channel. What is padded counts as absent for the maximum. */
export interface Pool2dLayer extends LayerBase, Window {
  readonly kind: "pool2d";
  readonly pool: "max" | "average";
  /** Rounds the output size up, so that the last window may hang over; a window that begins in the padding is dropped. */
  readonly ceilMode: boolean;
  /** average: divides by the window's numbers within the padded input, not within the input. */
  readonly countIncludePad: boolean;
}
/** Maximum or mean over all positions: [height, width, channels] to [1, 1, channels]. */
export interface GlobalPoolLayer extends LayerBase {
  readonly kind: "global-pool";
  readonly pool: "max" | "average";
}
/** y = gamma (x - mean) / sqrt(variance + epsilon) + beta, over the last axis (Ioffe and Szegedy 2015), in evaluation. */
export interface BatchNormLayer extends LayerBase {
  readonly kind: "batch-norm";
  /** Each [channels]. */
  readonly gamma: Float32Array;
  readonly beta: Float32Array;
  readonly mean: Float32Array;
  readonly variance: Float32Array;
  readonly epsilon: number;
}
/** y = activation(x * scale + shift), over the last axis: what is left of batch norm, bias and scale, see `simplify`. */
export interface ScaleLayer extends LayerBase {
  readonly kind: "scale";
  /** Each [channels]. */
  readonly scale: Float32Array;
  readonly shift: Float32Array;
  readonly activation: Activation;
}
/** y = activation(a op b): two inputs, shapes broadcast as NumPy does, aligned at the last axis. */
export interface BinaryLayer extends LayerBase {
  readonly kind: "binary";
  readonly operator: "add" | "subtract" | "multiply" | "divide";
  readonly activation: Activation;
}
/** The same tensor for every sample. No inputs. */
export interface ConstantLayer extends LayerBase {
  readonly kind: "constant";
  readonly shape: readonly number[];
  readonly values: Float32Array;
}
/** One or more inputs, one after the other along an axis of the sample. */
export interface ConcatLayer extends LayerBase {
  readonly kind: "concat";
  /** From 0, without the batch axis. */
  readonly axis: number;
}
/**
 * Local response normalisation across channels (Krizhevsky et al. 2012): y[c] = x[c] / (bias + alpha / size * sum of x^2
 * over the channels max(0, c - floor((size - 1) / 2)) to min(channels - 1, c + ceil((size - 1) / 2))) ^ beta.
 */
export interface LrnLayer extends LayerBase {
  readonly kind: "lrn";
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly bias: number;
}
/** More numbers, or fewer where negative, before and after each axis of the sample. */
export interface PadLayer extends LayerBase {
  readonly kind: "pad";
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly mode: "constant" | "edge" | "reflect" | "wrap";
  /** What "constant" fills with. */
  readonly value: number;
}
/** Every `steps`-th number of each axis from `starts`; the output has the given `sizes`. Negative steps go backwards. */
export interface SliceLayer extends LayerBase {
  readonly kind: "slice";
  readonly starts: readonly number[];
  readonly steps: readonly number[];
  readonly sizes: readonly number[];
}
/** The axes of the sample in another order: output axis i is input axis axes[i]. */
export interface TransposeLayer extends LayerBase {
  readonly kind: "transpose";
  readonly axes: readonly number[];
}
/** y = activation(x). */
export interface ActivationLayer extends LayerBase {
  readonly kind: "activation";
  readonly activation: Activation;
}
/** y = x + bias, over the last axis. Folded into the layer before it by `simplify`, where that can be. */
export interface BiasLayer extends LayerBase {
  readonly kind: "bias";
  readonly bias: Float32Array;
}
/** Softmax, or its logarithm, over the last axis. */
export interface SoftmaxLayer extends LayerBase {
  readonly kind: "softmax";
  readonly log: boolean;
}
/** All axes but the batch into one, features last varying fastest. */
export interface FlattenLayer extends LayerBase {
  readonly kind: "flatten";
}
/** A new shape, without the batch axis. */
export interface ReshapeLayer extends LayerBase {
  readonly kind: "reshape";
  readonly shape: readonly number[];
}
/** Passes its input on: Identity, and Dropout, which does nothing in evaluation. */
export interface IdentityLayer extends LayerBase {
  readonly kind: "identity";
}

export type Layer =
  | DenseLayer<Weight>
  | Conv2dLayer
  | Pool2dLayer
  | GlobalPoolLayer
  | BatchNormLayer
  | ScaleLayer
  | BinaryLayer
  | ConstantLayer
  | ConcatLayer
  | LrnLayer
  | PadLayer
  | SliceLayer
  | TransposeLayer
  | ActivationLayer
  | BiasLayer
  | SoftmaxLayer
  | FlattenLayer
  | ReshapeLayer
  | IdentityLayer;

/** What a network reads. */
export interface NetworkInput {
  readonly name: string;
  /** Without the batch axis, e.g. [784] or [28, 28, 1]. */
  readonly shape: readonly number[];
}

/** An immutable graph of layers. */
export interface Network {
  readonly name: string;
  readonly inputs: readonly NetworkInput[];
  /** In an order in which each layer comes after what it reads. */
  readonly layers: readonly Layer[];
  /** Names of the layers whose results the network gives. */
  readonly outputs: readonly string[];
}
