/**
 * A whole sweep: the plan's steps over the samples, in one segment or, where memory does not hold them all, in several
 * whose counts are added up. Effects are given as soon as they are complete.
 */
import { wordsFor } from "../core/bitset.ts";
import type { LesionError } from "../core/errors.ts";
import type { Dataset, Transform } from "../data/dataset.ts";
import { type DeviceChain, uploadChain } from "../engine/device-chain.ts";
import { buildPrefix, type Prefix } from "../engine/prefix.ts";
import { coefficientsOf, type Moments, momentsOf, needsMoments } from "../engine/site.ts";
import type { Tuner } from "../engine/tuner.ts";
import type { Gpu } from "../gpu/device.ts";
import type { DenseChain } from "../network/dense-chain.ts";
import type { AblationSource } from "./ablation.ts";
import { type Effect, intactOutcome, noEffect, type Outcome } from "./effects.ts";
import type { PlanStep, SweepPlan } from "./planner.ts";
import { runStep, type SweepOptions } from "./runner.ts";

export interface SweepRequest {
  readonly gpu: Gpu;
  readonly tuner: Tuner;
  readonly chain: DenseChain;
  readonly dataset: Dataset;
  readonly transform: Transform;
  readonly plan: SweepPlan;
  readonly ablations: AblationSource;
  readonly top5: boolean;
  readonly loss: boolean;
  readonly seed: number;
  readonly proceed: () => Promise<boolean>;
}

/** What a sweep gives, in order: the intact network's outcome, then effects. */
export type SweepEvent =
  | { readonly kind: "intact"; readonly outcome: Outcome; readonly truths: Uint32Array }
  | { readonly kind: "effects"; readonly effects: readonly Effect[] }
  /** Work done that completes no effect yet, in effects' worth. */
  | { readonly kind: "partial"; readonly effects: number }
  | { readonly kind: "macs"; readonly macs: number }
  | { readonly kind: "failed"; readonly rows: readonly number[]; readonly error: LesionError };

/** Runs a plan. Ends early, without an error, where `proceed` says so. */
export async function* runSweep(request: SweepRequest): AsyncGenerator<SweepEvent> {
  const { gpu, plan, chain } = request;
  using arena = gpu.arena.scope();
  const model = uploadChain(arena, chain);
  const segments = segmentsOf(plan);
  if (segments.length > 1) {
    yield* joinSegments(request, model, segments);
    return;
  }
  using own = arena.scope();
  const prefix = await openSegment(request, own, model, segments[0]!);
  const intact = intactOutcome(prefix, chain.stages.at(-1)!.outFeatures);
  yield { kind: "intact", outcome: intact, truths: prefix.truths };
  yield* stepsOf(request, plan.steps, prefix, intact, ownStatistics(gpu, prefix));
}

/** Factor, shift and sigma of a stage's units under a replacement, [units, 3]. */
type Coefficients = SweepOptions["coefficients"];
type Segment = { readonly start: number; readonly samples: number };

function segmentsOf({ samples, samplesPerSegment }: SweepPlan): Segment[] {
  const segments: Segment[] = [];
  for (let start = 0; start < samples; start += samplesPerSegment) {
    segments.push({ start, samples: Math.min(samplesPerSegment, samples - start) });
  }
  return segments;
}

function openSegment(
  request: SweepRequest,
  arena: Gpu["arena"],
  model: DeviceChain,
  segment: Segment,
): Promise<Prefix> {
  const { gpu, dataset, transform, plan } = request;
  return buildPrefix(gpu, arena, model, dataset, transform, { ...segment, chunk: plan.chunk });
}

async function* stepsOf(
  request: SweepRequest,
  steps: readonly PlanStep[],
  prefix: Prefix,
  intact: Outcome,
  coefficients: Coefficients,
): AsyncGenerator<Extract<SweepEvent, { kind: "effects" | "macs" | "failed" }>> {
  for (const step of steps) {
    for await (const { effects, macs, failed } of runStep(step, { ...request, prefix, intact, coefficients })) {
      yield { kind: "macs", macs };
      if (failed) yield { kind: "failed", ...failed };
      if (effects.length > 0) yield { kind: "effects", effects };
    }
  }
}

/** Coefficients from the samples of one prefix. */
export function ownStatistics(gpu: Gpu, prefix: Prefix): Coefficients {
  return async (stage, replacement) => {
    const moments = needsMoments(replacement) ? await momentsOf(gpu, prefix, stage) : null;
    return coefficientsOf(replacement, prefix.model.stages[stage]!.layer.outFeatures, moments);
  };
}

