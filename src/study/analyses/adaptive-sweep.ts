/** Adaptive sweeps of a study: rounds of more and more samples, each on the ablations that are still open, and a record after each. */

import type { AblationSource } from "../../ablation/ablation.ts";
import {
  type Arm,
  blocksOf,
  boundsOf,
  judged,
  newArm,
  openRows,
  ranking,
  roundsOf,
  withBlock,
} from "../../ablation/adaptive.ts";
import type { Effect, Outcome } from "../../ablation/effects.ts";
import { engineRequest, openEngine } from "../../ablation/run-sweep.ts";
import { runSteps, type Step, statisticsOf } from "../../ablation/sweep.ts";
import { LesionError } from "../../core/errors.ts";
import { random } from "../../core/random.ts";
import { reordered } from "../../data/subset.ts";
import { needsMoments } from "../../engine/site.ts";
import type { AdaptiveRecord } from "../analysis-records.ts";
import { expand } from "../expand.ts";
import type { OpenedStudy } from "../open-study.ts";
import { planOpened } from "../plan-opened.ts";
import type { AdaptiveOptions, Sweep } from "../study.ts";
import { type AnalysisDevice, mayGoOn, progressOf } from "./device.ts";
import { predictedEffects } from "./predicted-effects.ts";

type EachUnit = Extract<Sweep, { ablate: "each-unit" }>;

/** Adaptive sweeps, by their index in the study. */
export function adaptiveSweeps(
  sweeps: readonly Sweep[],
): [index: number, sweep: EachUnit & { adaptive: AdaptiveOptions }][] {
  return sweeps.flatMap((sweep, index) =>
    sweep.ablate === "each-unit" && sweep.adaptive ? [[index, { ...sweep, adaptive: sweep.adaptive }]] : [],
  );
}

/** The ablations that an adaptive sweep ranks. */
export function rankedAblations(
  { opened }: { readonly opened: Pick<OpenedStudy, "study" | "subject"> },
  { adaptive: _, ...sweep }: EachUnit,
): AblationSource {
  return expand({ ...opened.study, sweeps: [sweep] }, opened.subject.ablatable);
}

/** Runs one adaptive sweep to its end, from where an interrupted run left it. */
export async function runAdaptiveSweep(
  device: AnalysisDevice,
  index: number,
  sweep: EachUnit & { readonly adaptive: AdaptiveOptions },
): Promise<void> {
  const { gpu, tuner, opened, subject, proceed } = device;
  const { adaptive } = sweep;
  const { study, transform } = opened;
  const before = device.earlier.findLast((record) => record.name === "adaptive" && record.sweep === index);
  const state = before?.name === "adaptive" ? before : null;
  if (state?.final) return;
  const ablations = rankedAblations(device, sweep);
  const { samples } = opened.dataset;
  const dataset = reordered(opened.dataset, random(study.seed, "adaptive samples").permutation(samples));
  progressOf(device, `sweep ${index}: what gradients predict`);
  const predicted = await predictedEffects(device, dataset, ablations, adaptive.by);
  const plan = planOpened({ subject, dataset, ablations }, gpu, () => false);
  using arena = gpu.arena.scope();
  const common = {
    gpu,
    tuner,
    dataset,
    transform,
    seed: study.seed,
    top5: false,
    loss: adaptive.by === "loss",
    proceed,
  };
  const engine = await openEngine(arena, engineRequest(subject, plan, common));
  const rounds = roundsOf(adaptive, samples);
  const progress = progressOf(device, `sweep ${index}: the ${adaptive.top} ablations that matter most`);
  const total = ablations.count * samples;
  let arms: readonly Arm[] = state?.arms ?? Array.from({ length: ablations.count }, () => newArm);
  let evaluations = state?.evaluations ?? 0;
  for (let round = state?.round ?? 0; round < rounds.length; round++) {
    const [from, to] = [rounds[round - 1] ?? 0, rounds[round]!];
    for (const { start, samples: count } of blocksOf(from, to, plan.samplesPerSegment)) {
      await mayGoOn(device);
      using own = gpu.arena.scope();
      using segment = await engine.openSegment(own, { start, samples: count });
      const rows = new Set(openRows(ablations, arms));
      const sums = new Map<number, number>();
      const steps = restricted(plan.steps, rows);
      const most = evaluations + rows.size * (samples - start);
      for await (const event of runSteps(steps, segment, ablations, statisticsOf(engine, segment))) {
        if (event.kind === "failed") throw event.error;
        if (event.kind !== "effects") continue;
        for (const effect of event.effects) sums.set(effect.row, damageOf(effect, segment.intact, adaptive.by));
        progress(evaluations + sums.size * count, most);
      }
      if (sums.size < rows.size) throw new LesionError("cancelled", "the run was stopped");
      arms = arms.map((arm, row) =>
        rows.has(row) ? withBlock(arm, count, sums.get(row)!, predicted.sum(row, start, count)) : arm,
      );
      evaluations += rows.size * count;
    }
    const bounds = boundsOf(arms, samples, rounds.length, adaptive.confidence, predicted);
    arms = judged(arms, bounds, adaptive.top, samples);
    const at = { index, round: round + 1, samples, seen: to, evaluations, total };
    const record = recordOf(device, sweep, ablations, arms, bounds, at);
    device.write([record]);
    if (record.final) return;
  }
}

