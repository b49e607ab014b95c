/** The analyses of a run: what is found out before its sweeps, and what is made of them afterwards. */
import type { Subject } from "../ablation/subject.ts";
import type { OptimalConstants } from "../ablation/sweep.ts";
import { LesionError } from "../core/errors.ts";
import type { Tuner } from "../engine/tuner.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Network } from "../network/network.ts";
import { baselineRecord } from "./ablation-record.ts";
import { adaptiveSweeps, runAdaptiveSweep } from "./analyses/adaptive-sweep.ts";
import type { AnalysisDevice } from "./analyses/device.ts";
import type { AnalysisInput } from "./analyses/input.ts";
import { needsMaterials, sweepMaterials } from "./analyses/materials.ts";
import { optimalConstants } from "./analyses/optimal.ts";
import { runAnalyses } from "./analyses/run-analyses.ts";
import { expand } from "./expand.ts";
import type { OpenedStudy } from "./open-study.ts";
import { planOpened } from "./plan-opened.ts";
import type { Reached } from "./reached.ts";
import { intactOn } from "./record-sweep.ts";
import type { Proceed, RunInput, RunOutput } from "./run-interface.ts";
import type { TrainedNetworks } from "./trained-networks.ts";
import type { TrainingSets } from "./training-data.ts";

/** What analyses run on. */
export interface AnalysisRequest {
  readonly gpu: Gpu;
  readonly tuner: Tuner;
  readonly opened: OpenedStudy;
  readonly network: Network;
  readonly subject: Subject;
  readonly trained: TrainedNetworks;
  readonly sets: TrainingSets;
  readonly proceed: Proceed;
  readonly reached: Reached;
  readonly output: RunOutput;
}

/** What was found out before the sweeps: their rows, and the constants that units are held at. */
export interface Prepared {
  readonly opened: OpenedStudy;
  readonly optimal: OptimalConstants | undefined;
}

/** Finds out what the sweeps are made of. Rejects with `cancelled` where the run is stopped. */
export async function prepareSweeps(request: AnalysisRequest): Promise<Prepared> {
  const { opened, subject } = request;
  const device = deviceOf(request, undefined);
  const optimal = await optimalConstants(device);
  if (!needsMaterials(opened.study)) return { opened, optimal };
  const materials = await sweepMaterials({ ...device, optimal });
  const ablations = expand(opened.study, subject.ablatable, subject.classes, materials);
  return { opened: { ...opened, ablations }, optimal };
}

/** Adaptive sweeps, then analyses. A shard leaves them to the run that its shards are merged into. */
export async function analyseStudy(
  request: AnalysisRequest,
  { optimal }: Pick<Prepared, "optimal">,
  { shard, journalBits }: Pick<RunInput, "shard" | "journalBits">,
): Promise<void> {
  const { opened, reached, output } = request;
  const { study } = opened;
  const adaptive = adaptiveSweeps(study.sweeps);
  if (reached.cancelled || (study.analyses.length === 0 && adaptive.length === 0)) return;
  if (shard !== null) {
    output.warning("a shard makes no analyses; merge the shards and resume the merged run, which makes them");
    return;
  }
  if (reached.failures.size > 0) {
    output.warning(
      `analyses wait for the ${reached.failures.size} ablations that failed: resume the run, which tries them again`,
    );
    return;
  }
  const device = deviceOf(request, optimal);
  try {
    for (const [index, sweep] of adaptive) await runAdaptiveSweep(device, index, sweep);
    if (study.analyses.length > 0) {
      await bringBits(reached, journalBits);
      reached.analysisFailure = await runAnalyses(device, await inputOf(request, optimal));
    }
  } catch (thrown) {
    if (!(thrown instanceof LesionError && thrown.code === "cancelled")) throw thrown;
    reached.cancelled = true;
  }
}

function deviceOf(request: AnalysisRequest, optimal: OptimalConstants | undefined): AnalysisDevice {
  const { gpu, tuner, opened, network, subject, trained, sets, proceed, reached, output } = request;
  return {
    ...{ gpu, tuner, opened, network, subject, trained, optimal, proceed, output },
    training: (split, limit) => sets.of(split, limit),
    earlier: reached.analyses,
    write: (records) => {
      if (records.length === 0) return;
      for (const record of records) reached.analyses.push(record);
      output.records(records, null);
    },
  };
}

/** Bits of the rows that an interrupted run measured, where there are any. */
async function bringBits({ measured }: Reached, journalBits: RunInput["journalBits"]): Promise<void> {
  const missing = measured.without;
  const kept = missing.length > 0 && journalBits ? await journalBits() : null;
  if (kept) measured.add([], kept);
}

async function inputOf(request: AnalysisRequest, optimal: OptimalConstants | undefined): Promise<AnalysisInput> {
  const { gpu, opened, reached } = request;
  const { study, dataset, transform, baselineTransform, ablations } = opened;
  const { measured, baseline } = reached;
  if (!baseline) throw new LesionError("internal", "nothing was measured before the analyses");
  const outcomeOn = (images: typeof transform) =>
    intactOn({ ...request, plan: planOpened(opened, gpu, () => true), optimal }, images);
  measured.baselineBits ??= (await outcomeOn(baselineTransform ?? transform)).bits;
  const intact = baselineTransform && (await outcomeOn(transform));
  return {
    seed: study.seed,
    layers: opened.subject.ablatable,
    classNames: dataset.classNames,
    baseline,
    baselineBits: measured.baselineBits,
    intact: intact ? baselineRecord(intact, study.measure) : baseline,
    intactBits: intact ? intact.bits : measured.baselineBits,
    labels: dataset.labels,
    sweeps: study.sweeps.map((sweep, index) => {
      const { start, count } = ablations.sweeps[index]!;
      const rows = Array.from({ length: count }, (_, i) => measured.ablations.get(start + i));
      return { index, sweep, ablations: rows.filter((record) => record !== undefined) };
    }),
    bitsOf: (row) => measured.bitsOf(row),
  };
}
