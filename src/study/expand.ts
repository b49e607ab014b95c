/**
 * Turns a study's sweeps into ablations, countable before anything is built and made one at a time: a sweep over all pairs
 * of a wide layer has millions of rows and takes no memory. Any row can be made alone, in any order, on any machine.
 */
import { LesionError } from "../core/errors.ts";
import { random } from "../core/random.ts";
import { nearest } from "./nearest.ts";
import type { LayerSummary } from "./records.ts";
import type { Ablation, LayerChoice, SiteChoice, Study, Sweep } from "./study.ts";

/** The ablations of a study, in the order in which they are counted. */
export interface AblationList {
  readonly count: number;
  /** Where each sweep's rows are, in the order of the study. */
  readonly sweeps: readonly { readonly start: number; readonly count: number }[];
  /** The ablation of a row, 0 .. count - 1. Throws LesionError `internal` for any other. */
  at(row: number): Ablation;
}

type Sites = Ablation["sites"];
/** Consecutive rows of one sweep: of one layer, or of a list of sets. */
interface Segment {
  readonly count: number;
  sitesAt(offset: number): Sites;
}

/**
 * The ablations of a study over a network's ablatable layers. Within a sweep layers ascend; a layer's units ascend; pairs
 * (i < j) are in lexicographic order; fractions go by layer, fraction, draw; sets as they are listed.
 * @throws LesionError `bad-study` where a layer or unit does not exist, is named twice, or a sweep names nothing.
 */
export function expand(study: Study, layers: readonly LayerSummary[]): AblationList {
  const segments: (Segment & { readonly sweep: number; readonly start: number; readonly sweepStart: number })[] = [];
  const sweeps: { start: number; count: number }[] = [];
  let count = 0;
  study.sweeps.forEach((sweep, index) => {
    const sweepStart = count;
    for (const segment of segmentsOf(sweep, index, study.seed, layers)) {
      if (segment.count > 0) segments.push({ ...segment, sweep: index, start: count, sweepStart });
      count += segment.count;
    }
    if (count === sweepStart) {
      throw new LesionError("bad-study", `sweeps[${index}] (${sweep.ablate}) names no ablation`, {
        where: `sweeps[${index}].layers`,
        fix: "Pairs need a layer of at least two units; the network's layers are listed by lesion inspect.",
        detail: { layers },
      });
    }
    sweeps.push({ start: sweepStart, count: count - sweepStart });
  });

  const at = (row: number): Ablation => {
    if (!Number.isInteger(row) || row < 0 || row >= count) {
      throw new LesionError("internal", `no ablation ${row}: the study has ${count}`, { where: `row ${row}` });
    }
    let low = 0;
    for (let high = segments.length - 1; low < high; ) {
      const middle = (low + high + 1) >>> 1;
      if (segments[middle]!.start <= row) low = middle;
      else high = middle - 1;
    }
    const { sweep, start, sweepStart, sitesAt } = segments[low]!;
    const { replacement = study.replacement, site = study.site } = study.sweeps[sweep]!;
    return { sweep, index: row - sweepStart, row, sites: sitesAt(row - start), replacement, site };
  };
  return { count, sweeps, at };
}

