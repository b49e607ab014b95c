/** The constants of a study's `optimal` replacements, searched for before its sweeps, layer by layer, and recorded. */
import { OPTIMAL_EVALUATIONS, searchOptimal } from "../../ablation/optimal-constants.ts";
import { sweepCoefficients } from "../../ablation/run-sweep.ts";
import type { OptimalConstants } from "../../ablation/sweep.ts";
import { LesionError } from "../../core/errors.ts";
import type { OptimalRecord } from "../analysis-records.ts";
import { planOpened } from "../plan-opened.ts";
import { requestOf } from "../record-sweep.ts";
import { chosenLayers } from "../sites.ts";
import type { AblationPlace, Study } from "../study.ts";
import { type AnalysisDevice, mayGoOn, openMeasurement, progressOf } from "./device.ts";

/** The layers and places whose constants a study needs. */
export function wantedConstants(study: Study, layers: Parameters<typeof chosenLayers>[1]): [number, AblationPlace][] {
  const wanted = new Map<string, [number, AblationPlace]>();
  const add = (layerIndex: number, site: AblationPlace) => wanted.set(`${layerIndex} ${site}`, [layerIndex, site]);
  for (const [index, sweep] of study.sweeps.entries()) {
    const replacements = sweep.replacements ?? [sweep.replacement ?? study.replacement];
    if (!replacements.some(({ kind }) => kind === "optimal")) continue;
    const choice = sweep.ablate === "sets" ? "all" : sweep.layers;
    for (const { layerIndex } of chosenLayers(choice, layers, `sweeps[${index}].layers`)) {
      add(layerIndex, sweep.site ?? study.site);
    }
  }
  // Analyses measure ablations of their own, by the study's replacement.
  if (study.replacement.kind === "optimal" && study.analyses.length > 0) {
    for (const { layerIndex } of layers) add(layerIndex, study.site);
  }
  return [...wanted.values()];
}

/** The constants, searched for where no record has them. Rejects with `cancelled` where the run is stopped. */
export async function optimalConstants(device: AnalysisDevice): Promise<OptimalConstants | undefined> {
  const { opened } = device;
  const wanted = wantedConstants(opened.study, opened.subject.ablatable);
  if (wanted.length === 0) return undefined;
  const found = new Map<string, Float32Array>();
  for (const [layerIndex, site] of wanted) {
    const record = recorded(device, layerIndex, site) ?? (await search(device, layerIndex, site));
    found.set(`${layerIndex} ${site}`, Float32Array.from(record.constants));
  }
  return (layerIndex, site) => {
    const constants = found.get(`${layerIndex} ${site}`);
    if (constants) return constants;
    throw new LesionError("internal", `the optimal constants of layer ${layerIndex} were not searched for`);
  };
}

function recorded({ earlier }: AnalysisDevice, layerIndex: number, site: AblationPlace): OptimalRecord | undefined {
  return earlier.find(
    (record): record is OptimalRecord =>
      record.name === "optimal" && record.layerIndex === layerIndex && record.site === site,
  );
}

async function search(device: AnalysisDevice, layerIndex: number, site: AblationPlace): Promise<OptimalRecord> {
  const { layer, units } = device.subject.ablatable[layerIndex]!;
  const progress = progressOf(device, `the constants of ${layer} that cost least`);
  const moments = await momentsOf(device, layerIndex, site);
  let trial = new Float32Array(units);
  using measurement = openMeasurement({ ...device, optimal: () => trial });
  const single = Array.from({ length: units }, (_, unit) => ({
    sites: [{ layerIndex, units: [unit] }],
    replacement: { kind: "optimal" as const },
    site,
  }));
  const { samples } = device.opened.dataset;
  const lossesAt = async (constants: readonly number[]) => {
    await mayGoOn(device);
    trial = Float32Array.from(constants);
    return (await measurement.effects(single)).map(({ lossSum }) => lossSum / samples);
  };
  const { constants, losses } = await searchOptimal(moments, lossesAt, (done) => progress(done, OPTIMAL_EVALUATIONS));
  const record: OptimalRecord = {
    type: "analysis",
    name: "optimal",
    layer,
    layerIndex,
    site,
    constants,
    losses,
    n: samples,
  };
  device.write([record]);
  return record;
}

/** Mean and standard deviation of a layer's units over the study's samples, as sweeps measure them. */
async function momentsOf(device: AnalysisDevice, layerIndex: number, site: AblationPlace) {
  const { opened, gpu } = device;
  const mean = { kind: "mean" } as const;
  const noise = { kind: "noise", sigma: 1 } as const;
  const of = [mean, noise].map((replacement) => ({ sites: [{ layerIndex, units: [0] }], replacement, site }));
  const ablations = { count: 2, at: (row: number) => ({ sweep: 0, index: row, row, ...of[row]! }) };
  const plan = planOpened({ ...opened, ablations }, gpu, () => false);
  const coefficients = await sweepCoefficients(requestOf({ ...device, plan }));
  const [means, deviations] = await Promise.all([mean, noise].map((each) => coefficients(layerIndex, each, site)));
  const { units } = device.subject.ablatable[layerIndex]!;
  const each = (from: Float32Array, part: number) => Array.from({ length: units }, (_, unit) => from[3 * unit + part]!);
  // Factor, shift and sigma: the mean is a shift, the deviation one sigma.
  return { means: each(means!, 1), deviations: each(deviations!, 2) };
}
