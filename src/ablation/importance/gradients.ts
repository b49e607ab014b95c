/**
 * What gradients say of a unit's importance: predictors of the published kind, from a profile of the samples. All give one
 * number a unit, in the layer's order, and none is negative. L is the cross-entropy, a the unit's post-activation, g = dL/da
 * of a sample's own loss, w the unit's incoming weights without its bias.
 */
import type { GradientProfile } from "../../engine/probe/gradients.ts";

/**
 * Taylor expansion, Molchanov et al. 2017 (arXiv 1611.06440): the mean over samples of |mean over positions of
 * g a|, the absolute value taken before samples are averaged; then divided by the layer's Euclidean norm, so that layers
 * compare. All 0 where that norm is.
 */
export function taylor(profile: GradientProfile): Float64Array {
  const { samples, positions } = profile;
  const sums = overSamples(profile, (product) => Math.abs(product / positions));
  return normalised(
    sums.map((sum) => sum / samples),
    (values) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0)),
  );
}

/**
 * Taylor expansion in weights, Molchanov et al. 2019 (arXiv 1906.10771), of a group: (sum over w of dL/dw w)^2, L the mean
 * of a mini-batch, averaged over mini-batches, each of which counts once.
 */
export function taylorWeight({ units, batches }: GradientProfile): Float64Array {
  return overBatches(units, batches.weightProducts, (sum) => sum * sum);
}

/**
 * Taylor expansion in a gate, Molchanov et al. 2019 (arXiv 1906.10771): (dL/dz)^2 for a factor z = 1 that the unit's activation is
 * multiplied by, which makes dL/dz the sum over positions of g a; L the mean of a mini-batch, averaged over mini-batches.
 */
export function taylorGate({ units, batches }: GradientProfile): Float64Array {
  return overBatches(units, batches.gateProducts, (sum) => sum * sum);
}

/** Fisher pruning, Theis et al. 2018 (arXiv 1801.05787): 1 / (2 N) sum over samples of (sum over positions of g a)^2. */
export function fisher(profile: GradientProfile): Float64Array {
  return overSamples(profile, (product) => product * product).map((sum) => sum / (2 * profile.samples));
}

/**
 * SNIP, Lee et al. 2019 (arXiv 1810.02340): the connection sensitivity |dL/dw w| of a mini-batch's mean loss, summed over the
 * unit's incoming weights, averaged over mini-batches, and divided by the sum over the layer. The paper has a single
 * mini-batch, divides by the sum over the network and ranks single weights; within a layer the order is the same.
 */
export function snip({ units, batches }: GradientProfile): Float64Array {
  const sums = overBatches(units, batches.weightAbs, (sum) => sum);
  return normalised(sums, (values) => values.reduce((sum, value) => sum + value, 0));
}

/**
 * Gradient times weight: |sum over w of dL/dw w|, L the mean of a mini-batch, averaged over mini-batches: to first order, how
 * far the loss moves when the incoming weights go to 0 (after Mozer and Smolensky 1989).
 */
export function gradientWeight({ units, batches }: GradientProfile): Float64Array {
  return overBatches(units, batches.weightProducts, Math.abs);
}

/** Sums over samples of `of` each one's product. */
function overSamples({ units, products }: GradientProfile, of: (product: number) => number): Float64Array {
  const sums = new Float64Array(units);
  products.forEach((product, at) => {
    sums[at % units] = sums[at % units]! + of(product);
  });
  return sums;
}

/** Means over mini-batches of `of` each one's value, [batches, units]. */
function overBatches(units: number, values: Float64Array, of: (value: number) => number): Float64Array {
  const means = new Float64Array(units);
  const batches = values.length / units;
  values.forEach((value, at) => {
    means[at % units] = means[at % units]! + of(value) / batches;
  });
  return means;
}

/** Values over their norm, or as they are where it is 0. */
function normalised(values: Float64Array, normOf: (values: Float64Array) => number): Float64Array {
  const norm = normOf(values);
  return norm === 0 ? values : values.map((value) => value / norm);
}
