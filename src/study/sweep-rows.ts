/**
 * The rows of each kind of sweep: how many there are, and the sites of any one of them. Orders of units and groups of similar
 * ones come from outside, for they are found out on the network; their sizes do not depend on it.
 */
import { countGroups, groupSize, seedCount, sharesBySize } from "../ablation/similarity/group-sizes.ts";
import { random } from "../core/random.ts";
import type { LayerSummary } from "./records.ts";
import { chosenLayers, sitesOf } from "./sites.ts";
import type { Ablation, Sweep } from "./study.ts";

type Sites = Ablation["sites"];

/** Consecutive rows of one sweep: of one layer, or of a list of sets. */
export interface SweepRows {
  readonly count: number;
  sitesAt(offset: number): Sites;
}

/** What is found out on the network, and rows are made of. */
export interface SweepMaterials {
  /** A layer's units in the order of a sweep, those that matter most first; of `measured-class` of class `path`. */
  order(sweep: number, layer: LayerSummary, path: number): ArrayLike<number>;
  /** The groups of a `similar` sweep, controls after each, `countGroups` of them. */
  groups(sweep: number, layer: LayerSummary): readonly { readonly units: readonly number[] }[];
}

/** Units in their own order. */
export const standIns: SweepMaterials = {
  order: (_, { units }) => Array.from({ length: units }, (_, unit) => unit),
  groups: () => [],
};

type OrderedSweep = Extract<Sweep, { order: unknown }>;
type SimilarSweep = Extract<Sweep, { ablate: "similar" }>;

/** The rows of one sweep under one replacement. Throws LesionError `bad-study` where a layer or unit does not exist. */
export function rowsOfSweep(
  sweep: Sweep,
  index: number,
  seed: number,
  layers: readonly LayerSummary[],
  classes: number,
  materials: SweepMaterials,
): SweepRows[] {
  if (sweep.ablate === "sets") {
    const sets = sweep.sets.map((set, i) => sitesOf(set, layers, `sweeps[${index}].sets[${i}]`));
    return [{ count: sets.length, sitesAt: (offset) => sets[offset]! }];
  }
  const chosen = chosenLayers(sweep.layers, layers, `sweeps[${index}].layers`);
  switch (sweep.ablate) {
    case "each-unit":
      // An adaptive sweep ranks units on as few samples as that takes, and has no rows of its own.
      if (sweep.adaptive) return [];
      return chosen.map(({ layerIndex, units }) => rowsIn(layerIndex, units, (offset) => [offset]));
    case "pairs":
      return [
        ...chosen.map(({ layerIndex, units }) =>
          rowsIn(layerIndex, (units * (units - 1)) / 2, (offset) => pairAt(offset, units)),
        ),
        ...(sweep.across ? pairsAcross(chosen) : []),
      ];
    case "fraction":
      return chosen.map(({ layerIndex, units }) =>
        rowsIn(layerIndex, sweep.fractions.length * sweep.draws, (offset) => {
          const fraction = sweep.fractions[Math.floor(offset / sweep.draws)]!;
          const label = `fraction ${index} ${layerIndex} ${fraction} ${offset % sweep.draws}`;
          return drawn(units, groupSize(fraction, units), seed, label);
        }),
      );
    case "whole-layer":
      return chosen.map(({ layerIndex, units }) =>
        rowsIn(layerIndex, 1, () => Array.from({ length: units }, (_, unit) => unit)),
      );
    case "cumulative":
    case "keep-only":
      return chosen.map((layer) => orderedRows(sweep, index, layer, seed, classes, materials));
    case "similar":
      return chosen.map((layer) => similarRows(sweep, index, layer, materials));
  }
}

function rowsIn(layerIndex: number, count: number, unitsAt: (offset: number) => readonly number[]): SweepRows {
  return { count, sitesAt: (offset) => [{ layerIndex, units: unitsAt(offset) }] };
}

/** Units chosen at random without replacement, ascending. */
function drawn(units: number, size: number, seed: number, label: string): number[] {
  return Array.from(random(seed, label).permutation(units).subarray(0, size).sort());
}

