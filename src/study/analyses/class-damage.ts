/**
 * Unit x class atlas: how far each class falls without each unit, and whether a unit's effect is on few classes or on all.
 * Needs no bits: records hold the correct samples of each class.
 */
import type { ClassDamageOptions } from "../analysis-options.ts";
import type { ClassDamageRecord } from "../analysis-records.ts";
import { classDropsPp } from "../summary.ts";
import type { AnalysisInput } from "./input.ts";
import { euclidean, seriation } from "./seriation.ts";
import { mostDamaging, singleUnitsOf } from "./single-units.ts";

/** A unit of which no class falls by so many percentage points has no effect to speak of. */
const LEAST_DROP_PP = 1;
/** Below this share of the greatest entropy an effect is on few classes. */
const SELECTIVE_BELOW = 0.5;

/**
 * One record of each sweep, layer and replacement, of at most MOST_UNITS units, the most damaging ones. With d_c the drops
 * of recall above 0 and p_c = d_c / sum d, a unit's entropy is -sum p_c log p_c over the logarithm of the number of classes
 * that have samples; its selectivity (d_max - d_rest) / (d_max + d_rest), d_rest being the mean over the other classes
 * (after Morcos et al. 2018, arXiv 1803.06959, there of activations). "none": no class falls by LEAST_DROP_PP; else
 * "selective" below an entropy of SELECTIVE_BELOW, and "global".
 */
export function classDamage(input: AnalysisInput, { layers }: ClassDamageOptions): ClassDamageRecord[] {
  const { classSamples, samples } = input.intact;
  const present = classSamples.flatMap((count, c) => (count > 0 ? [c] : []));
  return singleUnitsOf(input, layers).map((singles): ClassDamageRecord => {
    const { sweep, layer, layerIndex, replacement, units, ablations } = mostDamaging(singles);
    const drops = ablations.map((record) => classDropsPp(record, input.intact));
    const falls = drops.map((ofUnit) => present.map((c) => Math.max(0, ofUnit[c]!)));
    const byClass = classSamples.map((_, c) => drops.map((ofUnit) => ofUnit[c]!));
    const entropy = falls.map(entropyOf);
    return {
      type: "analysis",
      name: "class-damage",
      sweep,
      layer,
      layerIndex,
      replacement,
      units,
      drops,
      entropy,
      selectivity: falls.map(selectivityOf),
      kind: falls.map((ofUnit, u) => {
        if (Math.max(...ofUnit) < LEAST_DROP_PP) return "none";
        return entropy[u]! < SELECTIVE_BELOW ? "selective" : "global";
      }),
      order: seriation(drops.length, (i, j) => euclidean(drops[i]!, drops[j]!)),
      classOrder: seriation(byClass.length, (i, j) => euclidean(byClass[i]!, byClass[j]!)),
      classSamples,
      n: samples,
    };
  });
}

/** Of values of at least 0: 0 where one class has them all, 1 where all are alike; null where all are 0. */
export function entropyOf(falls: readonly number[]): number | null {
  const total = falls.reduce((sum, fall) => sum + fall, 0);
  if (total === 0) return null;
  const entropy = falls.reduce((sum, fall) => (fall > 0 ? sum - (fall / total) * Math.log(fall / total) : sum), 0);
  return falls.length === 1 ? 0 : Math.min(1, entropy / Math.log(falls.length));
}

/** Of values of at least 0: 1 where one class has them all, 0 where all are alike; null where all are 0. */
export function selectivityOf(falls: readonly number[]): number | null {
  const total = falls.reduce((sum, fall) => sum + fall, 0);
  if (total === 0) return null;
  const most = Math.max(...falls);
  const rest = falls.length === 1 ? 0 : (total - most) / (falls.length - 1);
  return (most - rest) / (most + rest);
}
