/** The order in which a matrix is drawn so that alike rows are neighbours: what it shows is seen only then. */
import { agglomerate, leafOrder, MOST_ITEMS } from "../../ablation/clustering/hierarchical.ts";

/**
 * A permutation of n items: the leaves of an agglomerative tree (mean linkage) of a finite, symmetric distance. More items
 * than can be clustered stay in their own order.
 */
export function seriation(n: number, distance: (i: number, j: number) => number): number[] {
  if (n > MOST_ITEMS) return Array.from({ length: n }, (_, item) => item);
  return leafOrder(agglomerate(n, distance, "average"), distance);
}

/** Euclidean distance of two profiles of one length. */
export function euclidean(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return Math.sqrt(sum);
}
