/**
 * What a unit's activations alone say of its importance: predictors of the published kind, from a profile of the samples. All
 * give one number a unit, in the layer's order, of its post-activation a; none looks at what is behind the layer.
 */
import { LesionError } from "../../core/errors.ts";
import type { ActivationProfile } from "../../engine/probe/activation-profile.ts";

/** The true class of each profiled sample, 0 .. classes - 1. */
export interface SampleClasses {
  readonly labels: ArrayLike<number>;
  readonly classes: number;
}

/** Mean of a over samples and positions. */
export function meanActivation({ units, sums, samples, positions }: ActivationProfile): Float64Array {
  return Float64Array.from({ length: units }, (_, unit) => sums[unit]! / (samples * positions));
}

/** Population standard deviation of a over samples and positions. */
export function stdActivation(profile: ActivationProfile): Float64Array {
  const { squares, samples, positions } = profile;
  return meanActivation(profile).map((mean, unit) =>
    Math.sqrt(Math.max(0, squares[unit]! / (samples * positions) - mean * mean)),
  );
}

/** Maximum of a over samples and positions. */
export function maxActivation({ max }: ActivationProfile): Float64Array {
  return max.slice();
}

/** Average percentage of zeros (Hu et al. 2016, arXiv 1607.03250), as a share: samples and positions where a is exactly 0. */
export function apoz({ units, zeros, samples, positions }: ActivationProfile): Float64Array {
  return Float64Array.from({ length: units }, (_, unit) => zeros[unit]! / (samples * positions));
}

/**
 * [units, classes]: the mean over the class's samples of a sample's mean over positions; NaN for a class without samples.
 * Throws LesionError("internal") where there is not one label a sample.
 */
export function classMeans(profile: ActivationProfile, { labels, classes }: SampleClasses): Float64Array {
  const { units, samples, means } = profile;
  checkLabels(profile, labels);
  const sums = new Float64Array(units * classes);
  const counts = new Float64Array(classes);
  for (let n = 0; n < samples; n++) {
    const label = labels[n]!;
    counts[label] = counts[label]! + 1;
    for (let unit = 0; unit < units; unit++) {
      const at = unit * classes + label;
      sums[at] = sums[at]! + means[n * units + unit]!;
    }
  }
  return sums.map((sum, at) => sum / counts[at % classes]!);
}

/**
 * Class selectivity (Morcos et al. 2018, arXiv 1803.06959): (m - r) / (m + r) of the greatest class mean m and the mean r of
 * the other class means, each class counting once. From 0, the same for all classes, to 1, one class alone, where a is
 * never negative. Null where m + r is 0, as of a unit that is off, or where fewer than two classes have samples.
 */
export function selectivity(profile: ActivationProfile, classes: SampleClasses): readonly (number | null)[] {
  const means = classMeans(profile, classes);
  return Array.from({ length: profile.units }, (_, unit) => {
    const known = means.subarray(unit * classes.classes, (unit + 1) * classes.classes).filter(Number.isFinite);
    if (known.length < 2) return null;
    const most = known.reduce((a, b) => Math.max(a, b));
    const rest = (known.reduce((a, b) => a + b, 0) - most) / (known.length - 1);
    return most + rest === 0 ? null : (most - rest) / (most + rest);
  });
}

/** Bins of a unit's activations, unless told otherwise. */
const BINS = 100;

/**
 * Mutual information of class and activation, in bits: of a sample's mean over positions in bins of equal width between the
 * unit's least and greatest (the last one closed), from the counts as they are (plug-in). 0 for a unit that is always the
 * same. With few samples a bin it comes out too large, for all units. Morcos et al. 2018 use it beside selectivity; the
 * binning is ours.
 */
export function mutualInformation(
  profile: ActivationProfile,
  { labels, classes }: SampleClasses,
  bins = BINS,
): Float64Array {
  const { units, samples, means } = profile;
  checkLabels(profile, labels);
  return Float64Array.from({ length: units }, (_, unit) => {
    const own = Float64Array.from({ length: samples }, (_, n) => means[n * units + unit]!);
    const least = own.reduce((a, b) => Math.min(a, b));
    const width = (own.reduce((a, b) => Math.max(a, b)) - least) / bins;
    if (!(width > 0)) return 0;
    const counts = new Float64Array(bins * classes);
    own.forEach((value, n) => {
      const bin = Math.min(bins - 1, Math.floor((value - least) / width));
      const at = bin * classes + labels[n]!;
      counts[at] = counts[at]! + 1;
    });
    return informationOf(counts, classes);
  });
}

/** Mutual information of rows and columns of a table of counts, in bits. */
function informationOf(counts: Float64Array, columns: number): number {
  const byRow = new Float64Array(counts.length / columns);
  const byColumn = new Float64Array(columns);
  let all = 0;
  counts.forEach((count, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    byRow[row] = byRow[row]! + count;
    byColumn[column] = byColumn[column]! + count;
    all += count;
  });
  return counts.reduce((sum, count, at) => {
    if (count === 0) return sum;
    const expected = (byRow[Math.floor(at / columns)]! * byColumn[at % columns]!) / all;
    return sum + (count / all) * Math.log2(count / expected);
  }, 0);
}

function checkLabels({ layer, samples }: ActivationProfile, labels: ArrayLike<number>): void {
  if (labels.length === samples) return;
  throw new LesionError("internal", `${labels.length} labels for the ${samples} samples that ${layer} was profiled on`);
}
