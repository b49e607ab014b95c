/** How many groups of similar units there are, and of how many units: known before anything is known of the units. */

/** How similar units become groups. */
export type UnitGrouping =
  | { readonly kind: "nearest"; readonly seeds: number | "all" }
  | { readonly kind: "agglomerative"; readonly linkage: "average" | "complete" | "ward" }
  | { readonly kind: "k-medoids" }
  /** Connected parts of the graph of units at least so similar. */
  | { readonly kind: "threshold"; readonly thresholds: readonly number[]; readonly seeds: number | "all" };

/** How many groups of similar units a layer gives, controls not counted: with them it is so many times 1 + controls. */
export function countGroups(grouping: UnitGrouping, units: number, fractions: readonly number[]): number {
  switch (grouping.kind) {
    case "nearest":
      return fractions.length * seedCount(grouping.seeds, units);
    case "threshold":
      return grouping.thresholds.length * seedCount(grouping.seeds, units);
    case "agglomerative":
    case "k-medoids":
      return fractions.reduce((sum, share) => sum + clusterCount(share, units), 0);
  }
}

/** Units of a group that is a share of the layer: max(1, round(share * units)), and no more than there are. */
export function groupSize(share: number, units: number): number {
  return Math.min(units, Math.max(1, Math.round(share * units)));
}

/** Clusters whose mean size is a share of the layer: max(1, round(1 / share)), and no more than units. */
export function clusterCount(share: number, units: number): number {
  return Math.min(units, Math.max(1, Math.round(1 / share)));
}

export function seedCount(seeds: number | "all", units: number): number {
  return seeds === "all" ? units : Math.min(seeds, units);
}