/** Coefficients from the samples of all segments: means and deviations need a pass over them first. */
async function jointStatistics(
  request: SweepRequest,
  model: DeviceChain,
  segments: readonly Segment[],
): Promise<Coefficients> {
  const { gpu, chain, plan } = request;
  const stages = new Set(
    plan.steps.filter((step) => needsMoments(step.replacement)).flatMap((step) => [step.stage, ...step.deeper]),
  );
  const moments = new Map<number, Moments>();
  for (const segment of stages.size > 0 ? segments : []) {
    using arena = gpu.arena.scope();
    const prefix = await openSegment(request, arena, model, segment);
    for (const stage of stages) moments.set(stage, await momentsOf(gpu, prefix, stage, moments.get(stage)));
  }
  return async (stage, replacement) =>
    coefficientsOf(replacement, chain.stages[stage]!.outFeatures, moments.get(stage) ?? null);
}

/** All segments for one block of rows, then for the next: effects wait in memory until every segment has added to them. */
async function* joinSegments(
  request: SweepRequest,
  model: DeviceChain,
  segments: readonly Segment[],
): AsyncGenerator<SweepEvent> {
  const { gpu, chain, plan } = request;
  const coefficients = await jointStatistics(request, model, segments);
  let whole: Outcome | null = null;
  for (const steps of blocksOf(plan)) {
    const joined = new Map<number, Effect[]>();
    const outcomes: Outcome[] = [];
    const truths = new Uint32Array(plan.samples);
    for (const segment of segments) {
      using arena = gpu.arena.scope();
      const prefix = await openSegment(request, arena, model, segment);
      const intact = intactOutcome(prefix, chain.stages.at(-1)!.outFeatures);
      outcomes.push(intact);
      truths.set(prefix.truths, segment.start);
      for await (const event of stepsOf(request, steps, prefix, intact, coefficients)) {
        if (event.kind !== "effects") {
          yield event;
          continue;
        }
        for (const effect of event.effects) {
          const parts = joined.get(effect.row);
          if (parts) parts.push(effect);
          else joined.set(effect.row, [effect]);
        }
        yield { kind: "partial", effects: event.effects.length / segments.length };
      }
      if (!(await request.proceed())) return;
    }
    if (!whole) {
      whole = outcomes.reduce(addOutcomes);
      yield { kind: "intact", outcome: whole, truths };
    }
    const intact = whole;
    const complete = [...joined.values()].filter((parts) => parts.length === segments.length);
    const effects = complete.map((parts) => parts.reduce((a, b) => addEffects(a, b, intact)));
    if (effects.length > 0) yield { kind: "effects", effects };
  }
}

/** Bytes of changed-sample bits that may wait for their other segments. */
const WAITING_BYTES = 2 ** 28;
/** Rows of a block, at most and at least: results are to be seen, and the prefix is computed anew for each block. */
const BLOCK_ROWS = [64, 16_384] as const;

/** The plan's steps in blocks of rows; one block of none where there is nothing to compute. */
function* blocksOf({ steps, samples }: SweepPlan): Generator<PlanStep[]> {
  const [least, most] = BLOCK_ROWS;
  const rows = Math.max(least, Math.min(most, Math.floor(WAITING_BYTES / (4 * wordsFor(samples)))));
  let block: PlanStep[] = [];
  let room = rows;
  for (const step of steps) {
    for (let at = 0; at < step.rows.length; ) {
      const taken = step.rows.subarray(at, at + room);
      block.push({ ...step, rows: taken });
      at += taken.length;
      room -= taken.length;
      if (room > 0) continue;
      yield block;
      block = [];
      room = rows;
    }
  }
  if (block.length > 0 || steps.length === 0) yield block;
}

/** Segments begin at multiples of 64 samples, so that their bits lie one after the other in whole words. */
function concat(a: Uint32Array, b: Uint32Array): Uint32Array {
  const both = new Uint32Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

function added(a: Uint32Array, b: Uint32Array): Uint32Array {
  return a.map((count, i) => count + b[i]!);
}

function addOutcomes(a: Outcome, b: Outcome): Outcome {
  return {
    samples: a.samples + b.samples,
    correct: a.correct + b.correct,
    correctTop5: a.correctTop5 + b.correctTop5,
    lossSum: a.lossSum + b.lossSum,
    classCorrect: added(a.classCorrect, b.classCorrect),
    classSamples: added(a.classSamples, b.classSamples),
    bits: concat(a.bits, b.bits),
  };
}

function addEffects(a: Effect, b: Effect, whole: Outcome): Effect {
  return {
    ...noEffect(a.row, whole),
    noop: a.noop && b.noop,
    classLost: added(a.classLost, b.classLost),
    classGained: added(a.classGained, b.classGained),
    top5Lost: a.top5Lost + b.top5Lost,
    top5Gained: a.top5Gained + b.top5Gained,
    lossSum: a.lossSum + b.lossSum,
    changed: concat(a.changed, b.changed),
    ms: a.ms + b.ms,
  };
}
