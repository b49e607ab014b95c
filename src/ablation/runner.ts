/**
 * Executes a plan's steps: opens each damaged layer, leaves out what cannot change anything, evaluates the rest in
 * batches (two under way at once), and gives effects as they are found.
 */
import { countBits, popcount } from "../core/bitset.ts";
import { LesionError } from "../core/errors.ts";
import { openFusedTail } from "../engine/fused-tail.ts";
import { openLayeredTail } from "../engine/layered-tail.ts";
import { packSamples, type SampleLists } from "../engine/masks.ts";
import type { Prefix } from "../engine/prefix.ts";
import { openSite, type Site } from "../engine/site.ts";
import type { MaskBatch, Tail } from "../engine/tail.ts";
import type { Tuner } from "../engine/tuner.ts";
import type { Gpu } from "../gpu/device.ts";
import { readTally, type Tally, type TallyLayout, tallyLayout } from "../kernels/tally.ts";
import { changesByClass, type Effect, effectOf, noEffect, type Outcome } from "./effects.ts";
import { type Ablation, type AblationSource, entryMacs, type PlanStep, suffixMacs } from "./planner.ts";

export interface SweepOptions {
  readonly gpu: Gpu;
  readonly tuner: Tuner;
  readonly prefix: Prefix;
  readonly intact: Outcome;
  readonly ablations: AblationSource;
  readonly top5: boolean;
  readonly loss: boolean;
  readonly seed: number;
  /** Factor, shift and sigma of a stage's units under a replacement, [units, 3]. */
  readonly coefficients: (stage: number, replacement: PlanStep["replacement"]) => Promise<Float32Array>;
  /** Asked before each batch; resolves when it may go on, with false where it must stop. */
  readonly proceed: () => Promise<boolean>;
}

/** Effects of some ablations, and the multiply-accumulates they took; or the rows that the GPU refused, and why. */
export interface SweepBatch {
  readonly effects: readonly Effect[];
  readonly macs: number;
  readonly failed?: { readonly rows: readonly number[]; readonly error: LesionError };
}

/** A listed sample costs a processor about so many times a sample in order (docs/kernels.md). */
const LISTED_COST = 2.1;

/** Runs one step of a plan. Ends early, without an error, where `proceed` says so. */
export async function* runStep(step: PlanStep, options: SweepOptions): AsyncGenerator<SweepBatch> {
  const { gpu, prefix, intact, ablations, seed } = options;
  using arena = gpu.arena.scope();
  const site = await openSite(
    gpu,
    arena,
    prefix,
    step.stage,
    await options.coefficients(step.stage, step.replacement),
    seed,
  );
  const classes = intact.classCorrect.length;
  const pending: { row: number; units: readonly number[]; ablation: Ablation }[] = [];
  const still: Effect[] = [];
  for (const row of step.rows) {
    const ablation = ablations.at(row);
    const units = ablation.sites[0]!.units;
    const moves = ablation.sites.length > 1 || units.some((unit) => countBits(movedBy(site, unit)) > 0);
    if (moves) pending.push({ row, units, ablation });
    else still.push(noEffect(row, intact));
  }
  if (still.length > 0) yield { effects: still, macs: 0 };
  if (pending.length === 0) return;

  const listed = step.tail === "fused" && gpu.isProcessor && !options.loss && isSparse(site, pending, prefix.samples);
  const layout = tallyLayout(classes, prefix.samples, listed && options.top5);
  using tail = await openTail(step, site, layout, listed, options);
  const memory = listed ? new SingleUnitMemory(site, layout, prefix.truths, tail) : null;
  const macsOf = (units: number, samples: number) =>
    samples *
    (entryMacs(prefix.model.chain, step.stage, step.entry, units) + suffixMacs(prefix.model.chain, step.stage));

  const evaluate = async (batch: typeof pending): Promise<SweepBatch> => {
    const startMs = performance.now();
    const masks = batch.map(({ units }) => units);
    let macs = masks.reduce((sum, units) => sum + macsOf(units.length, prefix.samples), 0);
    let tallies: Tally[];
    if (memory) {
      const visited = await memory.evaluate(masks);
      tallies = visited.tallies;
      macs = visited.visits.reduce((sum, samples, i) => sum + macsOf(masks[i]!.length, samples), 0);
    } else {
      const words = await tail.evaluate({ masks, deeper: deeperMasks(step, batch) });
      tallies = masks.map((_, index) => readTally(words, index, layout));
    }
    const ms = (performance.now() - startMs) / batch.length;
    return { effects: batch.map(({ row }, index) => effectOf(row, tallies[index]!, ms)), macs };
  };
  let underWay: Promise<SweepBatch> | null = null;
  try {
    for (let at = 0; at < pending.length; at += tail.capacity) {
      if (!(await options.proceed())) return;
      const batch = pending.slice(at, at + tail.capacity);
      const next = evaluate(batch).catch((error): SweepBatch => refused(batch, error));
      // A batch of pairs may need single units of the batch before it: those wait, the others overlap.
      const before = underWay;
      underWay = next;
      next.catch(() => {});
      if (before) yield await before;
    }
    const last = underWay;
    underWay = null;
    if (last) yield await last;
  } finally {
    await underWay?.catch(() => {});
  }
}

