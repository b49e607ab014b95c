/**
 * How similar the units of a layer are, by their weights or by what they do on samples. Meyes et al. (2019) ablate groups of
 * similar filters and leave the measure open, so it is a parameter of the study. All measures come down to distances or
 * inner products of one vector a unit.
 */
import type { UnitWeights } from "./unit-weights.ts";

export type WeightSimilarity = "weights-l2" | "weights-l2-normalized" | "weights-cosine" | "weights-correlation";
export type ActivationSimilarity = "activation-correlation" | "activation-cka";
export type Similarity = WeightSimilarity | ActivationSimilarity;

export interface SimilarityMatrix {
  readonly kind: Similarity;
  readonly units: number;
  /** [units, units], symmetric, finite; larger is more similar, and the diagonal is the greatest there is. */
  readonly values: Float64Array;
}

/**
 * The ends of each scale. The least is what a unit without a direction (zero or constant weights, a unit that never moves)
 * has with every other; a plain L2 distance has no end, and is defined of zero vectors too.
 */
const SCALE: Readonly<Record<Similarity, { readonly least: number; readonly greatest: number }>> = {
  "weights-l2": { least: Number.NEGATIVE_INFINITY, greatest: 0 },
  "weights-l2-normalized": { least: -2, greatest: 0 },
  "weights-cosine": { least: -1, greatest: 1 },
  "weights-correlation": { least: 0, greatest: 1 },
  "activation-correlation": { least: -1, greatest: 1 },
  "activation-cka": { least: 0, greatest: 1 },
};

/**
 * Similarity of incoming weights, in float64: minus the L2 distance; the same of weights scaled to norm 1; the cosine; the
 * absolute value of Pearson's correlation. About units^2 * length / 2 multiplications.
 */
export function weightSimilarity(kind: WeightSimilarity, weights: UnitWeights): SimilarityMatrix {
  const { units, length } = weights;
  const vectors = Array.from({ length: units }, (_, unit) =>
    Float64Array.from(weights.incoming.subarray(unit * length, (unit + 1) * length)),
  );
  switch (kind) {
    case "weights-l2":
      return pairwise(kind, vectors, (a, b) => -apart(a, b));
    case "weights-l2-normalized":
      return pairwise(kind, vectors.map(unitNorm), (a, b) => -apart(a, b));
    case "weights-cosine":
      return pairwise(kind, vectors.map(unitNorm), inner);
    case "weights-correlation":
      return pairwise(kind, vectors.map(centred).map(unitNorm), (a, b) => Math.abs(inner(a, b)));
  }
}

/** Sums over samples and positions of the units' activations, and of the products of every two of them. */
export interface ActivationMoments {
  /** Samples times positions. */
  readonly count: number;
  /** [units]. */
  readonly sums: Float64Array;
  /** [units, units]. */
  readonly products: Float64Array;
}

/**
 * A variance within so much of the mean square may be what rounding leaves of a constant: products are summed in f32 in parts of
 * up to 4,096 terms (src/engine/probe/unit-products.ts), each of which can be off by 2^-24 of the sum. Of constants they are off
 * by up to a quarter of that. A unit that moves by less than 1.6 % of its root mean square counts as one that does not: of
 * its covariances too much would be rounding.
 */
const ROUNDING = 4096 * 2 ** -24;

/** Pearson's correlation of activations over samples and positions; the least there is of a unit that never moves. */
export function activationCorrelation({ count, sums, products }: ActivationMoments): SimilarityMatrix {
  const units = sums.length;
  const covariance = (a: number, b: number) => products[a * units + b]! - (sums[a]! * sums[b]!) / count;
  const deviations = Array.from(sums, (_, unit) => {
    const variance = covariance(unit, unit);
    return variance > ROUNDING * products[unit * units + unit]! ? Math.sqrt(variance) : null;
  });
  const numbers = deviations.map((deviation, unit) => (deviation === null ? null : { unit, deviation }));
  return pairwise(
    "activation-correlation",
    numbers,
    (a, b) => covariance(a.unit, b.unit) / (a.deviation * b.deviation),
  );
}

/** Activations of a layer on some samples. */
export interface UnitMaps {
  readonly units: number;
  readonly samples: number;
  readonly positions: number;
  /** [units, samples, positions]: of each sample the unit's map, a single number in a dense layer. */
  readonly activations: Float32Array;
}

