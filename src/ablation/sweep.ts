/**
 * A whole sweep: the plan's steps over the samples, in one segment or, where memory does not hold them all, in several
 * whose counts are added up. Effects are given as soon as they are complete. What computes them is an engine: of dense chains
 * (`chain-engine.ts`) or of graphs (`graph-engine.ts`).
 */
import { wordsFor } from "../core/bitset.ts";
import type { LesionError } from "../core/errors.ts";
import {
  coefficientsOf,
  differsBySample,
  type Moments,
  needsMoments,
  type ReplacementOptions,
} from "../engine/site.ts";
import type { Arena } from "../gpu/arena.ts";
import type { Gpu } from "../gpu/device.ts";
import type { AblationPlace, AblationSource } from "./ablation.ts";
import { added, type Effect, noEffect, type Outcome } from "./effects.ts";
import { GivenStatistics, type ReadableSegment, type WantedValues } from "./given-statistics.ts";

/** What all engines' steps have in common. */
export interface Step {
  readonly stage: number;
  readonly deeper: readonly number[];
  readonly replacement: ReplacementOptions;
  readonly site: AblationPlace;
  readonly rows: Uint32Array;
}

/** Samples start .. start + samples. */
export interface Segment {
  readonly start: number;
  readonly samples: number;
}

/** Effects of some ablations, and the multiply-accumulates they took; or the rows that the GPU refused, and why. */
export interface SweepBatch {
  readonly effects: readonly Effect[];
  readonly macs: number;
  readonly failed?: { readonly rows: readonly number[]; readonly error: LesionError };
}

/** Factor, shift and sigma of a stage's units under a replacement, [units, 3]. */
export type Coefficients = (
  stage: number,
  replacement: ReplacementOptions,
  site: AblationPlace,
) => Promise<Float32Array>;

/** A segment whose intact outcome is known, and on which steps can be run. */
export interface OpenSegment<S extends Step> extends ReadableSegment, Disposable {
  readonly intact: Outcome;
  /** Asked before each step; resolves when it may go on, with false where it must stop. */
  readonly proceed: () => Promise<boolean>;
  /** Moments of a stage's units over the segment, added to `before`. */
  moments(stage: number, site: AblationPlace, before?: Moments): Promise<Moments>;
  /** The rows of a step are `ablations`'. */
  run(step: S, ablations: AblationSource, coefficients: Coefficients): AsyncGenerator<SweepBatch>;
}

/** [units]: the constants by which the replacement `optimal` replaces a stage's units. */
export type OptimalConstants = (stage: number, site: AblationPlace) => Float32Array;

/** What computes a sweep. */
export interface SweepEngine<S extends Step> {
  readonly units: (stage: number) => number;
  /** Of noise and of donors. */
  readonly seed: number;
  readonly optimal?: OptimalConstants | undefined;
  /**
   * What the segment holds belongs to `arena`. `given`: what differs by sample, gathered from all segments; left out where this
   * one is all there is.
   */
  openSegment(arena: Arena, segment: Segment, given?: GivenStatistics): Promise<OpenSegment<S>>;
}

/** The part of a plan that says which steps run on how many samples at once. */
export interface SegmentedPlan<S extends Step> {
  readonly steps: readonly S[];
  readonly samples: number;
  readonly samplesPerSegment: number;
}

/** What a sweep gives, in order: the intact network's outcome, then effects. */
export type SweepEvent =
  | { readonly kind: "intact"; readonly outcome: Outcome; readonly truths: Uint32Array }
  | { readonly kind: "effects"; readonly effects: readonly Effect[] }
  /** Work done that completes no effect yet, in effects' worth. */
  | { readonly kind: "partial"; readonly effects: number }
  | { readonly kind: "macs"; readonly macs: number }
  /** The intact network has seen so many samples. */
  | { readonly kind: "samples"; readonly samples: number }
  | { readonly kind: "failed"; readonly rows: readonly number[]; readonly error: LesionError };

/** Runs a plan. Ends early, without an error, where `proceed` says so: it resolves when the sweep may go on. */
export async function* runSegments<S extends Step>(
  gpu: Gpu,
  engine: SweepEngine<S>,
  plan: SegmentedPlan<S>,
  ablations: AblationSource,
  proceed: () => Promise<boolean>,
): AsyncGenerator<SweepEvent> {
  const segments = segmentsOf(plan);
  if (segments.length > 1) {
    yield* joinSegments(gpu, engine, plan, ablations, segments, proceed);
    return;
  }
  using arena = gpu.arena.scope();
  using segment = await engine.openSegment(arena, segments[0]!);
  yield { kind: "intact", outcome: segment.intact, truths: segment.truths };
  yield* runSteps(plan.steps, segment, ablations, statisticsOf(engine, segment));
}

