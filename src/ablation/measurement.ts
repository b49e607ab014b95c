/**
 * Ablations on request, of a network that stays on the device: what greedy orders, Shapley values and searches ask for, a list
 * at a time, each decided by the answers to the last. Where all samples fit, the intact network's pass is kept from one list
 * to the next; where they do not, its segments are passed through again for each.
 */
import { LesionError } from "../core/errors.ts";
import { keptBytes } from "../engine/graph/graph-prefix.ts";
import type { Tuner } from "../engine/tuner.ts";
import type { Arena } from "../gpu/arena.ts";
import type { Ablation, AblationSource } from "./ablation.ts";
import type { Effect, Outcome } from "./effects.ts";
import type { GraphPlan } from "./graph-planner.ts";
import type { SweepPlan } from "./planner.ts";
import { type EngineRequest, engineRequest, isGraphPlan, openEngine } from "./run-sweep.ts";
import type { Subject } from "./subject.ts";
import { type OpenSegment, runSegments, runSteps, type Step, type SweepEngine, statisticsOf } from "./sweep.ts";

/** Which network on which samples. `proceed` giving false ends what is under way with LesionError `cancelled`. */
export interface MeasurementRequest
  extends Pick<EngineRequest, "gpu" | "dataset" | "transform" | "seed" | "top5" | "loss" | "optimal" | "proceed"> {
  readonly tuner: Tuner;
  readonly subject: Subject;
  /** Plans a list of ablations on the device's memory. */
  readonly plan: (ablations: AblationSource) => SweepPlan | GraphPlan;
}

/** An ablation by what it does; rows are places in a list. */
export type ListedAblation = Pick<Ablation, "sites" | "replacement" | "site">;

/** What the intact network does on the samples. */
export interface Intact {
  readonly outcome: Outcome;
  /** [samples]: label in the low half; see shaders/lib/tally.wgsl. */
  readonly truths: Uint32Array;
}

/** An engine and, where one segment holds all samples, that segment. */
interface Held {
  readonly arena: Arena;
  readonly plan: SweepPlan | GraphPlan;
  readonly engine: SweepEngine<Step>;
  readonly segment: OpenSegment<Step> | null;
}

export class Measurement implements Disposable {
  readonly #request: MeasurementRequest;
  #held: Held | null = null;
  #intact: Intact | null = null;
  /** (ablation, sample) evaluations so far. */
  evaluations = 0;

  constructor(request: MeasurementRequest) {
    this.#request = request;
  }

  /** The intact network's outcome. Rejects with `cancelled` where the run is stopped before all samples went through it. */
  async intact(): Promise<Intact> {
    if (!this.#intact) await this.effects([]);
    if (!this.#intact) throw stopped();
    return this.#intact;
  }

  /** The effect of each ablation, in the order of the list. Rejects with `gpu-error` where the device refuses one. */
  async effects(list: readonly ListedAblation[]): Promise<Effect[]> {
    const { gpu, proceed, dataset } = this.#request;
    const ablations: AblationSource = {
      count: list.length,
      at: (row) => ({ sweep: 0, index: row, row, ...list[row]! }),
    };
    const planned = this.#request.plan(ablations);
    const { engine, segment, plan } = await this.#open(planned);
    const steps = stepsOn(plan, planned);
    const found: Effect[] = [];
    const events = segment
      ? runSteps(steps, segment, ablations, statisticsOf(engine, segment))
      : runSegments(gpu, engine, { ...plan, steps }, ablations, proceed);
    for await (const event of events) {
      if (event.kind === "failed") throw event.error;
      if (event.kind === "intact") this.#intact = event;
      if (event.kind === "effects") for (const effect of event.effects) found[effect.row] = effect;
    }
    if (list.some((_, row) => found[row] === undefined)) throw stopped();
    this.evaluations += list.length * dataset.samples;
    return found;
  }

  /** The engine that is there, where it can run the plan; else another. */
  async #open(planned: SweepPlan | GraphPlan): Promise<Held> {
    if (this.#held && fits(this.#held.plan, planned)) return this.#held;
    this.#release();
    const { gpu, subject } = this.#request;
    const arena = gpu.arena.scope();
    try {
      const engine = await openEngine(arena, engineRequest(subject, planned, this.#request));
      const { samples, samplesPerSegment } = planned;
      const segment = samples === samplesPerSegment ? await engine.openSegment(arena, { start: 0, samples }) : null;
      if (segment) this.#intact ??= { outcome: segment.intact, truths: segment.truths };
      this.#held = { arena, plan: planned, engine, segment };
      return this.#held;
    } catch (error) {
      arena[Symbol.dispose]();
      throw error;
    }
  }

  #release(): void {
    this.#held?.segment?.[Symbol.dispose]();
    this.#held?.arena[Symbol.dispose]();
    this.#held = null;
  }

  [Symbol.dispose](): void {
    this.#release();
  }
}

const stopped = () => new LesionError("cancelled", "the run was stopped");

/** Whether steps of a plan run on what another was opened for, within the budget. */
function fits(held: SweepPlan | GraphPlan, planned: SweepPlan | GraphPlan): boolean {
  if (held.samplesPerSegment !== planned.samplesPerSegment) return false;
  if (!isGraphPlan(held) || !isGraphPlan(planned)) return true;
  const { weights, round, groups } = planned;
  if (
    weights.bytes !== held.weights.bytes ||
    round.inputs > held.round.inputs ||
    round.products > held.round.products ||
    groups.some((_, group) => groupIn(held, planned, group) < 0)
  ) {
    return false;
  }
  return planned.peakBytes + moreBytes(held, planned) <= planned.budgetBytes;
}

/** What a plan's steps do without, and yet is there where they run on what another was opened for. */
function moreBytes(held: GraphPlan, planned: GraphPlan): number {
  const roundBytes = ({ round }: GraphPlan) => 4 * (round.inputs + round.products);
  const kept = ({ groups, samplesPerSegment }: GraphPlan, group: number) =>
    keptBytes(held, groups[group]!, samplesPerSegment);
  const keptMore = planned.groups.map((_, group) => kept(held, groupIn(held, planned, group)) - kept(planned, group));
  return roundBytes(held) - roundBytes(planned) + Math.max(0, ...keptMore);
}

/** The group of a plan that keeps all that another's keeps; -1 where there is none. */
function groupIn(held: GraphPlan, planned: GraphPlan, group: number): number {
  const { z, values } = planned.groups[group]!;
  return held.groups.findIndex(
    (kept) => [...z].every((name) => kept.z.has(name)) && [...values].every((name) => kept.values.has(name)),
  );
}

/** A plan's steps, their groups those of the plan that is open. */
function stepsOn(held: SweepPlan | GraphPlan, planned: SweepPlan | GraphPlan): readonly Step[] {
  if (!isGraphPlan(held) || !isGraphPlan(planned)) return planned.steps;
  return planned.steps.map((step) => ({ ...step, group: groupIn(held, planned, step.group) }));
}
