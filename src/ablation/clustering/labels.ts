/** Clusters are numbered one way everywhere, so that the same clusters found twice, or by two methods, read the same. */

/** The same clusters with labels 0 .. k - 1: the largest first, of equally large ones that with the smallest member. */
export function numberedBySize(labels: ArrayLike<number>): number[] {
  const sizes = new Map<number, number>();
  for (let i = 0; i < labels.length; i++) sizes.set(labels[i]!, (sizes.get(labels[i]!) ?? 0) + 1);
  // Maps keep the order of insertion, which is that of smallest members, and sorting is stable.
  const bySize = [...sizes].sort(([, a], [, b]) => b - a);
  const numbers = new Map(bySize.map(([label], number) => [label, number]));
  return Array.from(labels, (label) => numbers.get(label)!);
}

/** The members of each cluster, ascending, by label. */
export function membersOf(clusters: readonly number[]): number[][] {
  const members: number[][] = [];
  for (const [item, cluster] of clusters.entries()) {
    members[cluster] ??= [];
    members[cluster].push(item);
  }
  return members;
}