function segmentsOf(sweep: Sweep, index: number, seed: number, layers: readonly LayerSummary[]): Segment[] {
  if (sweep.ablate === "sets") {
    const sets = sweep.sets.map((set, i) => sitesOf(set, layers, `sweeps[${index}].sets[${i}]`));
    return [{ count: sets.length, sitesAt: (offset) => sets[offset]! }];
  }
  const chosen = chosenLayers(sweep.layers, layers, `sweeps[${index}].layers`);
  switch (sweep.ablate) {
    case "each-unit":
      return chosen.map(({ layerIndex, units }) => ({
        count: units,
        sitesAt: (offset) => [{ layerIndex, units: [offset] }],
      }));
    case "pairs":
      return chosen.map(({ layerIndex, units }) => ({
        count: (units * (units - 1)) / 2,
        sitesAt: (offset) => [{ layerIndex, units: pairAt(offset, units) }],
      }));
    case "fraction":
      return chosen.map(({ layerIndex, units }) => ({
        count: sweep.fractions.length * sweep.draws,
        sitesAt: (offset) => {
          const fraction = sweep.fractions[Math.floor(offset / sweep.draws)]!;
          const label = `fraction ${index} ${layerIndex} ${fraction} ${offset % sweep.draws}`;
          return [{ layerIndex, units: draw(units, fraction, seed, label) }];
        },
      }));
  }
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

/** max(1, round(fraction * units)) units, chosen at random without replacement, ascending. */
function draw(units: number, fraction: number, seed: number, label: string): number[] {
  const size = Math.min(units, Math.max(1, Math.round(fraction * units)));
  return Array.from(random(seed, label).permutation(units).subarray(0, size).sort());
}

function chosenLayers(choice: LayerChoice, layers: readonly LayerSummary[], where: string): LayerSummary[] {
  if (choice === "all") return [...layers];
  const chosen = choice.map((name, i) => layerOf(name, layers, `${where}[${i}]`));
  const twice = chosen.find((layer, i) => chosen.indexOf(layer) !== i);
  if (twice !== undefined) {
    throw new LesionError("bad-study", `layer ${twice.layerIndex}, "${twice.layer}", is named twice in ${where}`, {
      where,
      fix: "Name each layer once, by its name or by its index.",
    });
  }
  return chosen.sort((a, b) => a.layerIndex - b.layerIndex);
}

function layerOf(name: string | number, layers: readonly LayerSummary[], where: string): LayerSummary {
  const found = layers.find((layer) => (typeof name === "number" ? layer.layerIndex : layer.layer) === name);
  if (found !== undefined) return found;
  const known = layers.map(({ layer, layerIndex, units }) => `${layerIndex} "${layer}" (${units} units)`).join(", ");
  const names = layers.map(({ layer }) => layer);
  const meant = typeof name === "string" ? nearest(name, names) : null;
  throw new LesionError("bad-study", `${where}: the network has no ablatable layer ${JSON.stringify(name)}`, {
    where,
    fix: `${meant === null ? "" : `Did you mean "${meant}"? `}Its layers are ${known === "" ? "none" : known}.`,
    detail: { layer: name, layers: names },
  });
}

/** A set's sites in the order of an ablation; sites of the same layer become one. */
function sitesOf(set: readonly SiteChoice[], layers: readonly LayerSummary[], where: string): Sites {
  const units = new Map<number, Set<number>>();
  set.forEach((site, i) => {
    const layer = layerOf(site.layer, layers, `${where}[${i}].layer`);
    const ofLayer = units.get(layer.layerIndex) ?? new Set();
    units.set(layer.layerIndex, ofLayer);
    site.units.forEach((unit, j) => {
      checkUnit(unit, layer, ofLayer, `${where}[${i}].units[${j}]`);
      ofLayer.add(unit);
    });
  });
  const sites = [...units].filter(([, ofLayer]) => ofLayer.size > 0);
  if (sites.length === 0) {
    throw new LesionError("bad-study", `${where} is an empty mask: it names no unit`, {
      where,
      fix: "Name at least one unit, or take the set out; the baseline measures the intact network already.",
    });
  }
  return sites
    .sort(([a], [b]) => a - b)
    .map(([layerIndex, ofLayer]) => ({ layerIndex, units: [...ofLayer].sort((a, b) => a - b) }));
}

function checkUnit(unit: number, layer: LayerSummary, before: ReadonlySet<number>, where: string): void {
  if (!Number.isInteger(unit) || unit < 0 || unit >= layer.units) {
    throw new LesionError("bad-study", `${where}: layer "${layer.layer}" has no unit ${unit}`, {
      where,
      fix: `Its ${layer.units} units are 0 to ${layer.units - 1}.`,
      detail: { unit, units: layer.units, layer: layer.layer },
    });
  }
  if (before.has(unit)) {
    throw new LesionError("bad-study", `${where}: unit ${unit} of layer "${layer.layer}" is named twice in one set`, {
      where,
      fix: "Name each unit of a set once.",
      detail: { unit, layer: layer.layer },
    });
  }
}
