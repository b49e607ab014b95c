/**
 * Gradients of the mean cross-entropy in float64, by the chain rule and by central differences: what the training
 * kernels are measured against, and what keeps this oracle honest itself.
 */
import { differentiable } from "./activation.ts";
import { type ChainLayer, crossEntropy, type Floats, forward, logitsOf, type UnitChange } from "./oracle.ts";

/** Derivatives of the mean loss by one layer's parameters and by its post-activations. */
export interface LayerGradient {
  /** [inFeatures, outFeatures] */
  readonly weight: Float64Array;
  /** [outFeatures], or null where the layer has no bias. */
  readonly bias: Float64Array | null;
  /** [samples, outFeatures]: by the post-activation after the changes. */
  readonly post: Float64Array;
}

export interface Gradients {
  /** Mean cross-entropy, in nats. */
  readonly loss: number;
  readonly layers: readonly LayerGradient[];
}

/**
 * Loss and gradients of a chain on `inputs` [samples, inFeatures] and `labels` [samples], with the changed units held: a
 * unit whose activation is replaced passes no gradient on. Throws as `forward` does.
 */
export function gradients(
  layers: readonly ChainLayer[],
  inputs: Floats,
  labels: Uint16Array,
  changes: readonly UnitChange[] = [],
): Gradients {
  const samples = labels.length;
  const trace = forward(layers, inputs, samples, changes);
  const found: LayerGradient[] = [];
  let post = lossGradient(logitsOf(trace), labels);
  for (let l = layers.length - 1; l >= 0; l--) {
    const layer = layers[l]!;
    const pre = preGradient(layer, post, trace.pre[l]!, l, changes);
    const x = trace.post[l - 1] ?? inputs;
    found.unshift({ weight: weightGradient(layer, x, pre, samples), bias: biasGradient(layer, pre), post });
    if (l > 0) post = inputGradient(layer, pre, samples);
  }
  return { loss: meanLoss(logitsOf(trace), labels), layers: found };
}

function meanLoss(logits: Floats, labels: Uint16Array): number {
  const classes = logits.length / labels.length;
  let sum = 0;
  labels.forEach((label, n) => {
    sum += crossEntropy(logits.subarray(n * classes, (n + 1) * classes), label);
  });
  return sum / labels.length;
}

/** (softmax(logits) - one-hot(label)) / samples: [samples, classes]. */
function lossGradient(logits: Float64Array, labels: Uint16Array): Float64Array {
  const classes = logits.length / labels.length;
  return logits.map((_, at) => {
    const n = Math.floor(at / classes);
    const c = at % classes;
    const probability = Math.exp(-crossEntropy(logits.subarray(n * classes, (n + 1) * classes), c));
    return (probability - (c === labels[n] ? 1 : 0)) / labels.length;
  });
}

/** By x W + b, from the gradient by the changed post-activation: [samples, outFeatures]. */
function preGradient(
  layer: ChainLayer,
  post: Float64Array,
  pre: Float64Array,
  layerIndex: number,
  changes: readonly UnitChange[],
): Float64Array {
  const gain = new Float64Array(layer.outFeatures).fill(1);
  for (const change of changes) {
    if (change.layerIndex !== layerIndex) continue;
    gain[change.unit] = gain[change.unit]! * ("values" in change ? 0 : change.scale);
  }
  const { derivative } = differentiable(layer.activation);
  return post.map((gradient, at) => gradient * gain[at % layer.outFeatures]! * derivative(pre[at]!));
}

/** x^T pre: [inFeatures, outFeatures]. */
function weightGradient(layer: ChainLayer, x: Floats, pre: Float64Array, samples: number): Float64Array {
  const { inFeatures, outFeatures } = layer;
  const weight = new Float64Array(inFeatures * outFeatures);
  for (let n = 0; n < samples; n++) {
    for (let i = 0; i < inFeatures; i++) {
      const value = x[n * inFeatures + i]!;
      for (let u = 0; u < outFeatures; u++) {
        const at = i * outFeatures + u;
        weight[at] = weight[at]! + value * pre[n * outFeatures + u]!;
      }
    }
  }
  return weight;
}

function biasGradient(layer: ChainLayer, pre: Float64Array): Float64Array | null {
  if (layer.bias === null) return null;
  const bias = new Float64Array(layer.outFeatures);
  pre.forEach((gradient, at) => {
    bias[at % layer.outFeatures] = bias[at % layer.outFeatures]! + gradient;
  });
  return bias;
}

/** pre W^T: [samples, inFeatures]. */
function inputGradient(layer: ChainLayer, pre: Float64Array, samples: number): Float64Array {
  const { inFeatures, outFeatures, weight } = layer;
  const x = new Float64Array(samples * inFeatures);
  for (let n = 0; n < samples; n++) {
    for (let i = 0; i < inFeatures; i++) {
      let sum = 0;
      for (let u = 0; u < outFeatures; u++) sum += pre[n * outFeatures + u]! * weight[i * outFeatures + u]!;
      x[n * inFeatures + i] = sum;
    }
  }
  return x;
}

/** Gradient of `loss` at `point` by central differences, (f(p + h) - f(p - h)) / 2h: exact to about h^2. */
export function centralDifferences(
  loss: (point: Float64Array) => number,
  point: Float64Array,
  step = 1e-5,
): Float64Array {
  return point.map((value, i) => {
    const moved = (by: number) => loss(point.with(i, value + by));
    return (moved(step) - moved(-step)) / (2 * step);
  });
}
