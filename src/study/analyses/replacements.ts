/** Whether it matters what a unit is replaced by: how the ranking of a layer's units differs between replacements. */
import { correlationsOf } from "../../ablation/statistics/correlations.ts";
import type { ReplacementsOptions } from "../analysis-options.ts";
import type { IntervalOrNull, ReplacementsRecord } from "../analysis-records.ts";
import { grouped } from "./grouped.ts";
import type { AnalysisInput } from "./input.ts";
import { dropPp, type SingleUnits, singleUnitsOf } from "./single-units.ts";

/**
 * One record of each layer whose units were ablated alone under at least two replacements, in one sweep or several: drops in
 * percentage points of the units that were measured under all of them, and Spearman's correlation of each two with its
 * bootstrap interval (none on the diagonal). Of a replacement that several sweeps have, the first counts. A replacement before
 * the activation is another than the same one after it.
 */
export function replacements(input: AnalysisInput, { layers }: ReplacementsOptions): ReplacementsRecord[] {
  const byLayer = grouped(singleUnitsOf(input, layers), ({ layerIndex }) => layerIndex);
  return byLayer
    .map((ofLayer) => grouped(ofLayer, ({ replacement }) => replacement).map(([first]) => first!))
    .filter((ofLayer) => ofLayer.length > 1)
    .map((ofLayer) => compared(ofLayer, input))
    .sort((a, b) => a.layerIndex! - b.layerIndex!);
}

function compared(singles: readonly SingleUnits[], { seed, baseline }: AnalysisInput): ReplacementsRecord {
  const { layer, layerIndex } = singles[0]!;
  const units = singles[0]!.units.filter((unit) => singles.every((each) => each.units.includes(unit)));
  const dropsPp = singles.map(({ units: measured, ablations }) => {
    const dropOf = new Map(measured.map((unit, i) => [unit, dropPp(ablations[i]!, baseline)]));
    return units.map((unit) => dropOf.get(unit)!);
  });
  const spearman: (number | null)[][] = singles.map(() => []);
  const intervals: IntervalOrNull[][] = singles.map(() => []);
  for (let a = 0; a < singles.length; a++) {
    for (let b = 0; b <= a; b++) {
      const label = `replacements ${layerIndex} ${singles[b]!.replacement} ${singles[a]!.replacement}`;
      const found = correlationsOf(dropsPp[b]!, dropsPp[a]!, seed, label);
      spearman[a]![b] = spearman[b]![a] = found.spearman;
      intervals[a]![b] = intervals[b]![a] = a === b ? null : found.interval.spearman;
    }
  }
  return {
    type: "analysis",
    name: "replacements",
    layer,
    layerIndex,
    replacements: singles.map(({ replacement }) => replacement),
    units,
    dropsPp,
    spearman,
    intervals,
    n: units.length,
  };
}
