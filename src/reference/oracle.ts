/**
 * What a dense network computes, in float64 and in the plainest way: the oracle that kernels, engine and TensorFlow.js
 * are all measured against. Nothing here is cached, fused or reordered for speed.
 */
import { setBit, wordsFor } from "../core/bitset.ts";
import { LesionError } from "../core/errors.ts";
import { type ActivationLike, differentiable } from "./activation.ts";
import type { Floats } from "./tensor.ts";

export type { Floats };

/** One layer y = activation(x W + b) of a chain in which each layer reads the one before it. */
export interface ChainLayer {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** [inFeatures, outFeatures], row-major. */
  readonly weight: Floats;
  /** [outFeatures], or null. */
  readonly bias: Floats | null;
  readonly activation: ActivationLike;
}

/** What becomes of one unit's post-activation a: `scale * a + shift`, or `values[n]` on sample n. */
export type UnitChange = { readonly layerIndex: number; readonly unit: number } & (
  | { readonly scale: number; readonly shift: number }
  | { readonly values: Floats }
);

/** All that a forward pass computed. */
export interface Trace {
  /** Per layer [samples, outFeatures]: x W + b. */
  readonly pre: readonly Float64Array[];
  /** Per layer [samples, outFeatures]: after the activation, and after the changes. The last are the logits. */
  readonly post: readonly Float64Array[];
}

/**
 * Runs `inputs` [samples, inFeatures] through the chain with the units changed. With the `intact` trace of the same
 * inputs, what comes before the first change is taken from it. Throws `bad-model`, `bad-data` or `bad-study` where
 * sizes or sites do not fit.
 */
export function forward(
  layers: readonly ChainLayer[],
  inputs: Floats,
  samples: number,
  changes: readonly UnitChange[] = [],
  intact?: Trace,
): Trace {
  checkChain(layers, inputs, samples);
  checkSites(
    layers,
    changes.map(({ layerIndex, unit }) => ({ layerIndex, units: [unit] })),
  );
  const first = changes.reduce((least, change) => Math.min(least, change.layerIndex), layers.length);
  const pre: Float64Array[] = [];
  const post: Float64Array[] = [];
  layers.forEach((layer, layerIndex) => {
    const z = layerIndex <= first ? intact?.pre[layerIndex] : undefined;
    const a = layerIndex < first ? intact?.post[layerIndex] : undefined;
    pre.push(z ?? affine(layer, post[layerIndex - 1] ?? inputs, samples));
    post.push(a ?? changed(pre[layerIndex]!.map(differentiable(layer.activation).value), layerIndex));
  });
  return { pre, post };

  function changed(activations: Float64Array, layerIndex: number): Float64Array {
    const units = layers[layerIndex]!.outFeatures;
    for (const change of changes) {
      if (change.layerIndex !== layerIndex) continue;
      for (let n = 0; n < samples; n++) {
        const at = n * units + change.unit;
        activations[at] = "values" in change ? change.values[n]! : change.scale * activations[at]! + change.shift;
      }
    }
    return activations;
  }
}

/** The logits of a trace: [samples, classes]. */
export function logitsOf(trace: Trace): Float64Array {
  return trace.post[trace.post.length - 1]!;
}

/** x W + b: [samples, outFeatures]. */
function affine(layer: ChainLayer, x: Floats, samples: number): Float64Array {
  const { inFeatures, outFeatures, weight, bias } = layer;
  const z = new Float64Array(samples * outFeatures);
  for (let n = 0; n < samples; n++) {
    const start = n * outFeatures;
    if (bias !== null) z.set(bias, start);
    for (let i = 0; i < inFeatures; i++) {
      const value = x[n * inFeatures + i]!;
      for (let u = 0; u < outFeatures; u++) z[start + u] = z[start + u]! + value * weight[i * outFeatures + u]!;
    }
  }
  return z;
}

/** Mean of each column of `values` [samples, units]. */
export function columnMeans(values: Floats, samples: number): Float64Array {
  const units = values.length / samples;
  const means = new Float64Array(units);
  for (let n = 0; n < samples; n++) for (let u = 0; u < units; u++) means[u] = means[u]! + values[n * units + u]!;
  return means.map((sum) => sum / samples);
}

/** What logits say about labelled samples. */
export interface Evaluation {
  readonly correct: number;
  readonly correctTop5: number;
  /** Mean cross-entropy, in nats. */
  readonly loss: number;
  /** [samples]: classes ahead of the true one; 0 is correct, below 5 is correct in the top 5. */
  readonly ranks: Uint32Array;
  /** [samples]: cross-entropy, in nats. */
  readonly losses: Float64Array;
  /** [samples]: true logit minus the greatest other one. */
  readonly margins: Float64Array;
  /** Correctness, a bit a sample; see src/core/bitset.ts. */
  readonly bits: Uint32Array;
}

