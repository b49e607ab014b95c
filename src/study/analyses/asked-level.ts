/**
 * What a sweep asked for of each of its ablations. Layers differ in width, so that one and the same fraction switches off
 * another share of each, and a hundredth of 64 filters is one of them, as of 128: what was asked is what compares.
 */
import type { UnitGrouping } from "../../ablation/similarity/group-sizes.ts";
import type { AskedLevel, GroupsRecord } from "../analysis-records.ts";
import type { AblationRecord, LayerSummary } from "../records.ts";
import type { Sweep } from "../study.ts";
import { pointsOf } from "../sweep-rows.ts";
import type { MeasuredSweep } from "./input.ts";

/** The level of an ablation, and what the sweep calls its group: "similar" or a control, "" of all but groups of similar units. */
export interface Asked extends AskedLevel {
  readonly group: string;
}

/**
 * What was asked of an ablation of one layer: one thing, but for groups that stand for several shares of a narrow layer.
 * `groups`: those that were recorded, of whichever sweep.
 */
export function askedBy(
  { index, sweep }: MeasuredSweep,
  layers: readonly LayerSummary[],
  groups: readonly GroupsRecord[],
): (ablation: AblationRecord) => readonly Asked[] {
  if (sweep.ablate === "similar") {
    return groupAskedBy(
      sweep.grouping,
      groups.filter((record) => record.sweep === index),
    );
  }
  const unitsIn = new Map(layers.map(({ layerIndex, units }) => [layerIndex, units]));
  return ({ index: place, sites: [site] }) => {
    const level = levelOf(sweep, place, site!.units.length, unitsIn.get(site!.layerIndex)!);
    return [{ ...level, group: "" }];
  };
}

type OtherSweep = Exclude<Sweep, { ablate: "similar" }>;

/** Of the ablation at a place of its sweep, which switches off `ablated` of `units`. */
function levelOf(sweep: OtherSweep, place: number, ablated: number, units: number): AskedLevel {
  switch (sweep.ablate) {
    case "fraction": {
      // Every layer, under every replacement, has as many rows.
      const { fractions, draws } = sweep;
      return { by: "share", level: fractions[Math.floor(place / draws) % fractions.length]! };
    }
    case "whole-layer":
      return { by: "share", level: 1 };
    case "cumulative": {
      if (sweep.points === null) return { by: "units", level: ablated };
      const points = pointsOf(sweep, units);
      return { by: "share", level: rounded((points.indexOf(ablated) + 1) / points.length) };
    }
    case "keep-only":
      return { by: "kept", level: units - ablated };
    case "each-unit":
    case "pairs":
    case "sets":
      return { by: "units", level: ablated };
  }
}

/** A sweep's rows go through its layers in order, all groups of each; and once more for each replacement. */
function groupAskedBy(
  grouping: UnitGrouping,
  records: readonly GroupsRecord[],
): (ablation: AblationRecord) => readonly Asked[] {
  const thresholds = grouping.kind === "threshold" ? grouping.thresholds : [];
  const layers = records.toSorted((a, b) => a.layerIndex! - b.layerIndex!);
  const starts = layers.map((_, i) => layers.slice(0, i).reduce((sum, { groups }) => sum + groups.length, 0));
  const total = layers.reduce((sum, { groups }) => sum + groups.length, 0);
  return ({ index, sites: [site] }) => {
    const layer = layers.findIndex(({ layerIndex }) => layerIndex === site!.layerIndex);
    const groups = layers[layer]?.groups ?? [];
    const place = (index % total) - (starts[layer] ?? 0);
    const asked = groups[place];
    if (asked === undefined) return [{ by: "units", level: site!.units.length, group: "" }];
    const { kind: group, share, shares } = asked;
    if (share !== null) return (shares ?? [share]).map((level) => ({ by: "share", level, group }));
    return [{ by: "threshold", level: thresholds[Math.floor((place * thresholds.length) / groups.length)]!, group }];
  };
}

/** To four decimals, so that shares of layers with as many points are equal. */
const rounded = (share: number) => Math.round(1e4 * share) / 1e4;