/** A batch that the GPU refused; any other failure ends the run. */
function refused(batch: readonly { row: number }[], error: unknown): SweepBatch {
  if (!(error instanceof LesionError && error.code === "gpu-error")) throw error;
  return { effects: [], macs: 0, failed: { rows: batch.map(({ row }) => row), error } };
}

function movedBy(site: Site, unit: number): Uint32Array {
  return site.moved.subarray(unit * site.words, (unit + 1) * site.words);
}

/** Whether visiting only the samples that masks touch is cheaper than visiting all in order, judged on up to 200. */
function isSparse(site: Site, pending: readonly { units: readonly number[] }[], samples: number): boolean {
  const every = Math.max(1, Math.floor(pending.length / 200));
  let visits = 0;
  let judged = 0;
  for (let i = 0; i < pending.length; i += every) {
    visits += countBits(touched(site, pending[i]!.units));
    judged++;
  }
  return visits * LISTED_COST < judged * samples;
}

/** The samples a mask must be evaluated on: any unit moves; for pairs both, the rest being known from single units. */
function touched(site: Site, units: readonly number[]): Uint32Array {
  const words = movedBy(site, units[0]!).slice();
  for (const unit of units.slice(1)) {
    const other = movedBy(site, unit);
    for (let w = 0; w < words.length; w++) {
      words[w] = units.length === 2 ? words[w]! & other[w]! : words[w]! | other[w]!;
    }
  }
  return words;
}

function openTail(
  step: PlanStep,
  site: Site,
  layout: TallyLayout,
  listed: boolean,
  options: SweepOptions,
): Promise<Tail> {
  const { gpu, prefix, tuner, loss, seed } = options;
  const capacity = step.masksPerBatch;
  if (step.tail === "fused") {
    const expectedMs = step.macs / (gpu.isProcessor ? 2e6 : 2e9);
    return openFusedTail(gpu, prefix, site, { capacity, layout, loss, listed, tuner, expectedMs });
  }
  return (async () => {
    const deeper = new Map<number, Float32Array>();
    for (const stage of step.deeper) deeper.set(stage, await options.coefficients(stage, step.replacement));
    return openLayeredTail(gpu, prefix, site, {
      capacity,
      rows: step.rowsAtOnce,
      entry: step.entry,
      layout,
      loss,
      seed,
      deeper,
    });
  })();
}

function deeperMasks(step: PlanStep, batch: readonly { ablation: Ablation }[]): NonNullable<MaskBatch["deeper"]> {
  return new Map(
    step.deeper.map((stage) => [
      stage,
      batch.map(({ ablation }) => ablation.sites.find((site) => site.layerIndex === stage)?.units ?? []),
    ]),
  );
}

/**
 * Evaluates masks on the samples they touch, and pairs on the samples that both units touch: where only one of the two
 * moves, the pair does what that unit does alone, exactly. Remembers what single units change for that.
 */
class SingleUnitMemory {
  readonly #site: Site;
  readonly #layout: TallyLayout;
  readonly #truths: Uint32Array;
  readonly #tail: Tail;
  readonly #singles = new Map<number, Promise<Tally>>();