/** Evaluates `logits` [samples, classes] against `labels` [samples]. Throws `bad-data` for a label out of range. */
export function evaluate(logits: Floats, labels: Uint16Array): Evaluation {
  const samples = labels.length;
  const classes = logits.length / samples;
  const ranks = new Uint32Array(samples);
  const losses = new Float64Array(samples);
  const margins = new Float64Array(samples);
  const bits = new Uint32Array(wordsFor(samples));
  labels.forEach((label, n) => {
    if (label >= classes) {
      throw new LesionError("bad-data", `label ${label} of sample ${n} is not below the network's ${classes} outputs`, {
        where: `labels[${n}]`,
        fix: "Use labels that count the network's classes from 0.",
      });
    }
    const row = logits.subarray(n * classes, (n + 1) * classes);
    ranks[n] = rankOf(row, label);
    losses[n] = crossEntropy(row, label);
    margins[n] = marginOf(row, label);
    if (ranks[n] === 0) setBit(bits, n);
  });
  return {
    correct: ranks.filter((rank) => rank === 0).length,
    correctTop5: ranks.filter((rank) => rank < 5).length,
    loss: losses.reduce((sum, loss) => sum + loss, 0) / samples,
    ranks,
    losses,
    margins,
    bits,
  };
}

/**
 * How many classes are ahead of `label`: those with a greater logit, and those of a lower index with an equal one. NaN
 * is ahead of every number, and a true logit that is NaN is behind all classes, so that it is in no top k.
 */
export function rankOf(logits: Floats, label: number): number {
  const own = logits[label]!;
  if (Number.isNaN(own)) return logits.length;
  let rank = 0;
  for (let c = 0; c < logits.length; c++) {
    if (c !== label && !(logits[c]! < own || (logits[c] === own && c > label))) rank++;
  }
  return rank;
}

/** log sum exp(logits) - logits[label], shifted by the greatest logit so that nothing overflows. */
export function crossEntropy(logits: Floats, label: number): number {
  let greatest = Number.NEGATIVE_INFINITY;
  for (const logit of logits) greatest = Math.max(greatest, logit);
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - greatest);
  return Math.log(sum) + greatest - logits[label]!;
}

function marginOf(logits: Floats, label: number): number {
  let greatest = Number.NEGATIVE_INFINITY;
  for (let c = 0; c < logits.length; c++) if (c !== label) greatest = Math.max(greatest, logits[c]!);
  return logits[label]! - greatest;
}

/** Throws unless every array of the chain has the size its layer states, and each layer reads what the last one gives. */
function checkChain(layers: readonly ChainLayer[], inputs: Floats, samples: number): void {
  const fail = (code: "bad-model" | "bad-data", message: string, where: string) => {
    throw new LesionError(code, message, { where, fix: "Give arrays of the sizes that the layers state." });
  };
  if (layers.length === 0) fail("bad-model", "the network has no layers", "layers");
  layers.forEach(({ inFeatures, outFeatures, weight, bias }, i) => {
    const given = layers[i - 1]?.outFeatures ?? inFeatures;
    if (given !== inFeatures) fail("bad-model", `layer ${i} reads ${inFeatures} features of ${given}`, `layers[${i}]`);
    if (weight.length !== inFeatures * outFeatures) {
      fail("bad-model", `layer ${i} has ${weight.length} weights, not ${inFeatures} x ${outFeatures}`, `layers[${i}]`);
    }
    if (bias !== null && bias.length !== outFeatures) {
      fail("bad-model", `layer ${i} has ${bias.length} biases for ${outFeatures} units`, `layers[${i}]`);
    }
  });
  const expected = samples * layers[0]!.inFeatures;
  if (inputs.length !== expected) {
    fail("bad-data", `${inputs.length} input numbers, not ${samples} x ${layers[0]!.inFeatures}`, "inputs");
  }
}

/** Throws `bad-study` unless every site names units that the chain has. */
function checkSites(
  layers: readonly ChainLayer[],
  sites: readonly { readonly layerIndex: number; readonly units: readonly number[] }[],
): void {
  for (const { layerIndex, units } of sites) {
    const count = layers[layerIndex]?.outFeatures;
    if (count === undefined) {
      throw new LesionError("bad-study", `there is no layer ${layerIndex} among ${layers.length}`, {
        where: `layer ${layerIndex}`,
        fix: `Name a layer from 0 to ${layers.length - 1}.`,
      });
    }
    for (const unit of units) {
      if (Number.isInteger(unit) && unit >= 0 && unit < count) continue;
      throw new LesionError("bad-study", `layer ${layerIndex} has ${count} units, and no unit ${unit}`, {
        where: `layer ${layerIndex}, unit ${unit}`,
        fix: `Name a unit from 0 to ${count - 1}.`,
      });
    }
  }
}
