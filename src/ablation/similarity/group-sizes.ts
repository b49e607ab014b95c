/** How many groups of similar units there are, and of how many units: known before anything is known of the units. */

/** How similar units become groups. */
export type UnitGrouping =
  | { readonly kind: "nearest"; readonly seeds: number | "all" }
  | { readonly kind: "agglomerative"; readonly linkage: "average" | "complete" | "ward" }
  | { readonly kind: "k-medoids" }
  /** Connected parts of the graph of units at least so similar. */
  | { readonly kind: "threshold"; readonly thresholds: readonly number[]; readonly seeds: number | "all" };

/** Proportions that come to the same size, together, in the order in which each size comes first: they are made once. */
export function sharesBySize(fractions: readonly number[], sizeOf: (share: number) => number): readonly number[][] {
  const bySize = new Map<number, number[]>();
  for (const share of fractions) {
    const same = bySize.get(sizeOf(share));
    if (same) same.push(share);
    else bySize.set(sizeOf(share), [share]);
  }
  return [...bySize.values()];
}

/** How many groups of similar units a layer gives, controls not counted: with them it is so many times 1 + controls. */
export function countGroups(grouping: UnitGrouping, units: number, fractions: readonly number[]): number {
  switch (grouping.kind) {
    case "nearest":
      return sharesBySize(fractions, (share) => groupSize(share, units)).length * seedCount(grouping.seeds, units);
    case "threshold":
      return grouping.thresholds.length * seedCount(grouping.seeds, units);
    case "agglomerative":
    case "k-medoids":
      return [...new Set(fractions.map((share) => clusterCount(share, units)))].reduce((sum, count) => sum + count, 0);
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