/** The pair (i, j), i < j < units, at a position of the lexicographic order. */
export function pairAt(position: number, units: number): [number, number] {
  const before = (i: number) => (i * (2 * units - i - 1)) / 2;
  const b = 2 * units - 1;
  let i = Math.floor((b - Math.sqrt(b * b - 8 * position)) / 2);
  // The square root is rounded, so the estimate may be one off either way.
  while (before(i) > position) i--;
  while (before(i + 1) <= position) i++;
  return [i, i + 1 + position - before(i)];
}

/** A unit of each of two layers, for every two layers. */
function pairsAcross(chosen: readonly LayerSummary[]): SweepRows[] {
  return chosen.flatMap((a, i) =>
    chosen.slice(i + 1).map(
      (b): SweepRows => ({
        count: a.units * b.units,
        sitesAt: (offset) => [
          { layerIndex: a.layerIndex, units: [Math.floor(offset / b.units)] },
          { layerIndex: b.layerIndex, units: [offset % b.units] },
        ],
      }),
    ),
  );
}

/** How many orders of a layer's units a sweep goes through. */
export function pathsOf({ order, draws }: Pick<OrderedSweep, "order" | "draws">, classes: number): number {
  if (order === "random") return draws;
  return order === "measured-class" ? classes : 1;
}

/** How many units are ablated at each point of a path, ascending; a mask of none is left out. */
export function pointsOf(sweep: OrderedSweep, units: number): number[] {
  if (sweep.ablate === "keep-only") {
    return sweep.keep
      .map((kept) => units - kept)
      .filter((ablated) => ablated > 0)
      .sort((a, b) => a - b);
  }
  const { points } = sweep;
  const count = Math.min(units, points ?? units);
  return Array.from({ length: count }, (_, i) => Math.round(((i + 1) * units) / count));
}

function orderedRows(
  sweep: OrderedSweep,
  index: number,
  layer: LayerSummary,
  seed: number,
  classes: number,
  materials: SweepMaterials,
): SweepRows {
  const { layerIndex, units } = layer;
  const points = pointsOf(sweep, units);
  const leastFirst = sweep.ablate === "keep-only" ? sweep.order !== "greedy-least" : sweep.from === "least";
  const isGreedy = sweep.order === "greedy-least" || sweep.order === "greedy-most";
  const isReversed = leastFirst && !(isGreedy && sweep.ablate === "cumulative");
  return rowsIn(layerIndex, pathsOf(sweep, classes) * points.length, (offset) => {
    const path = Math.floor(offset / points.length);
    const order =
      sweep.order === "random"
        ? random(seed, `order ${index} ${layerIndex} ${path}`).permutation(units)
        : materials.order(index, layer, path);
    const ablated = points[offset % points.length]!;
    const first = isReversed ? units - ablated : 0;
    return Array.from({ length: ablated }, (_, i) => order[first + i]!).sort((a, b) => a - b);
  });
}

function similarRows(sweep: SimilarSweep, index: number, layer: LayerSummary, materials: SweepMaterials): SweepRows {
  const { layerIndex, units } = layer;
  const kinds = 1 + sweep.controls.length;
  const groups = materials.groups(index, layer);
  return rowsIn(layerIndex, countGroups(sweep.grouping, units, sweep.fractions) * kinds, (offset) => {
    const group = groups[offset];
    return group?.units ?? standInGroup(sweep, units, Math.floor(offset / kinds));
  });
}

/** A group of about the size that one will have, before groups are known. */
function standInGroup({ grouping, fractions }: SimilarSweep, units: number, place: number): readonly number[] {
  const bySize = sharesBySize(fractions, (fraction) => groupSize(fraction, units));
  const [fraction = 0.1] =
    grouping.kind === "nearest" ? bySize[Math.floor(place / seedCount(grouping.seeds, units))]! : fractions;
  return Array.from({ length: groupSize(fraction, units) }, (_, unit) => unit);
}
