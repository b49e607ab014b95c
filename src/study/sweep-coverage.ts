/** What a sweep ablates, as far as the study and the network's layers show it, before anything is drawn or measured. */
import { groupSize } from "../ablation/similarity/group-sizes.ts";
import type { LayerSummary } from "./records.ts";
import { replacementText } from "./replacement.ts";
import type { LayerChoice, SiteChoice, Study, Sweep } from "./study.ts";
import { pointsOf } from "./sweep-rows.ts";

/** Whether a choice names a layer. */
export function names(choice: LayerChoice, { layer, layerIndex }: Pick<LayerSummary, "layer" | "layerIndex">): boolean {
  return choice === "all" || choice.includes(layer) || choice.includes(layerIndex);
}

export function isAdaptive(sweep: Sweep): boolean {
  return sweep.ablate === "each-unit" && sweep.adaptive !== undefined;
}

/** What a sweep replaces by, as records write it. */
export function replacementsOf(sweep: Sweep, { replacement, site }: Pick<Study, "replacement" | "site">): string[] {
  const all = sweep.replacements ?? [sweep.replacement ?? replacement];
  return all.map((each) => replacementText(each, sweep.site ?? site));
}

/** How many units a set has of each layer that it names. */
export function unitsByLayer(set: readonly SiteChoice[], layers: readonly LayerSummary[]): Map<LayerSummary, number> {
  const counts = new Map<LayerSummary, number>();
  for (const site of set) {
    const layer = layers.find((each) => names([site.layer], each));
    if (layer) counts.set(layer, (counts.get(layer) ?? 0) + site.units.length);
  }
  return counts;
}

/** Whether any row of a sweep may ablate so many units of one layer, and of no other. Orders and groups are unknown. */
export function mayAblate(sweep: Sweep, layer: LayerSummary, units: number, layers: readonly LayerSummary[]): boolean {
  if (sweep.ablate === "sets") {
    return sweep.sets.some((set) => {
      const counts = unitsByLayer(set, layers);
      return counts.size === 1 && counts.get(layer) === units;
    });
  }
  return names(sweep.layers, layer) && sizesIn(sweep, layer, units);
}

function sizesIn(sweep: Exclude<Sweep, { ablate: "sets" }>, layer: LayerSummary, units: number): boolean {
  switch (sweep.ablate) {
    case "each-unit":
      return units === 1 && !isAdaptive(sweep);
    case "pairs":
      return units === 2 && layer.units >= 2;
    case "whole-layer":
      return units === layer.units;
    case "fraction":
      return sweep.fractions.some((share) => groupSize(share, layer.units) === units);
    case "cumulative":
    case "keep-only":
      return pointsOf(sweep, layer.units).includes(units);
    case "similar":
      return sweep.grouping.kind === "nearest"
        ? sweep.fractions.some((share) => groupSize(share, layer.units) === units)
        : units >= 1 && units <= layer.units;
  }
}

/** Whether any row of a sweep may ablate so many units of each of several layers. */
export function mayAblateAcross(
  sweep: Sweep,
  sites: ReadonlyMap<LayerSummary, number>,
  layers: readonly LayerSummary[],
): boolean {
  if (sweep.ablate === "sets") {
    return sweep.sets.some((set) => {
      const counts = unitsByLayer(set, layers);
      return counts.size === sites.size && [...sites].every(([layer, units]) => counts.get(layer) === units);
    });
  }
  if (sweep.ablate !== "pairs" || !sweep.across || sites.size !== 2) return false;
  return [...sites].every(([layer, units]) => units === 1 && names(sweep.layers, layer));
}

/** What records of degradation call the curves of a sweep by an order. */
export function curveOrders(sweep: Extract<Sweep, { order: unknown }>): string[] {
  const name = orderName(sweep);
  return sweep.order === "measured-class" ? [name, `${name}-own-class`] : [name];
}

/** What records call the order in which a sweep takes units. */
export function orderName(sweep: Extract<Sweep, { order: unknown }>): string {
  const { order } = sweep;
  // Orders that are drawn, or have their direction in their name, are the same from either end.
  const isTurned =
    sweep.ablate === "cumulative" &&
    sweep.from === "least" &&
    !["random", "greedy-least", "greedy-most"].includes(order);
  return sweep.ablate === "keep-only" ? `keep-${order}` : isTurned ? `${order}-least-first` : order;
}
