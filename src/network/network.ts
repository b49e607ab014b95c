/**
 * The network: an immutable graph of layers with their parameters, as every reader gives it and every part of Lesion
 * takes it. Layout throughout: features last (NHWC), weights input-major, f32.
 */

/** An elementwise activation. `alpha` is the slope of leaky ReLU for negative inputs, and unused by the others. */
export interface Activation {
  readonly kind: ActivationKind;
  readonly alpha: number;
}
/** `gelu` is exact (erf); `gelu-tanh` is its tanh approximation (Hendrycks and Gimpel 2016). */
export type ActivationKind = "linear" | "relu" | "leaky-relu" | "sigmoid" | "tanh" | "gelu" | "gelu-tanh" | "silu";

export const LINEAR: Activation = { kind: "linear", alpha: 0 };
export const RELU: Activation = { kind: "relu", alpha: 0 };

interface LayerBase {
  /** Unique in the network; the node's name in the source file, or its output's where the node has none. */
  readonly name: string;
  /** Names of the layers, or network inputs, it reads, in order. */
  readonly inputs: readonly string[];
}

/** y = activation(x W + b). */
export interface DenseLayer extends LayerBase {
  readonly kind: "dense";
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** [inFeatures, outFeatures], row-major: unit u's incoming weights are the column u. */
  readonly weight: Float32Array;
  /** [outFeatures], or null. */
  readonly bias: Float32Array | null;
  readonly activation: Activation;
}
/** y = activation(x). */
export interface ActivationLayer extends LayerBase {
  readonly kind: "activation";
  readonly activation: Activation;
}
/** y = x + bias, over the last axis. Folded into the dense layer before it by `simplify`. */
export interface BiasLayer extends LayerBase {
  readonly kind: "bias";
  readonly bias: Float32Array;
}
/** Softmax, or its logarithm, over the last axis. */
export interface SoftmaxLayer extends LayerBase {
  readonly kind: "softmax";
  readonly log: boolean;
}
/** All axes but the batch into one. */
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
  | DenseLayer
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
