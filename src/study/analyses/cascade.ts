/** How damage spreads through the layers: the most damaging ablations of a study, or those that it names. */
import { sweepCoefficients } from "../../ablation/run-sweep.ts";
import type { Coefficients } from "../../ablation/sweep.ts";
import { type Cascade, type DamagedLayer, cascade as measureCascade } from "../../engine/probe/cascade.ts";
import { differsBySample } from "../../engine/site.ts";
import type { CascadeOptions } from "../analysis-options.ts";
import type { CascadeRecord } from "../analysis-records.ts";
import { planOpened } from "../plan-opened.ts";
import { requestOf } from "../record-sweep.ts";
import type { AblationRecord } from "../records.ts";
import { type AnalysisDevice, progressOf } from "./device.ts";
import { grouped } from "./grouped.ts";
import type { AnalysisInput } from "./input.ts";
import { probeSource, unlessStopped } from "./predictors.ts";

export async function cascade(device: AnalysisDevice, input: AnalysisInput, options: CascadeOptions): Promise<void> {
  const { opened, gpu, proceed } = device;
  const samples = Math.min(options.samples ?? opened.dataset.samples, opened.dataset.samples);
  const progress = progressOf(device, "damage, layer by layer");
  const missing = chosenAblations(input, options).filter(
    ({ row }) => !device.earlier.some((each) => each.name === "cascade" && each.row === row),
  );
  const measured = missing.filter((record) => isSameForAllSamples(device, record));
  if (measured.length === 0) return;
  const rows = new Set(measured.map(({ row }) => row));
  const plan = planOpened(opened, gpu, (row) => !rows.has(row));
  const coefficients = await sweepCoefficients(requestOf({ ...device, plan }));
  const damages = await Promise.all(measured.map((record) => damageOf(device, record, coefficients)));
  const found = await measureCascade(gpu, probeSource(device, samples), damages, proceed, (done) =>
    progress(done, samples),
  );
  device.write(unlessStopped(found).map((changes, place) => recordOf(measured[place]!, changes, samples)));
}

/** Whether units become the same on every sample; says of an ablation that is left out why. */
function isSameForAllSamples({ opened, output }: AnalysisDevice, { row }: AblationRecord): boolean {
  const { replacement } = opened.ablations.at(row);
  if (!differsBySample(replacement)) return true;
  output.warning(`the cascade of row ${row} is left out: it replaces by ${replacement.kind}, which differs by sample`);
  return false;
}

function damageOf(
  { opened, subject }: AnalysisDevice,
  { row }: AblationRecord,
  coefficients: Coefficients,
): Promise<DamagedLayer[]> {
  const { replacement, sites, site = "post-activation" } = opened.ablations.at(row);
  return Promise.all(
    sites.map(async ({ layerIndex, units }) => ({
      layer: subject.ablatable[layerIndex]!.layer,
      units,
      coefficients: await coefficients(layerIndex, replacement, site),
      place: site,
      seed: opened.study.seed + layerIndex,
    })),
  );
}

function recordOf({ row, sites }: AblationRecord, changes: Cascade, n: number): CascadeRecord {
  return {
    type: "analysis",
    name: "cascade",
    row,
    sites,
    layers: changes.map(({ layer }) => layer),
    relativeChange: changes.map(({ change }) => change),
    mean: changes.map(({ mean }) => mean),
    interval: changes.map(({ mean, standardError }) =>
      mean === null || standardError === null ? null : [mean - Z * standardError, mean + Z * standardError],
    ),
    n,
  };
}

/** Of a normal distribution at 95 %. */
const Z = 1.959963984540054;

/** The rows that are asked for, or the ablations that cost most, each of other sites. */
function chosenAblations({ sweeps }: AnalysisInput, { of }: CascadeOptions): AblationRecord[] {
  const all = sweeps.flatMap(({ ablations }) => ablations);
  if (typeof of !== "number") return all.filter(({ row }) => of.includes(row));
  const worst = all.toSorted((a, b) => a.correct - b.correct || a.row - b.row);
  const bySites = grouped(worst, ({ sites }) => sites.map(({ layerIndex, units }) => `${layerIndex}: ${units}`).join());
  return bySites.slice(0, of).map(([first]) => first!);
}
