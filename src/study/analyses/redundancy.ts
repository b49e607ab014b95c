/**
 * Redundancy of two units (Meyes et al. 2019, arXiv 1901.08644): samples that the network gets right without either, and
 * wrong without both. Such samples need one of the two, no matter which.
 */
import { normalQuantile } from "../../ablation/statistics/normal.ts";
import type { RedundancyOptions } from "../analysis-options.ts";
import type { IntervalOrNull, RedundancyRecord } from "../analysis-records.ts";
import type { AblationRecord } from "../records.ts";
import { grouped } from "./grouped.ts";
import type { AnalysisInput } from "./input.ts";
import { comparable, isChosen, singleUnitLookup, unitsOf } from "./single-units.ts";

const Z_95 = normalQuantile(0.975);

/** Records of a layer, or of pairs across layers, at most: all pairs of 100 units. Of more pairs those of greatest R. */
export const MOST_PAIRS = 4950;

/**
 * One record for each pair of units, of sweeps over pairs and listed sets, all of whose layers are chosen, and whose units
 * were also ablated alone under the same replacement, in whichever sweep. With c a class,
 *
 *     R_c = #{n in c: wrong without both, right without either} / #{n in c: right intact},
 *
 * null where no sample of c is right intact, and R the mean of R_c weighted by class sizes. The interval treats R_c as a
 * ratio of two counts of independent samples and classes as strata: R +- 1.96 s, not below 0; R can pass 1. Without correctness bits
 * of all three ablations there is no record. Beyond MOST_PAIRS of a layer and replacement the records are those of greatest R, and say
 * of how many `pairs` they are.
 */
export function redundancy(input: AnalysisInput, { layers }: RedundancyOptions): RedundancyRecord[] {
  const alone = singleUnitLookup(input);
  const seen = new Set<string>();
  const pairsOf = (record: AblationRecord): RedundancyRecord[] => {
    const units = unitsOf(record);
    const [first, second] = units;
    if (units.length !== 2 || !record.sites.every((site) => isChosen(layers, site))) return [];
    const pair = `${units.map(({ layerIndex, unit }) => `${layerIndex} ${unit}`).join(" ")} ${record.replacement}`;
    const both = input.bitsOf(record.row);
    const withoutFirst = bitsOf(input, alone(first!, record.replacement));
    const withoutSecond = bitsOf(input, alone(second!, record.replacement));
    if (seen.has(pair) || both === null || withoutFirst === null || withoutSecond === null) return [];
    seen.add(pair);
    const { layer, layerIndex } = first!;
    const { sites, replacement } = record;
    return [
      {
        type: "analysis",
        name: "redundancy",
        replacement,
        ...(sites.length === 1 ? { layer, layerIndex } : { layer: null, layerIndex: null }),
        sites,
        units: sites.length === 1 ? sites[0]!.units : [],
        ...redundancyOf(input, both, withoutFirst, withoutSecond),
        n: input.baseline.correct,
      },
    ];
  };
  const all = input.sweeps
    .filter(({ sweep }) => sweep.ablate === "pairs" || sweep.ablate === "sets")
    .flatMap((measured) => comparable(measured, input.baseline).flatMap(pairsOf));
  return grouped(all, ({ layerIndex, replacement }) => `${layerIndex} ${replacement}`).flatMap(mostRedundant);
}

/** Those of greatest R, in the order in which they were measured. */
function mostRedundant(records: readonly RedundancyRecord[]): readonly RedundancyRecord[] {
  if (records.length <= MOST_PAIRS) return records;
  return [...records.keys()]
    .sort((a, b) => records[b]!.R - records[a]!.R || a - b)
    .slice(0, MOST_PAIRS)
    .sort((a, b) => a - b)
    .map((place) => ({ ...records[place]!, pairs: records.length }));
}

const bitsOf = (input: AnalysisInput, record: AblationRecord | undefined) =>
  record === undefined ? null : input.bitsOf(record.row);

/** The few samples that count are visited one by one; the others go by 32 at a time. */
function redundancyOf(
  { baseline, baselineBits, labels }: AnalysisInput,
  both: Uint32Array,
  withoutFirst: Uint32Array,
  withoutSecond: Uint32Array,
): { readonly R: number; readonly classR: (number | null)[]; readonly interval: IntervalOrNull } {
  const redundant = new Uint32Array(baseline.classSamples.length);
  const redundantAndRight = new Uint32Array(baseline.classSamples.length);
  for (let word = 0; word < both.length; word++) {
    for (let bits = withoutFirst[word]! & withoutSecond[word]! & ~both[word]!; bits !== 0; bits &= bits - 1) {
      const bit = 31 - Math.clz32(bits & -bits);
      const label = labels[word * 32 + bit]!;
      redundant[label]!++;
      redundantAndRight[label]! += (baselineBits[word]! >>> bit) & 1;
    }
  }
  const { classSamples, classCorrect } = baseline;
  const measured = classSamples.reduce((sum, samples, c) => (classCorrect[c]! > 0 ? sum + samples : sum), 0);
  const classR = classCorrect.map((right, c) => (right > 0 ? redundant[c]! / right : null));
  let R = 0;
  let variance = 0;
  for (const [c, ratio] of classR.entries()) {
    if (ratio === null) continue;
    const weight = classSamples[c]! / measured;
    R += weight * ratio;
    // Sum of squares of the residuals x - R_c y of the samples; R_c (1 - R_c) times y's sum where all of x are right intact.
    const squares = redundant[c]! - 2 * ratio * redundantAndRight[c]! + ratio * ratio * classCorrect[c]!;
    variance += (weight / classCorrect[c]!) ** 2 * squares;
  }
  const half = Z_95 * Math.sqrt(variance);
  return { R, classR, interval: measured === 0 ? null : [Math.max(0, R - half), R + half] };
}