/**
 * Linear centred kernel alignment (Kornblith et al. 2019) of the units' maps, each a representation of the samples by
 * positions: |Y'X|^2 / (|X'X| |Y'Y|) with columns centred over samples. Of one position it is Pearson's correlation squared.
 * Reckoned through whichever is the smaller: positions^2 covariances of every two units, samples * positions each; or the
 * samples^2 / 2 inner products of samples, kept for each unit, of which CKA is the cosine.
 */
export function activationCka(maps: UnitMaps): SimilarityMatrix {
  const { units, positions, samples } = maps;
  const columns = Array.from({ length: units }, (_, unit) => centredColumns(maps, unit));
  if (positions ** 2 > samples) {
    const kernels = columns.map((own) => unitNorm(sampleKernel(own, samples)));
    return pairwise("activation-cka", kernels, inner);
  }
  const representations = columns.map((own) => {
    const norm = Math.sqrt(squaredCovariance(own, own));
    return norm > 0 ? { own, norm } : null;
  });
  return pairwise("activation-cka", representations, (a, b) => squaredCovariance(a.own, b.own) / (a.norm * b.norm));
}

/** The activations of a unit by position, each over samples and about its mean. */
function centredColumns({ samples, positions, activations }: UnitMaps, unit: number): readonly Float64Array[] {
  const from = unit * samples * positions;
  return Array.from({ length: positions }, (_, position) =>
    centred(Float64Array.from({ length: samples }, (_, n) => activations[from + n * positions + position]!)),
  );
}

/** |Y'X|^2: squares of the covariances of all columns of one unit with all of another. */
function squaredCovariance(x: readonly Float64Array[], y: readonly Float64Array[]): number {
  let sum = 0;
  for (const a of x) for (const b of y) sum += inner(a, b) ** 2;
  return sum;
}

/** Inner products of every two samples, each pair once; weighted so that an inner product of these is that of the whole. */
function sampleKernel(columns: readonly Float64Array[], samples: number): Float64Array {
  const kernel = new Float64Array((samples * (samples + 1)) / 2);
  for (const column of columns) {
    let at = 0;
    for (let i = 0; i < samples; i++) {
      const scaled = Math.SQRT2 * column[i]!;
      for (let j = 0; j < i; j++) kernel[at++]! += scaled * column[j]!;
      kernel[at++]! += column[i]! ** 2;
    }
  }
  return kernel;
}

/** How far apart units are, for clustering: the greatest similarity there can be less theirs. Of L2 it is the L2 distance. */
export function distanceOf({ kind, units, values }: SimilarityMatrix): (i: number, j: number) => number {
  const { greatest } = SCALE[kind];
  return (i, j) => greatest - values[i * units + j]!;
}

/** All pairs of units by one measure, kept within its scale; null stands for a unit that has no direction. */
function pairwise<T>(kind: Similarity, of: readonly (T | null)[], similar: (a: T, b: T) => number): SimilarityMatrix {
  const units = of.length;
  const { least, greatest } = SCALE[kind];
  const values = new Float64Array(units * units);
  for (const [i, a] of of.entries()) {
    for (let j = 0; j < i; j++) {
      const b = of[j]!;
      const measured = a === null || b === null ? least : similar(a, b);
      const between = Math.max(least, Math.min(greatest, measured));
      values[i * units + j] = between;
      values[j * units + i] = between;
    }
    values[i * units + i] = greatest;
  }
  return { kind, units, values };
}

function inner(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** The L2 distance, from differences: equal vectors are 0 apart to the bit. */
function apart(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return Math.sqrt(sum);
}

/** The vector at norm 1; null of a zero vector. */
function unitNorm(vector: Float64Array): Float64Array | null {
  const norm = Math.sqrt(inner(vector, vector));
  return norm > 0 ? vector.map((value) => value / norm) : null;
}

/** The vector about its mean; zeros where it is constant, which rounding of the mean must not hide. */
function centred(vector: Float64Array): Float64Array {
  const [first] = vector;
  if (vector.every((value) => value === first)) return new Float64Array(vector.length);
  const mean = vector.reduce((sum, value) => sum + value, 0) / vector.length;
  return vector.map((value) => value - mean);
}
