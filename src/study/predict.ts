/**
 * Predicts what a sweep will take on this adapter by trying each of its steps, records included, on a few masks and
 * samples: a fixed cost a step and a cost a mask, from two measured points.
 */
import { intactOutcome } from "../ablation/effects.ts";
import type { GraphPlan } from "../ablation/graph-planner.ts";
import { predictGraphMs } from "../ablation/graph-prediction.ts";
import type { PlanStep, SweepPlan } from "../ablation/planner.ts";
import { isGraphPlan } from "../ablation/run-sweep.ts";
import { runStep, type SweepOptions } from "../ablation/runner.ts";
import type { Subject } from "../ablation/subject.ts";
import { statisticsOf } from "../ablation/sweep.ts";
import { uploadChain } from "../engine/device-chain.ts";
import { buildPrefix } from "../engine/prefix.ts";
import { momentsOf } from "../engine/site.ts";
import type { Tuner } from "../engine/tuner.ts";
import type { Gpu } from "../gpu/device.ts";
import type { DenseChain } from "../network/dense-chain.ts";
import { ablationRecord, type Comparison } from "./ablation-record.ts";
import type { OpenedStudy } from "./open-study.ts";
import type { Proceed } from "./run-interface.ts";

const TRIAL_SAMPLES = 2048;
/** Masks of a first trial, and of the largest: where masks are cheap, many are needed to tell their cost from chance. */
const TRIAL_MASKS = [24, 1536] as const;
const TRIAL_MS = 40;

/** Milliseconds that the plan will take; null where there is nothing to do. */
export async function predictMs(request: {
  readonly gpu: Gpu;
  readonly tuner: Tuner;
  readonly opened: OpenedStudy;
  readonly subject: Subject;
  readonly plan: SweepPlan | GraphPlan;
  readonly proceed: Proceed;
}): Promise<number | null> {
  const { opened, subject, plan, gpu, proceed } = request;
  if (isGraphPlan(plan)) return predictGraphMs(gpu, plan, subject.ablatable, opened.ablations, proceed);
  return subject.kind === "chain" ? predictChainMs({ ...request, plan, chain: subject.chain }) : null;
}

async function predictChainMs(request: {
  readonly gpu: Gpu;
  readonly tuner: Tuner;
  readonly opened: OpenedStudy;
  readonly chain: DenseChain;
  readonly plan: SweepPlan;
  readonly proceed: Proceed;
}): Promise<number | null> {
  const { gpu, tuner, opened, chain, plan, proceed } = request;
  const { ablations, study, dataset, transform } = opened;
  if (plan.steps.length === 0) return null;
  const samples = Math.min(TRIAL_SAMPLES, plan.samplesPerSegment);
  using arena = gpu.arena.scope();
  const model = uploadChain(arena, chain);
  const range = { start: 0, samples, chunk: Math.min(plan.chunk, TRIAL_SAMPLES) };
  const open = () => buildPrefix(gpu, arena, model, dataset, transform, range);
  await open();
  const prefixStartMs = performance.now();
  const prefix = await open();
  let totalMs = (performance.now() - prefixStartMs) * (plan.samples / samples);
  const intact = intactOutcome(prefix, chain.stages.at(-1)!.outFeatures);
  const { measure, seed } = study;
  const comparison = { intact, baseline: intact, truths: prefix.truths, layers: opened.subject.ablatable, measure };
  const options = {
    gpu,
    tuner,
    prefix,
    intact,
    ablations,
    seed,
    proceed,
    top5: measure.includes("top5"),
    loss: measure.includes("loss"),
    coefficients: statisticsOf(
      { units: (stage) => chain.stages[stage]!.outFeatures },
      { moments: (stage, site, before) => momentsOf(gpu, prefix, stage, site, before) },
    ),
  };
  const segments = Math.ceil(plan.samples / plan.samplesPerSegment);
  for (const step of plan.steps) {
    const { openingMs, maskMs } = await costOf(step, options, comparison);
    totalMs += segments * openingMs + step.rows.length * maskMs * (plan.samples / samples);
  }
  return totalMs;
}

/** What opening a step takes, and each of its masks on the prefix's samples. */
async function costOf(
  step: PlanStep,
  options: SweepOptions,
  comparison: Comparison,
): Promise<{ readonly openingMs: number; readonly maskMs: number }> {
  const [first, last] = TRIAL_MASKS;
  const most = Math.min(last, step.rows.length);
  let many = Math.min(first, most);
  await trialMs(step, many, options, comparison); // Compiles.
  let manyMs = await trialMs(step, many, options, comparison);
  while (manyMs < TRIAL_MS && many < most) {
    many = Math.min(4 * many, most);
    manyMs = await trialMs(step, many, options, comparison);
  }
  const few = Math.ceil(many / 4);
  const fewMs = await trialMs(step, few, options, comparison);
  const maskMs = many > few ? Math.max(0, manyMs - fewMs) / (many - few) : manyMs / many;
  return { openingMs: Math.max(0, manyMs - maskMs * many), maskMs };
}

/** Milliseconds of a step with so many of its masks, spread over its rows. */
async function trialMs(step: PlanStep, masks: number, options: SweepOptions, comparison: Comparison): Promise<number> {
  const every = Math.floor(step.rows.length / masks);
  const rows = Uint32Array.from({ length: masks }, (_, i) => step.rows[i * every]!);
  const startMs = performance.now();
  const { samples } = options.prefix;
  const masksPerBatch = Math.min(step.masksPerBatch, masks);
  const rowsAtOnce = Math.min(step.rowsAtOnce, Math.max(64, masks * samples));
  for await (const { effects } of runStep({ ...step, rows, masksPerBatch, rowsAtOnce }, options)) {
    for (const effect of effects) ablationRecord(options.ablations.at(effect.row), effect, comparison);
  }
  return performance.now() - startMs;
}
