/**
 * Groups of similar units, and groups of the same sizes to compare them with: what a sweep ablates to see whether similar
 * units back each other up. How many groups there are follows from the options and the number of units alone, so that
 * ablations can be counted before anything is known of the units.
 */
import { random } from "../../core/random.ts";
import { connectedComponents } from "../clustering/components.ts";
import { agglomerate, cut } from "../clustering/hierarchical.ts";
import { kMedoids } from "../clustering/k-medoids.ts";
import { membersOf } from "../clustering/labels.ts";
import { clusterCount, groupSize, seedCount, sharesBySize, type UnitGrouping } from "./group-sizes.ts";
import { distanceOf, type SimilarityMatrix } from "./similarity.ts";

/** What a sweep over groups of similar units asks for. */
export interface GroupOptions {
  readonly grouping: UnitGrouping;
  /** Shares of the layer's units, above 0 and up to 1; of a threshold's groups unused. */
  readonly fractions: readonly number[];
  /** Groups of the same size for each. */
  readonly controls: readonly ("random" | "dissimilar")[];
}

export interface UnitGroup {
  readonly kind: "similar" | "random" | "dissimilar";
  /** Null of a threshold's groups and their controls. */
  readonly share: number | null;
  /** Where several shares come to as many units, or clusters: all that the group stands for, `share` first. */
  readonly shares?: readonly number[];
  /** The unit that the group, or the one that it is the control of, grew from; absent of clusters. */
  readonly seed?: number;
  /** Ascending. */
  readonly units: readonly number[];
  /** Mean similarity of its pairs; null of a single unit. */
  readonly within: number | null;
}

/** What draws are made from; the label tells layers and sweeps apart. */
export interface Draws {
  readonly seed: number;
  readonly label: string;
}

/**
 * The groups of a layer, by share or threshold as given, shares that come to the same together, then by seed ascending or by
 * cluster, the largest first; each followed by its controls in the order asked for.
 *
 * `nearest`: a seed unit and the units most similar to it. `threshold`: the units that hang together with the seed by pairs
 * at least so similar. `agglomerative`, `k-medoids`: the clusters of the layer cut into `clusterCount(share)`. Controls:
 * `random`, so many units drawn from all; `dissimilar`, the seed and the units least similar to it, of clusters the medoid
 * and, one after the other, the unit least similar on average to those chosen. The lower unit of equals. The same draws give
 * the same groups. Throws as `agglomerate` does.
 */
export function groupsOf(matrix: SimilarityMatrix, options: GroupOptions, draws: Draws): readonly UnitGroup[] {
  return similarGroups(matrix, options, draws).flatMap(({ shares, seed, units, opposite }, index) => {
    const controls = options.controls.map((kind) => ({
      kind,
      units:
        kind === "random"
          ? drawnUnits(matrix.units, units.length, { ...draws, label: `${draws.label}/random/${index}` })
          : opposite(),
    }));
    return [{ kind: "similar" as const, units }, ...controls].map((group) => {
      const ascending = group.units.toSorted((a, b) => a - b);
      return {
        kind: group.kind,
        ...sharesOf(shares),
        ...(seed === undefined ? {} : { seed }),
        units: ascending,
        within: meanWithin(matrix, ascending),
      };
    });
  });
}

const sharesOf = (shares: readonly number[]): Pick<UnitGroup, "share" | "shares"> => ({
  share: shares[0] ?? null,
  ...(shares.length > 1 ? { shares } : {}),
});

interface SimilarGroup {
  readonly shares: readonly number[];
  readonly seed?: number;
  readonly units: readonly number[];
  /** As many units that are least similar. */
  readonly opposite: () => readonly number[];
}

function similarGroups(matrix: SimilarityMatrix, options: GroupOptions, draws: Draws): readonly SimilarGroup[] {
  const { grouping, fractions } = options;
  switch (grouping.kind) {
    case "nearest": {
      const seeds = seedsOf(grouping.seeds, matrix.units, draws);
      const bySize = sharesBySize(fractions, (share) => groupSize(share, matrix.units));
      return bySize.flatMap((shares) => seeds.map((seed) => nearestTo(matrix, seed, shares)));
    }
    case "threshold": {
      const seeds = seedsOf(grouping.seeds, matrix.units, draws);
      return grouping.thresholds.flatMap((threshold) => hangingTogether(matrix, seeds, threshold));
    }
    case "agglomerative": {
      const tree = agglomerate(matrix.units, distanceOf(matrix), grouping.linkage);
      return clusters(matrix, fractions, (k) => cut(tree, k));
    }
    case "k-medoids":
      return clusters(matrix, fractions, (k) => kMedoids(matrix.units, distanceOf(matrix), k));
  }
}

