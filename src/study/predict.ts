/**
 * Predicts what a sweep will take on this adapter by trying each of its steps, records included, on a few masks and
 * samples: a fixed cost a step and a cost a mask, from two measured points.
 */
import { chainEngine } from "../ablation/chain-engine.ts";
import type { GraphPlan } from "../ablation/graph-planner.ts";
import { type PredictedTime, predictGraph } from "../ablation/graph-prediction.ts";
import type { PlanStep, SweepPlan } from "../ablation/planner.ts";
import { isGraphPlan } from "../ablation/run-sweep.ts";
import type { Subject } from "../ablation/subject.ts";
import { type Coefficients, type OpenSegment, type OptimalConstants, statisticsOf } from "../ablation/sweep.ts";
import type { Tuner } from "../engine/tuner.ts";
import type { Gpu } from "../gpu/device.ts";
import type { DenseChain } from "../network/dense-chain.ts";
import { ablationRecord, type Comparison } from "./ablation-record.ts";
import type { AblationList } from "./expand.ts";
import type { OpenedStudy } from "./open-study.ts";
import type { Proceed } from "./run-interface.ts";

const TRIAL_SAMPLES = 2048;
/** Masks of a first trial, and of the largest: where masks are cheap, many are needed to tell their cost from chance. */
const TRIAL_MASKS = [24, 1536] as const;
const TRIAL_MS = 40;

interface PredictionRequest {
  readonly gpu: Gpu;
  readonly tuner: Tuner;
  readonly opened: OpenedStudy;
  readonly subject: Subject;
  readonly plan: SweepPlan | GraphPlan;
  /** Of `optimal` replacements; left out: any will do. */
  readonly optimal?: OptimalConstants | undefined;
  readonly proceed: Proceed;
}

/** Milliseconds that the plan will take; null where there is nothing to do, or where `proceed` says so. */
export async function predictMs(request: PredictionRequest): Promise<number | null> {
  return (await predict(request))?.ms ?? null;
}

/** What the plan will take; null as of `predictMs`. */
export async function predict(request: PredictionRequest): Promise<PredictedTime | null> {
  const { opened, subject, plan, gpu, proceed } = request;
  if (isGraphPlan(plan)) return predictGraph(gpu, plan, subject.ablatable, opened.ablations, proceed);
  return subject.kind === "chain" ? predictChain({ ...request, plan, chain: subject.chain }) : null;
}

async function predictChain(
  request: Omit<PredictionRequest, "plan" | "subject"> & { readonly plan: SweepPlan; readonly chain: DenseChain },
): Promise<PredictedTime | null> {
  const { gpu, opened, chain, plan, optimal } = request;
  const { ablations, study, dataset, transform } = opened;
  if (plan.steps.length === 0) return null;
  const samples = Math.min(TRIAL_SAMPLES, plan.samplesPerSegment);
  using arena = gpu.arena.scope();
  const { measure, seed } = study;
  const engine = chainEngine(arena, {
    ...request,
    dataset,
    transform,
    seed,
    plan: { chunk: Math.min(plan.chunk, TRIAL_SAMPLES) },
    top5: measure.includes("top5"),
    loss: measure.includes("loss"),
    optimal: optimal ?? ((stage) => new Float32Array(chain.stages[stage]!.outFeatures)),
  });
  const open = () => engine.openSegment(arena, { start: 0, samples });
  using _compiled = await open();
  const prefixStartMs = performance.now();
  using segment = await open();
  const passMs = (performance.now() - prefixStartMs) * (plan.samples / samples);
  let ms = passMs;
  const { intact, truths } = segment;
  const comparison = { intact, baseline: intact, truths, layers: opened.subject.ablatable, measure };
  const trial = { segment, samples, ablations, coefficients: statisticsOf(engine, segment), comparison };
  const segments = Math.ceil(plan.samples / plan.samplesPerSegment);
  for (const step of plan.steps) {
    if (!(await request.proceed())) return null;
    const { openingMs, maskMs } = await costOf(step, trial);
    ms += segments * openingMs + step.rows.length * maskMs * (plan.samples / samples);
  }
  return { passMs, ms };
}

/** Where steps are tried: on a few samples, as far as records. */
interface Trial {
  readonly segment: OpenSegment<PlanStep>;
  readonly samples: number;
  readonly ablations: AblationList;
  readonly coefficients: Coefficients;
  readonly comparison: Comparison;
}

/** What opening a step takes, and each of its masks on the prefix's samples. */
async function costOf(step: PlanStep, trial: Trial): Promise<{ readonly openingMs: number; readonly maskMs: number }> {
  const [first, last] = TRIAL_MASKS;
  const most = Math.min(last, step.rows.length);
  let many = Math.min(first, most);
  await trialMs(step, many, trial); // Compiles.
  let manyMs = await trialMs(step, many, trial);
  while (manyMs < TRIAL_MS && many < most) {
    many = Math.min(4 * many, most);
    manyMs = await trialMs(step, many, trial);
  }
  const few = Math.ceil(many / 4);
  const fewMs = await trialMs(step, few, trial);
  const maskMs = many > few ? Math.max(0, manyMs - fewMs) / (many - few) : manyMs / many;
  return { openingMs: Math.max(0, manyMs - maskMs * many), maskMs };
}

/** Milliseconds of a step with so many of its masks, spread over its rows. */
async function trialMs(step: PlanStep, masks: number, trial: Trial): Promise<number> {
  const { segment, samples, ablations, coefficients, comparison } = trial;
  const every = Math.floor(step.rows.length / masks);
  const rows = Uint32Array.from({ length: masks }, (_, i) => step.rows[i * every]!);
  const startMs = performance.now();
  const masksPerBatch = Math.min(step.masksPerBatch, masks);
  const rowsAtOnce = Math.min(step.rowsAtOnce, Math.max(64, masks * samples));
  for await (const { effects } of segment.run({ ...step, rows, masksPerBatch, rowsAtOnce }, ablations, coefficients)) {
    for (const effect of effects) ablationRecord(ablations.at(effect.row), effect, comparison);
  }
  return performance.now() - startMs;
}
