/** Refuses, before anything is computed, what a study asks of a network that it cannot be asked of. */
import { LesionError } from "../core/errors.ts";
import { comparesWithInitial, knowsInitial } from "./analysis-needs.ts";
import { parseMeasure } from "./expect.ts";
import { obstacleTo } from "./measurable.ts";
import type { LayerSummary } from "./records.ts";
import { chosenLayers } from "./sites.ts";
import type { Study } from "./study.ts";

/**
 * Holds a study's analyses, orders and published values against the network's ablatable layers; `ablations` is how many
 * rows the study has.
 * @throws LesionError `bad-study` that names the key.
 */
export function assertFits(study: Study, layers: readonly LayerSummary[], ablations: number): void {
  assertOrders(study);
  assertAnalyses(study, layers, ablations);
  assertPublished(study, layers);
}

function assertOrders(study: Study): void {
  if (knowsInitial(study)) return;
  for (const [index, sweep] of study.sweeps.entries()) {
    if (!("order" in sweep) || !comparesWithInitial(sweep.order)) continue;
    throw bad(`the order "${sweep.order}" compares with the network before training`, `sweeps[${index}].order`, {
      fix: 'Give the model an "initial" file or a "train", or choose another order.',
    });
  }
}

function assertAnalyses({ analyses }: Study, layers: readonly LayerSummary[], ablations: number): void {
  for (const [index, options] of analyses.entries()) {
    const where = `analyses[${index}]`;
    if ("layers" in options) chosenLayers(options.layers, layers, `${where}.layers`);
    if (options.analyse !== "cascade" || typeof options.of === "number") continue;
    const astray = options.of.findIndex((row) => row >= ablations);
    if (astray < 0) continue;
    const place = `${where}.of[${astray}]`;
    throw bad(`${place} is row ${options.of[astray]}, and the study has ${ablations} ablations`, place, {
      fix: ablations === 0 ? "Add a sweep, or leave the analysis out." : `Its rows are 0 to ${ablations - 1}.`,
    });
  }
}

function assertPublished(study: Study, layers: readonly LayerSummary[]): void {
  for (const [index, { what }] of (study.report?.published ?? []).entries()) {
    const obstacle = obstacleTo(parseMeasure(what), { study, layers });
    if (obstacle) throw bad(obstacle.message, `report.published[${index}].what`, obstacle);
  }
}

function bad(message: string, where: string, { fix }: { readonly fix: string }): LesionError {
  return new LesionError("bad-study", message, { where, fix });
}
