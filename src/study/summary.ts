/**
 * What an ablation did, as people read it: the numbers that the terminal's table, the lab and the CSV export share, made
 * of an ablation's record and the baseline's.
 */
import { type Interval, wilson } from "../ablation/statistics/wilson.ts";
import type { AblationRecord, BaselineRecord, Site } from "./records.ts";

export { wilson } from "../ablation/statistics/wilson.ts";

/** A class and how far its recall moved. */
export interface ClassChange {
  /** Index of the class. */
  readonly classIndex: number;
  readonly className: string;
}

/** An ablation against the intact network. */
export interface Summary {
  readonly row: number;
  readonly sweep: number;
  readonly index: number;
  /** "dense_0: 3", "dense_0: 3+7"; see `siteLabel`. */
  readonly label: string;
  readonly replacement: string;
  readonly samples: number;
  readonly correct: number;
  /** Share of samples that are right, 0 .. 1, and its Wilson interval at 95 %. */
  readonly accuracy: number;
  readonly interval: Interval;
  /** Baseline accuracy minus accuracy, in percentage points; negative where the ablation improved it. */
  readonly dropPp: number;
  /** The class whose recall fell furthest, by how many percentage points; null where none fell. */
  readonly mostDamaged: (ClassChange & { readonly dropPp: number }) | null;
  /** The class whose recall rose most, by how many percentage points; null where none rose. */
  readonly bestImproved: (ClassChange & { readonly gainPp: number }) | null;
  /** Samples right before only, and right after only; null where the study does not measure status. */
  readonly lost: number | null;
  readonly gained: number | null;
  /**
   * "exact": the masked activations were at their replacement already. "unmeasured": the network changed, but nothing
   * that was measured did. Null: there is an effect.
   */
  readonly noop: "exact" | "unmeasured" | null;
}

/** Sums an ablation up against the baseline of the same run; `classNames` are the run's. */
export function summarize(record: AblationRecord, baseline: BaselineRecord, classNames: readonly string[]): Summary {
  const { row, sweep, index, sites, replacement, samples, correct, status } = record;
  const accuracy = correct / samples;
  const changes = classDropsPp(record, baseline);
  const worst = extreme(changes, 1);
  const best = extreme(changes, -1);
  const named = (classIndex: number) => ({ classIndex, className: classNames[classIndex] ?? String(classIndex) });
  return {
    row,
    sweep,
    index,
    label: siteLabel(sites),
    replacement,
    samples,
    correct,
    accuracy,
    interval: wilson(correct, samples),
    dropPp: 100 * (baseline.correct / baseline.samples - accuracy),
    mostDamaged: worst === null ? null : { ...named(worst), dropPp: changes[worst]! },
    bestImproved: best === null ? null : { ...named(best), gainPp: -changes[best]! },
    lost: status?.lost ?? null,
    gained: status?.gained ?? null,
    noop: record.noop ?? (isUnchanged(record, baseline) ? "unmeasured" : null),
  };
}

/**
 * By class, the baseline's recall minus the ablation's, in percentage points: the unit x class heat map's row. 0 for a
 * class without samples.
 */
export function classDropsPp(record: AblationRecord, baseline: BaselineRecord): number[] {
  return dropsPp(record.classCorrect, baseline.classCorrect, baseline.classSamples);
}

/** The same of the top 5; null where they were not measured. */
export function classTop5DropsPp(record: AblationRecord, baseline: BaselineRecord): number[] | null {
  const [after, before] = [record.classCorrectTop5, baseline.classCorrectTop5];
  return after && before ? dropsPp(after, before, baseline.classSamples) : null;
}

function dropsPp(after: readonly number[], before: readonly number[], classSamples: readonly number[]): number[] {
  return classSamples.map((samples, c) => (samples === 0 ? 0 : (100 * ((before[c] ?? 0) - (after[c] ?? 0))) / samples));
}

/**
 * Names the masked units: "dense_0: 3", "dense_0: 3+7", layers apart by ", ". Beyond six units of a layer the first four
 * and their number: "dense_0: 0+2+3+7+... (25 units)".
 */
export function siteLabel(sites: readonly Site[]): string {
  return sites
    .map(({ layer, units }) => {
      const listed = units.length > 6 ? `${units.slice(0, 4).join("+")}+... (${units.length} units)` : units.join("+");
      return `${layer}: ${listed}`;
    })
    .join(", ");
}

/** Index of the largest value times `sign` that is above 0, the first of equals, or null. */
function extreme(values: readonly number[], sign: 1 | -1): number | null {
  let found: number | null = null;
  for (const [index, value] of values.entries()) {
    if (sign * value > (found === null ? 0 : sign * values[found]!)) found = index;
  }
  return found;
}

function isUnchanged(record: AblationRecord, baseline: BaselineRecord): boolean {
  const { status } = record;
  return (
    record.correct === baseline.correct &&
    record.correctTop5 === baseline.correctTop5 &&
    record.loss === baseline.loss &&
    (status === undefined || (status.lost === 0 && status.gained === 0)) &&
    record.classCorrect.every((correct, classIndex) => correct === baseline.classCorrect[classIndex])
  );
}