/** What an ablation costs on some samples: nats of loss, or samples lost less samples gained. */
function damageOf({ lossSum, classLost, classGained }: Effect, intact: Outcome, by: AdaptiveOptions["by"]): number {
  if (by === "loss") return lossSum - intact.lossSum;
  const sum = (counts: Uint32Array) => counts.reduce((total, count) => total + count, 0);
  return sum(classLost) - sum(classGained);
}

/** Steps with those of their rows that are among `rows`. */
function restricted(steps: readonly Step[], rows: ReadonlySet<number>): Step[] {
  return steps
    .map((step) => ({ ...step, rows: step.rows.filter((row) => rows.has(row)) }))
    .filter((step) => step.rows.length > 0);
}

function recordOf(
  { opened }: AnalysisDevice,
  { adaptive }: { readonly adaptive: AdaptiveOptions },
  ablations: AblationSource,
  arms: readonly Arm[],
  bounds: ReturnType<typeof boundsOf>,
  at: { index: number; round: number; samples: number; seen: number; evaluations: number; total: number },
): AdaptiveRecord {
  const settled = arms.every(({ state }) => state !== "open");
  const inside = ranking(bounds).filter((row) => arms[row]!.state === "in");
  const open = ranking(bounds).filter((row) => arms[row]!.state === "open");
  const scale = adaptive.by === "accuracy" ? 100 : 1;
  const { ablatable } = opened.subject;
  return {
    type: "analysis",
    name: "adaptive",
    sweep: at.index,
    by: adaptive.by,
    confidence: adaptive.confidence,
    k: adaptive.top,
    top: [...inside, ...open].slice(0, adaptive.top).map((row) => {
      const { mean, low, high } = bounds[row]!;
      return {
        row,
        sites: ablations.at(row).sites.map((site) => ({ layer: ablatable[site.layerIndex]!.layer, ...site })),
        effect: scale * mean,
        interval: Number.isFinite(low) && Number.isFinite(high) ? [scale * low, scale * high] : null,
        n: arms[row]!.n,
      };
    }),
    settled,
    arms,
    round: at.round,
    final: settled,
    seen: at.seen,
    samples: at.samples,
    evaluations: at.evaluations,
    fullEvaluations: at.total,
  };
}

/**
 * Refuses adaptive sweeps whose replacements are measured on all samples first, which would cost what the sweep is to save,
 * and those that ask for as many units as they have: all of them need no choosing. Throws `unsupported`, `bad-study`.
 */
export function assertAdaptive(opened: Pick<OpenedStudy, "study" | "subject">): void {
  const { sweeps, replacement: own } = opened.study;
  for (const [index, sweep] of adaptiveSweeps(sweeps)) {
    const { replacements, replacement = own, adaptive } = sweep;
    const where = `sweeps[${index}]`;
    const found = (replacements ?? [replacement]).find(
      (each) => needsMoments(each) || ["class-mean", "resample", "optimal"].includes(each.kind),
    );
    if (found) {
      throw new LesionError(
        "unsupported",
        `sweep ${index} is adaptive and replaces by ${found.kind}, which takes all samples to know`,
        { where, fix: 'Replace by "zero", a constant or a scale, or leave "adaptive" out.' },
      );
    }
    const { count } = rankedAblations({ opened }, sweep);
    if (adaptive.top < count) continue;
    throw new LesionError(
      "bad-study",
      `sweep ${index} asks for the ${adaptive.top} most damaging of ${count} ablations`,
      {
        where: `${where}.adaptive.top`,
        fix: `Ask for fewer than ${count}, or leave "adaptive" out, which measures each on all samples.`,
      },
    );
  }
}
