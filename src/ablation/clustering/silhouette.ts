/** How well clusters are told apart, which is how their number is chosen where a study leaves it open. */
import type { Distance } from "./hierarchical.ts";
import { membersOf } from "./labels.ts";

/**
 * Mean silhouette of n items in clusters 0 .. k - 1 (Rousseeuw 1987): of an item (b - a) / max(a, b), where a is its mean
 * distance to the others of its cluster and b that to the nearest other cluster; 0 for an item alone in its cluster, and
 * where a = b = 0. From -1 to 1. Null where there are fewer than two clusters.
 */
export function silhouette(n: number, distance: Distance, clusters: readonly number[]): number | null {
  const members = membersOf(clusters);
  if (members.length < 2) return null;
  let total = 0;
  for (const [item, own] of clusters.entries()) {
    const size = members[own]!.length;
    if (size === 1) continue;
    const distances = members.map((cluster) => sumTo(item, cluster, distance));
    const within = distances[own]! / (size - 1);
    const beyond = Math.min(
      ...distances.map((sum, cluster) => (cluster === own ? Infinity : sum / members[cluster]!.length)),
    );
    const farther = Math.max(within, beyond);
    if (farther > 0) total += (beyond - within) / farther;
  }
  return total / n;
}

function sumTo(item: number, cluster: readonly number[], distance: Distance): number {
  return cluster.reduce((sum, other) => (other === item ? sum : sum + distance(item, other)), 0);
}