function segmentsOf<S extends Step>({ samples, samplesPerSegment }: SegmentedPlan<S>): Segment[] {
  const segments: Segment[] = [];
  for (let start = 0; start < samples; start += samplesPerSegment) {
    segments.push({ start, samples: Math.min(samplesPerSegment, samples - start) });
  }
  return segments;
}

/** Runs steps on a segment that is open. Ends early, without an error, where the segment's `proceed` says so. */
export async function* runSteps<S extends Step>(
  steps: readonly S[],
  segment: OpenSegment<S>,
  ablations: AblationSource,
  coefficients: Coefficients,
): AsyncGenerator<Extract<SweepEvent, { kind: "effects" | "macs" | "failed" }>> {
  for (const step of steps) {
    if (!(await segment.proceed())) return;
    for await (const { effects, macs, failed } of segment.run(step, ablations, coefficients)) {
      yield { kind: "macs", macs };
      if (failed) yield { kind: "failed", ...failed };
      if (effects.length > 0) yield { kind: "effects", effects };
    }
  }
}

/** Coefficients from the samples of one segment. */
export function statisticsOf<S extends Step>(
  engine: Pick<SweepEngine<S>, "units" | "optimal">,
  segment: Pick<OpenSegment<S>, "moments">,
): Coefficients {
  return async (stage, replacement, site) => {
    const moments = needsMoments(replacement) ? await segment.moments(stage, site) : null;
    return coefficientsOf(replacement, engine.units(stage), moments, optimalOf(engine, stage, replacement, site));
  };
}

function optimalOf<S extends Step>(
  { optimal }: Pick<SweepEngine<S>, "optimal">,
  stage: number,
  { kind }: ReplacementOptions,
  site: AblationPlace,
): Float32Array | null {
  return kind === "optimal" && optimal ? optimal(stage, site) : null;
}

/** The coefficients that the steps of a plan ask for, from all of its samples; the steps are not run. Null where it was stopped. */
export async function statisticsOfPlan<S extends Step>(
  gpu: Gpu,
  engine: SweepEngine<S>,
  plan: SegmentedPlan<S>,
  proceed: () => Promise<boolean>,
): Promise<Coefficients | null> {
  return (await jointStatistics(gpu, engine, plan, segmentsOf(plan), proceed))?.coefficients ?? null;
}

/**
 * Coefficients, and what differs by sample, from the samples of all segments: most need a pass over them first. `given` is for
 * `openSegment`. Null where `proceed`, asked before each segment, says so.
 */
async function jointStatistics<S extends Step>(
  gpu: Gpu,
  engine: SweepEngine<S>,
  plan: SegmentedPlan<S>,
  segments: readonly Segment[],
  proceed: () => Promise<boolean>,
): Promise<{ readonly coefficients: Coefficients; readonly given: GivenStatistics } | null> {
  const keyOf = (stage: number, site: AblationPlace) => `${stage} ${site}`;
  const wanted = new Map<string, readonly [stage: number, site: AblationPlace]>();
  const wantedValues = new Map<string, WantedValues>();
  for (const { stage, deeper, replacement, site } of plan.steps) {
    for (const each of [stage, ...deeper]) {
      if (needsMoments(replacement)) wanted.set(keyOf(each, site), [each, site]);
      if (!differsBySample(replacement)) continue;
      wantedValues.set(`${replacement.kind} ${keyOf(each, site)}`, { stage: each, replacement, site });
    }
  }
  const moments = new Map<string, Moments>();
  const given = new GivenStatistics(plan.samples, engine.seed);
  for (const segment of wanted.size + wantedValues.size > 0 ? segments : []) {
    if (!(await proceed())) return null;
    using arena = gpu.arena.scope();
    using open = await engine.openSegment(arena, segment);
    for (const [key, [stage, site]] of wanted) moments.set(key, await open.moments(stage, site, moments.get(key)));
    await given.add(open, segment.start, wantedValues.values());
  }
  const coefficients: Coefficients = async (stage, replacement, site) =>
    coefficientsOf(
      replacement,
      engine.units(stage),
      moments.get(keyOf(stage, site)) ?? null,
      optimalOf(engine, stage, replacement, site),
    );
  return { coefficients, given };
}

