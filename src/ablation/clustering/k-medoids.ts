/**
 * Partitioning around medoids: clusters by any distance, each about the item that stands for it. Nothing is drawn at random:
 * BUILD and SWAP (Kaufman and Rousseeuw 1990) find the same medoids each time.
 */
import type { Distance } from "./hierarchical.ts";
import { numberedBySize } from "./labels.ts";

/** A swap gains at least so much of the total, or rounding could have two medoids change places for ever. */
const LEAST_GAIN = 1e-12;

/**
 * The cluster of each of n items, exactly k of them (n where k is more, one where it is less than 1): 0 .. k - 1, the
 * largest first, of equally large ones that with the smallest member. An item belongs to its nearest medoid, of equally near
 * ones to the smallest; a medoid to itself. Asks for n^2 k distances to begin with, then for n^2 with each swap: all swaps
 * for one item are weighed at once, as FastPAM1 does (Schubert and Rousseeuw 2019).
 */
export function kMedoids(n: number, distance: Distance, k: number): number[] {
  if (n === 0) return [];
  const between: Distance = (i, j) => (i === j ? 0 : distance(i, j));
  const medoids = build(n, between, Math.min(n, Math.max(1, k)));
  for (let swap = bestSwap(n, between, medoids); swap !== null; swap = bestSwap(n, between, medoids)) {
    medoids[swap.place] = swap.item;
  }
  const ascending = medoids.toSorted((a, b) => a - b);
  const itself = new Set(medoids);
  const medoidOf = (item: number) => (itself.has(item) ? item : ascending[nearestTwo(item, ascending, between).place]!);
  return numberedBySize(Array.from({ length: n }, (_, item) => medoidOf(item)));
}

/** BUILD: the item nearest to all, then again and again the one that brings all nearest to a medoid; the smallest of equals. */
function build(n: number, between: Distance, k: number): number[] {
  const medoids: number[] = [];
  const nearest = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
  for (let place = 0; place < k; place++) {
    let chosen = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let item = 0; item < n; item++) {
      if (medoids.includes(item)) continue;
      let total = 0;
      for (let other = 0; other < n; other++) total += Math.min(nearest[other]!, between(item, other));
      if (total >= least) continue;
      least = total;
      chosen = item;
    }
    medoids.push(chosen);
    for (let other = 0; other < n; other++) nearest[other] = Math.min(nearest[other]!, between(chosen, other));
  }
  return medoids;
}

/** SWAP: the medoid, by its place, and the item that is better one in its stead than any other; null where no swap gains. */
function bestSwap(n: number, between: Distance, medoids: readonly number[]) {
  // One medoid, as it was built, cannot be bettered; n have no item left.
  if (medoids.length === 1 || medoids.length === n) return null;
  const now = Array.from({ length: n }, (_, item) => nearestTwo(item, medoids, between));
  const removed = new Float64Array(medoids.length);
  for (const { place, nearest, second } of now) removed[place]! += second - nearest;
  const total = now.reduce((sum, { nearest }) => sum + nearest, 0);
  const taken = new Set(medoids);
  let best: { readonly place: number; readonly item: number } | null = null;
  let least = -LEAST_GAIN * total;
  for (let item = 0; item < n; item++) {
    if (taken.has(item)) continue;
    // Change of the total: with the item as one more medoid, and on top of that without the medoid of each place.
    let added = 0;
    const without = removed.slice();
    for (let other = 0; other < n; other++) {
      const { place, nearest, second } = now[other]!;
      const to = between(item, other);
      if (to < nearest) {
        added += to - nearest;
        without[place]! += nearest - second;
      } else if (to < second) without[place]! += to - second;
    }
    for (const [place, change] of without.entries()) {
      if (added + change >= least) continue;
      least = added + change;
      best = { place, item };
    }
  }
  return best;
}

/** Of an item, the place of its nearest medoid (the first of equals), and the distances to that and to the next. */
function nearestTwo(item: number, medoids: readonly number[], between: Distance) {
  let place = -1;
  let nearest = Number.POSITIVE_INFINITY;
  let second = Number.POSITIVE_INFINITY;
  for (const [at, medoid] of medoids.entries()) {
    const to = between(item, medoid);
    if (to < nearest) {
      second = nearest;
      nearest = to;
      place = at;
    } else if (to < second) second = to;
  }
  return { place, nearest, second };
}
