/**
 * Executes a plan's steps: opens each damaged layer, leaves out what cannot change anything, evaluates the rest in
 * batches (two under way at once), and gives effects as they are found.
 */
import { countBits } from "../core/bitset.ts";
import { LesionError } from "../core/errors.ts";
import { openFusedTail } from "../engine/fused-tail.ts";
import { openLayeredTail } from "../engine/layered-tail.ts";
import type { Prefix } from "../engine/prefix.ts";
import { differsBySample, movedBy, openSite, type Site, type UnitReplacement } from "../engine/site.ts";
import type { MaskBatch, Tail } from "../engine/tail.ts";
import type { Tuner } from "../engine/tuner.ts";
import type { Gpu } from "../gpu/device.ts";
import { readTally, type TallyLayout, tallyLayout } from "../kernels/tally.ts";
import type { Ablation, AblationSource } from "./ablation.ts";
import { runBatches } from "./batches.ts";
import { effectOf, type Outcome } from "./effects.ts";
import type { Given } from "./given-statistics.ts";
import { entryMacs, suffixMacs } from "./grouping.ts";
import type { PlanStep } from "./planner.ts";
import { SingleUnitMemory, touched } from "./single-unit-memory.ts";
import type { Coefficients, SweepBatch } from "./sweep.ts";

export interface SweepOptions {
  readonly gpu: Gpu;
  readonly tuner: Tuner;
  readonly prefix: Prefix;
  readonly intact: Outcome;
  readonly ablations: AblationSource;
  readonly top5: boolean;
  readonly loss: boolean;
  readonly seed: number;
  readonly coefficients: Coefficients;
  /** Needed where a step's replacement differs by sample. */
  readonly given?: Given;
  /** Asked before each batch; resolves when it may go on, with false where it must stop. */
  readonly proceed: () => Promise<boolean>;
}

/** A listed sample costs a processor about so many times a sample in order. */
const LISTED_COST = 2.1;
/** Ablations on which it is judged whether masks touch few samples. */
const JUDGED = 200;

/** Runs one step of a plan. Where `proceed` says so it ends early, with the batch that was under way. */
export async function* runStep(step: PlanStep, options: SweepOptions): AsyncGenerator<SweepBatch> {
  const { gpu, prefix, intact } = options;
  using arena = gpu.arena.scope();
  const site = await openSite(gpu, arena, prefix, step.stage, await replacementAt(step, step.stage, options));
  const moves = movesOf(site);
  let opening: Promise<Evaluator> | null = null;
  try {
    yield* runBatches({
      ...options,
      ...step,
      intact,
      take: (ablation) => (moves(ablation) ? { ablation } : null),
      evaluate: async (batch) => {
        opening ??= openEvaluator(step, site, moves, options);
        return (await opening).evaluate(batch.map(({ ablation }) => ablation));
      },
    });
  } finally {
    const opened = await (opening as Promise<Evaluator> | null)?.catch(() => null);
    opened?.[Symbol.dispose]();
  }
}

async function replacementAt(
  { replacement, site: place }: PlanStep,
  stage: number,
  { coefficients, given, seed }: SweepOptions,
): Promise<UnitReplacement> {
  const values = (await given?.(stage, replacement, place)) ?? null;
  if (differsBySample(replacement) && !values) {
    throw new LesionError("internal", `what "${replacement.kind}" replaces units of stage ${stage} by is not given`);
  }
  return { coefficients: await coefficients(stage, replacement, place), given: values, place, seed };
}

/** Whether an ablation changes any activation, on any sample. */
type Moves = (ablation: Ablation) => boolean;

function movesOf(site: Site): Moves {
  const unitMoves = Array.from({ length: site.units }, (_, unit) => movedBy(site, unit).some((word) => word !== 0));
  return ({ sites }) => sites.length > 1 || sites[0]!.units.some((unit) => unitMoves[unit]);
}

interface Evaluator extends Disposable {
  evaluate(batch: readonly Ablation[]): Promise<SweepBatch>;
}

async function openEvaluator(step: PlanStep, site: Site, moves: Moves, options: SweepOptions): Promise<Evaluator> {
  const { gpu, prefix, intact, loss } = options;
  const { samples, truths } = prefix;
  const { chain } = prefix.model;
  const listed = step.tail === "fused" && gpu.isProcessor && !loss && isSparse(step, site, moves, options);
  const layout = tallyLayout(
    intact.classCorrect.length,
    samples,
    options.top5 ? (listed ? "bits" : "counts") : "nothing",
  );
  const tail = await openTail(step, site, layout, listed, options);
  const memory = listed ? new SingleUnitMemory(site, layout, truths, tail) : null;
  const suffix = suffixMacs(chain, step.stage);

  const talliesOf = async (batch: readonly Ablation[], masks: readonly (readonly number[])[]) => {
    if (memory) return memory.evaluate(masks);
    const words = await tail.evaluate({ masks, deeper: deeperMasks(step, batch) });
    return {
      tallies: masks.map((_, index) => readTally(words, index, layout)),
      visits: masks.map(() => samples),
    };
  };
  return {
    async evaluate(batch) {
      const startMs = performance.now();
      const masks = batch.map(({ sites }) => sites[0]!.units);
      const { tallies, visits } = await talliesOf(batch, masks);
      const macs = masks.reduce(
        (sum, units, i) => sum + visits[i]! * (entryMacs(chain, step.stage, step.entry, units.length) + suffix),
        0,
      );
      const ms = (performance.now() - startMs) / batch.length;
      return { effects: batch.map(({ row }, index) => effectOf(row, tallies[index]!, ms)), macs };
    },
    [Symbol.dispose]: () => tail[Symbol.dispose](),
  };
}

/** Whether visiting only the samples that masks touch is cheaper than visiting all in order. */
function isSparse(step: PlanStep, site: Site, moves: Moves, { ablations, prefix }: SweepOptions): boolean {
  const every = Math.ceil(step.rows.length / JUDGED);
  let visits = 0;
  let judged = 0;
  for (let i = 0; i < step.rows.length; i += every) {
    const ablation = ablations.at(step.rows[i]!);
    if (!moves(ablation)) continue;
    visits += countBits(touched(site, ablation.sites[0]!.units));
    judged++;
  }
  return visits * LISTED_COST < judged * prefix.samples;
}

async function openTail(
  step: PlanStep,
  site: Site,
  layout: TallyLayout,
  listed: boolean,
  options: SweepOptions,
): Promise<Tail> {
  const { gpu, prefix, tuner, top5, loss } = options;
  const capacity = step.masksPerBatch;
  if (step.tail === "fused") {
    const expectedMs = step.macs / (gpu.isProcessor ? 2e6 : 2e9);
    return openFusedTail(gpu, prefix, site, { capacity, layout, top5, loss, listed, tuner, expectedMs });
  }
  const deeper = new Map<number, UnitReplacement>();
  for (const stage of step.deeper) deeper.set(stage, await replacementAt(step, stage, options));
  const { rowsAtOnce: rows, entry } = step;
  return openLayeredTail(gpu, prefix, site, { capacity, rows, entry, layout, loss, deeper });
}

function deeperMasks(step: PlanStep, batch: readonly Ablation[]): NonNullable<MaskBatch["deeper"]> {
  const unitsAt = ({ sites }: Ablation, stage: number) =>
    sites.find(({ layerIndex }) => layerIndex === stage)?.units ?? [];
  return new Map(step.deeper.map((stage) => [stage, batch.map((ablation) => unitsAt(ablation, stage))]));
}
