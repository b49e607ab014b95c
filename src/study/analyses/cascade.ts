/** How damage spreads through the layers: the most damaging ablations of a study, or those that it names. */
import { sweepCoefficients } from "../../ablation/run-sweep.ts";
import { cascade as measureCascade } from "../../engine/probe/cascade.ts";
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
  const { opened, gpu, proceed, output } = device;
  const samples = Math.min(options.samples ?? opened.dataset.samples, opened.dataset.samples);
  const chosen = chosenAblations(input, options);
  const progress = progressOf(device, "damage, layer by layer");
  for (const [place, record] of chosen.entries()) {
    progress(place, chosen.length);
    if (device.earlier.some((each) => each.name === "cascade" && each.row === record.row)) continue;
    const { replacement, sites, site = "post-activation" } = opened.ablations.at(record.row);
    if (replacement.kind === "class-mean" || replacement.kind === "resample") {
      output.warning(
        `the cascade of row ${record.row} is left out: it replaces by ${replacement.kind}, which differs by sample`,
      );
      continue;
    }
    const plan = planOpened(opened, gpu, (row) => row !== record.row);
    const coefficients = await sweepCoefficients(requestOf({ ...device, plan }));
    const damage = [];
    for (const { layerIndex, units } of sites) {
      const { layer } = device.subject.ablatable[layerIndex]!;
      damage.push({
        layer,
        units,
        coefficients: await coefficients(layerIndex, replacement, site),
        place: site,
        seed: opened.study.seed + layerIndex,
      });
    }
    const changes = unlessStopped(await measureCascade(gpu, probeSource(device, samples), damage, proceed));
    device.write([recordOf(record, changes, samples)]);
  }
}

type LayerChange = NonNullable<Awaited<ReturnType<typeof measureCascade>>>[number];

function recordOf({ row, sites }: AblationRecord, changes: readonly LayerChange[], n: number): CascadeRecord {
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