/** All segments for one block of rows, then for the next: effects wait in memory until every segment has added to them. */
async function* joinSegments<S extends Step>(
  gpu: Gpu,
  engine: SweepEngine<S>,
  plan: SegmentedPlan<S>,
  ablations: AblationSource,
  segments: readonly Segment[],
  proceed: () => Promise<boolean>,
): AsyncGenerator<SweepEvent> {
  const joint = await jointStatistics(gpu, engine, plan, segments, proceed);
  if (!joint) return;
  const { coefficients, given } = joint;
  let whole: Outcome | null = null;
  for (const steps of blocksOf(plan)) {
    const joined = new Map<number, { effect: Effect; parts: number }>();
    let outcome: Outcome | null = null;
    const truths = new Uint32Array(plan.samples);
    for (const segment of segments) {
      using arena = gpu.arena.scope();
      using open = await engine.openSegment(arena, segment, given);
      truths.set(open.truths, segment.start);
      if (!whole) yield { kind: "samples", samples: segment.start + segment.samples };
      for await (const event of runSteps(steps, open, ablations, coefficients)) {
        if (event.kind !== "effects") {
          yield event;
          continue;
        }
        for (const effect of event.effects) {
          const before = joined.get(effect.row);
          const sum = before ? addEffects(before.effect, effect, segment) : effect;
          joined.set(effect.row, { effect: sum, parts: (before?.parts ?? 0) + 1 });
        }
        yield { kind: "partial", effects: event.effects.length / segments.length };
      }
      outcome = outcome ? addOutcomes(outcome, open.intact) : open.intact;
      if (!(await proceed())) return;
    }
    if (!whole) {
      whole = outcome!;
      yield { kind: "intact", outcome: whole, truths };
    }
    const intact = whole;
    const complete = [...joined.values()].filter(({ parts }) => parts === segments.length);
    const effects = complete.map(({ effect }) => (effect.noop ? noEffect(effect.row, intact) : effect));
    if (effects.length > 0) yield { kind: "effects", effects };
  }
}

/** Bytes of changed-sample bits that may wait for their other segments. */
const WAITING_BYTES = 2 ** 28;
/** Rows of a block, at most and at least: results are to be seen, and the prefix is computed anew for each block. */
const BLOCK_ROWS = [64, 16_384] as const;

/** The plan's steps in blocks of rows; one block of none where there is nothing to compute. */
function* blocksOf<S extends Step>({ steps, samples }: SegmentedPlan<S>): Generator<S[]> {
  const [least, most] = BLOCK_ROWS;
  const rows = Math.max(least, Math.min(most, Math.floor(WAITING_BYTES / (4 * wordsFor(samples)))));
  let block: S[] = [];
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

/** The bits of `count` samples, then those of `more`: [wordsFor(count)] and [wordsFor(more)] words in one. */
function joinBits(a: Uint32Array, count: number, b: Uint32Array, more: number): Uint32Array {
  const both = new Uint32Array(wordsFor(count + more));
  both.set(a);
  const word = count >>> 5;
  const shift = count & 31;
  if (shift === 0) {
    both.set(b, word);
    return both;
  }
  for (let i = 0; i < b.length; i++) {
    both[word + i] = both[word + i]! | (b[i]! << shift);
    const over = b[i]! >>> (32 - shift);
    if (over !== 0) both[word + i + 1] = over;
  }
  return both;
}

function addOutcomes(a: Outcome, b: Outcome): Outcome {
  return {
    samples: a.samples + b.samples,
    correct: a.correct + b.correct,
    correctTop5: a.correctTop5 + b.correctTop5,
    lossSum: a.lossSum + b.lossSum,
    classCorrect: added(a.classCorrect, b.classCorrect),
    classCorrectTop5: added(a.classCorrectTop5, b.classCorrectTop5),
    classSamples: added(a.classSamples, b.classSamples),
    bits: joinBits(a.bits, a.samples, b.bits, b.samples),
  };
}

/** The effect on the samples before a segment, and then on the segment's. */
function addEffects(a: Effect, b: Effect, { start, samples }: Segment): Effect {
  return {
    row: a.row,
    noop: a.noop && b.noop,
    classLost: added(a.classLost, b.classLost),
    classGained: added(a.classGained, b.classGained),
    top5: a.top5 && b.top5 && { lost: added(a.top5.lost, b.top5.lost), gained: added(a.top5.gained, b.top5.gained) },
    lossSum: a.lossSum + b.lossSum,
    changed: joinBits(a.changed, start, b.changed, samples),
    ms: a.ms + b.ms,
  };
}