  constructor(site: Site, layout: TallyLayout, truths: Uint32Array, tail: Tail) {
    this.#site = site;
    this.#layout = layout;
    this.#truths = truths;
    this.#tail = tail;
  }

  async evaluate(masks: readonly (readonly number[])[]): Promise<{ tallies: Tally[]; visits: number[] }> {
    const needed = new Set(masks.filter((units) => units.length === 2).flat());
    const here = new Set(masks.filter((units) => units.length === 1).flat());
    const missing = [...needed].filter((unit) => !this.#singles.has(unit) && !here.has(unit));
    for (let at = 0; at < missing.length; at += this.#tail.capacity) {
      await this.#evaluate(missing.slice(at, at + this.#tail.capacity).map((unit) => [unit]));
    }
    const { tallies, visits } = await this.#evaluate(masks);
    return { tallies: await Promise.all(tallies.map((tally, index) => this.#joined(masks[index]!, tally))), visits };
  }

  /** Evaluates masks on the samples they must be visited on, and remembers those of single units from now on. */
  #evaluate(masks: readonly (readonly number[])[]): Promise<{ tallies: Tally[]; visits: number[] }> {
    const evaluated = this.#visit(masks);
    masks.forEach((units, index) => {
      if (units.length !== 1) return;
      const single = evaluated.then(({ tallies }) => tallies[index]!);
      single.catch(() => {}); // Whoever needs it sees the failure; nobody may.
      this.#singles.set(units[0]!, single);
    });
    return evaluated;
  }

  async #visit(masks: readonly (readonly number[])[]): Promise<{ tallies: Tally[]; visits: number[] }> {
    const rows = masks.map((units) => touched(this.#site, units));
    const visits = rows.map(countBits);
    const samples: SampleLists = packSamples(rows, visits);
    const words = await this.#tail.evaluate({ masks, samples });
    return { tallies: masks.map((_, index) => readTally(words, index, this.#layout)), visits };
  }

  /** The tally of a pair, with what its units change where they move alone. */
  async #joined(units: readonly number[], both: Tally): Promise<Tally> {
    if (units.length !== 2) return both;
    const [first, second] = units as readonly [number, number];
    const [a, b] = await Promise.all([this.#singles.get(first)!, this.#singles.get(second)!]);
    const movedA = movedBy(this.#site, first);
    const movedB = movedBy(this.#site, second);
    const alone = (ofA: Uint32Array, ofB: Uint32Array) =>
      Uint32Array.from(ofA, (word, w) => (word & ~movedB[w]!) | (ofB[w]! & ~movedA[w]!));
    const changed = alone(a.changed, b.changed);
    const before = rightBits(this.#truths, changed, 1);
    const { lost, gained } = changesByClass(before, xor(before, changed), this.#truths, this.#layout.classes);
    let { top5Lost, top5Gained } = both;
    let changed5 = both.changed5;
    if (a.changed5 && b.changed5 && both.changed5) {
      const alone5 = alone(a.changed5, b.changed5);
      const before5 = rightBits(this.#truths, alone5, 5);
      for (let w = 0; w < alone5.length; w++) {
        top5Lost += popcount(alone5[w]! & before5[w]!);
        top5Gained += popcount(alone5[w]! & ~before5[w]!);
      }
      changed5 = xor(alone5, both.changed5);
    }
    return {
      classLost: lost.map((count, c) => count + both.classLost[c]!),
      classGained: gained.map((count, c) => count + both.classGained[c]!),
      top5Lost,
      top5Gained,
      lossSum: 0,
      changed: xor(changed, both.changed),
      changed5,
    };
  }
}

/** Of the samples in `among`, those whose true class ranks below `rank` in the intact network. */
function rightBits(truths: Uint32Array, among: Uint32Array, rank: number): Uint32Array {
  return among.map((word, w) => {
    let right = 0;
    for (let bits = word; bits !== 0; bits &= bits - 1) {
      const bit = 31 - Math.clz32(bits & -bits);
      if (truths[w * 32 + bit]! >>> 16 < rank) right |= 1 << bit;
    }
    return right;
  });
}

function xor(a: Uint32Array, b: Uint32Array): Uint32Array {
  return a.map((word, w) => word ^ b[w]!);
}