function nearestTo(matrix: SimilarityMatrix, seed: number, shares: readonly number[]): SimilarGroup {
  const size = groupSize(shares[0]!, matrix.units);
  return {
    shares,
    seed,
    units: [seed, ...others(matrix, seed, "most").slice(0, size - 1)],
    opposite: () => [seed, ...others(matrix, seed, "least").slice(0, size - 1)],
  };
}

function hangingTogether(matrix: SimilarityMatrix, seeds: readonly number[], threshold: number): SimilarGroup[] {
  const { units, values } = matrix;
  const components = connectedComponents(units, (i, j) => values[i * units + j]! >= threshold);
  const members = membersOf(components);
  return seeds.map((seed) => {
    const group = members[components[seed]!]!;
    const opposite = () => [seed, ...others(matrix, seed, "least").slice(0, group.length - 1)];
    return { shares: [], seed, units: group, opposite };
  });
}

function clusters(
  matrix: SimilarityMatrix,
  fractions: readonly number[],
  clustered: (k: number) => number[],
): readonly SimilarGroup[] {
  const countOf = (share: number) => clusterCount(share, matrix.units);
  return sharesBySize(fractions, countOf).flatMap((shares) =>
    membersOf(clustered(countOf(shares[0]!))).map((units) => ({
      shares,
      units,
      opposite: () => scattered(matrix, medoidOf(matrix, units), units.length),
    })),
  );
}

/** All other units, by their similarity to one: the most similar first, or the least. */
function others({ units, values }: SimilarityMatrix, unit: number, first: "most" | "least"): number[] {
  const row = values.subarray(unit * units, (unit + 1) * units);
  const sign = first === "most" ? -1 : 1;
  const rest = Array.from(row, (_, other) => other).filter((other) => other !== unit);
  return rest.sort((a, b) => sign * (row[a]! - row[b]!));
}

/** The unit of a group that is most similar to all of it. */
function medoidOf({ units, values }: SimilarityMatrix, group: readonly number[]): number {
  const total = (unit: number) => group.reduce((sum, other) => sum + values[unit * units + other]!, 0);
  const totals = group.map(total);
  return group[totals.indexOf(Math.max(...totals))]!;
}

/** A unit and, one after the other, the unit whose mean similarity to those chosen is least. */
function scattered({ units, values }: SimilarityMatrix, from: number, size: number): number[] {
  const chosen = [from];
  const similarity = values.slice(from * units, (from + 1) * units);
  const taken = new Set(chosen);
  while (chosen.length < size) {
    let next = -1;
    for (let unit = 0; unit < units; unit++) {
      if (!taken.has(unit) && (next === -1 || similarity[unit]! < similarity[next]!)) next = unit;
    }
    chosen.push(next);
    taken.add(next);
    for (let unit = 0; unit < units; unit++) similarity[unit]! += values[next * units + unit]!;
  }
  return chosen;
}

function meanWithin({ units, values }: SimilarityMatrix, group: readonly number[]): number | null {
  if (group.length < 2) return null;
  let sum = 0;
  for (let i = 1; i < group.length; i++) {
    for (let j = 0; j < i; j++) sum += values[group[i]! * units + group[j]!]!;
  }
  return sum / ((group.length * (group.length - 1)) / 2);
}

/** The units that groups are made about, ascending: the same for each share. */
function seedsOf(seeds: number | "all", units: number, { seed, label }: Draws): readonly number[] {
  return drawnUnits(units, seedCount(seeds, units), { seed, label: `${label}/seeds` }).toSorted((a, b) => a - b);
}

function drawnUnits(units: number, size: number, { seed, label }: Draws): number[] {
  return [...random(seed, label).permutation(units).subarray(0, size)];
}
