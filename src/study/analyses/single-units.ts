/**
 * Ablations of one unit alone, which most analyses start from: found in any order, with rows missing, of several
 * replacements. Ablations that were measured on fewer samples than the baseline cannot be compared with it and are left out.
 */
import type { AblationRecord, BaselineRecord, LayerSummary } from "../records.ts";
import type { LayerChoice } from "../study.ts";
import { grouped } from "./grouped.ts";
import type { AnalysisInput, MeasuredSweep } from "./input.ts";

/** The single-unit ablations of a layer in one sweep, under one replacement. */
export interface SingleUnits {
  readonly sweep: number;
  readonly layer: string;
  readonly layerIndex: number;
  readonly replacement: string;
  /** Ascending. */
  readonly units: readonly number[];
  /** [units]. */
  readonly ablations: readonly AblationRecord[];
}

/** A unit of an ablation. */
export interface AblatedUnit {
  readonly layer: string;
  readonly layerIndex: number;
  readonly unit: number;
}

/** More units than any convolution of the networks in use has; a matrix of all units of a wider layer would be too large. */
export const MOST_UNITS = 512;

/** Accuracy that an ablation costs, in percentage points; negative where it improved. */
export function dropPp({ correct, samples }: AblationRecord, baseline: BaselineRecord): number {
  return 100 * (baseline.correct / baseline.samples - correct / samples);
}

/** A sweep's ablations that were measured on as many samples as the baseline. */
export function comparable({ ablations }: MeasuredSweep, { samples }: BaselineRecord): readonly AblationRecord[] {
  return ablations.filter((record) => record.samples === samples);
}

/** All units of an ablation, layers ascending. */
export function unitsOf({ sites }: AblationRecord): AblatedUnit[] {
  return sites.flatMap(({ layer, layerIndex, units }) => units.map((unit) => ({ layer, layerIndex, unit })));
}

function isSingleUnit({ sites }: AblationRecord): boolean {
  return sites.length === 1 && sites[0]!.units.length === 1;
}

/** Whether an analysis is asked of a layer. */
export function isChosen(
  choice: LayerChoice,
  { layer, layerIndex }: Pick<LayerSummary, "layer" | "layerIndex">,
): boolean {
  return choice === "all" || choice.includes(layer) || choice.includes(layerIndex);
}

/**
 * The single-unit ablations of each chosen layer: of sweeps over units or listed sets, by sweep, layer and replacement. A
 * unit that a sweep ablates twice under a replacement counts once.
 */
export function singleUnitsOf(input: AnalysisInput, layers: LayerChoice): SingleUnits[] {
  const sweeps = input.sweeps.filter(({ sweep }) => sweep.ablate === "each-unit" || sweep.ablate === "sets");
  return sweeps.flatMap((measured) => {
    const singles = comparable(measured, input.baseline).filter(
      (record) => isSingleUnit(record) && isChosen(layers, record.sites[0]!),
    );
    const groups = grouped(singles, ({ sites, replacement }) => `${sites[0]!.layerIndex} ${replacement}`);
    return groups.map((group) => singleUnitsIn(measured.index, group)).sort((a, b) => a.layerIndex - b.layerIndex);
  });
}

function singleUnitsIn(sweep: number, group: readonly AblationRecord[]): SingleUnits {
  const { sites, replacement } = group[0]!;
  const { layer, layerIndex } = sites[0]!;
  const byUnit = new Map<number, AblationRecord>();
  for (const record of group) {
    const unit = record.sites[0]!.units[0]!;
    if (!byUnit.has(unit)) byUnit.set(unit, record);
  }
  const units = [...byUnit.keys()].sort((a, b) => a - b);
  return { sweep, layer, layerIndex, replacement, units, ablations: units.map((unit) => byUnit.get(unit)!) };
}

/** Those of `singles` that lose most, at most MOST_UNITS, units ascending. */
export function mostDamaging(singles: SingleUnits): SingleUnits {
  const { units, ablations } = singles;
  if (units.length <= MOST_UNITS) return singles;
  const kept = [...units.keys()]
    .sort((a, b) => ablations[a]!.correct - ablations[b]!.correct || a - b)
    .slice(0, MOST_UNITS)
    .sort((a, b) => a - b);
  return { ...singles, units: kept.map((i) => units[i]!), ablations: kept.map((i) => ablations[i]!) };
}

/** The ablation of a unit alone under a replacement, in whichever sweep; undefined where it was not measured. */
export type SingleUnitLookup = (unit: AblatedUnit, replacement: string) => AblationRecord | undefined;

export function singleUnitLookup(input: AnalysisInput): SingleUnitLookup {
  const key = ({ layerIndex, unit }: AblatedUnit, replacement: string) => `${layerIndex} ${unit} ${replacement}`;
  const found = new Map<string, AblationRecord>();
  for (const measured of input.sweeps) {
    for (const record of comparable(measured, input.baseline)) {
      if (!isSingleUnit(record)) continue;
      const place = key(unitsOf(record)[0]!, record.replacement);
      if (!found.has(place)) found.set(place, record);
    }
  }
  return (unit, replacement) => found.get(key(unit, replacement));
}
