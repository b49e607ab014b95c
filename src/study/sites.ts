/** Layers and units as a study names them, looked up in a network. */
import { LesionError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import type { LayerSummary } from "./records.ts";
import type { Ablation, LayerChoice, SiteChoice } from "./study.ts";

type Sites = Ablation["sites"];

/** The layers of a choice, ascending. Throws LesionError `bad-study` where one does not exist, or is named twice. */
export function chosenLayers(choice: LayerChoice, layers: readonly LayerSummary[], where: string): LayerSummary[] {
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
export function sitesOf(set: readonly SiteChoice[], layers: readonly LayerSummary[], where: string): Sites {
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
