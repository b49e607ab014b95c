/** What a study asks for and will not get, though the rest of it can be run: told before anything is computed. */
import { analysisWarnings } from "./analysis-needs.ts";
import type { LayerSummary } from "./records.ts";
import { chosenLayers } from "./sites.ts";
import type { Study } from "./study.ts";

/** Sentences, each with its remedy: sweeps first, then analyses. Throws as `chosenLayers` does. */
export function studyWarnings(study: Study, layers: readonly LayerSummary[]): string[] {
  return [...keepWarnings(study, layers), ...analysisWarnings(study, layers)];
}

/** Of layers in which nothing is left to ablate where so many units are kept. */
function keepWarnings({ sweeps }: Study, layers: readonly LayerSummary[]): string[] {
  return sweeps.flatMap((sweep, index) => {
    if (sweep.ablate !== "keep-only") return [];
    const where = `sweeps[${index}]`;
    const skipped = chosenLayers(sweep.layers, layers, `${where}.layers`).flatMap(({ layer, units }) => {
      const kept = sweep.keep.filter((count) => count >= units);
      return kept.length === 0 ? [] : [`${kept.join(" and ")} units of ${layer}, which has ${units},`];
    });
    if (skipped.length === 0) return [];
    return [
      `${where}: keeping ${skipped.join(" ")} ablates nothing and is left out. Keep fewer, or name other layers.`,
    ];
  });
}
