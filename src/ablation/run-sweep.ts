/** Runs a planned sweep with the engine that it was planned for. */
import { LesionError } from "../core/errors.ts";
import type { Arena } from "../gpu/arena.ts";
import type { AblationSource } from "./ablation.ts";
import { type ChainSweep, chainEngine } from "./chain-engine.ts";
import { type GraphSweep, graphEngine } from "./graph-engine.ts";
import type { GraphPlan } from "./graph-planner.ts";
import type { SweepPlan } from "./planner.ts";
import type { Subject } from "./subject.ts";
import {
  type Coefficients,
  runSegments,
  type Step,
  type SweepEngine,
  type SweepEvent,
  statisticsOfPlan,
} from "./sweep.ts";

export type { SweepEvent } from "./sweep.ts";

/** What an engine computes: a network, on samples, as planned. */
export type EngineRequest = (Omit<ChainSweep, "plan"> & { readonly plan: SweepPlan }) | GraphSweep;

/** A sweep over a chain or a graph. */
export type SweepRequest = EngineRequest & { readonly ablations: AblationSource };

/** A subject's request, with a plan that was made for it. */
export function engineRequest<Rest extends Omit<ChainSweep, "plan" | "chain">>(
  subject: Subject,
  plan: SweepPlan | GraphPlan,
  rest: Rest,
): EngineRequest & Rest {
  if (isGraphPlan(plan)) return { ...rest, plan, ablatable: subject.ablatable };
  if (subject.kind === "chain") return { ...rest, plan, chain: subject.chain };
  throw new LesionError("internal", "a chain's plan was made for a graph");
}

/** The engine of a request; its weights belong to `arena`. Its steps are those of the request's kind of plan. */
export async function openEngine(arena: Arena, request: EngineRequest): Promise<SweepEngine<Step>> {
  const engine = isGraph(request) ? await graphEngine(arena, request) : chainEngine(arena, request);
  return engine as SweepEngine<Step>;
}

/** Runs a plan. Ends early, without an error, where `proceed` says so. */
export async function* runSweep(request: SweepRequest): AsyncGenerator<SweepEvent> {
  const { gpu, proceed, ablations, plan } = request;
  using arena = gpu.arena.scope();
  yield* runSegments(gpu, await openEngine(arena, request), plan, ablations, proceed);
}

/**
 * By what a plan's steps replace units, measured on its samples as `runSweep` measures it. Nothing stays allocated, and nothing
 * is put on the device where no step asks for a statistic. Throws `cancelled` where `proceed` says so.
 */
export async function sweepCoefficients(request: EngineRequest): Promise<Coefficients> {
  const { gpu, plan, proceed, seed, optimal } = request;
  using arena = gpu.arena.scope();
  let opened: Promise<SweepEngine<Step>> | null = null;
  const engine: SweepEngine<Step> = {
    units: unitsIn(request),
    seed,
    optimal,
    async openSegment(own, segment, given) {
      opened ??= openEngine(arena, request);
      return (await opened).openSegment(own, segment, given);
    },
  };
  const coefficients = await statisticsOfPlan(gpu, engine, plan, proceed);
  if (coefficients) return coefficients;
  throw new LesionError("cancelled", "the run was stopped");
}

/** Units of a stage. */
function unitsIn(request: EngineRequest): SweepEngine<Step>["units"] {
  if (isGraph(request)) return (stage) => request.ablatable[stage]!.units;
  return (stage) => request.chain.stages[stage]!.outFeatures;
}

function isGraph(request: EngineRequest): request is GraphSweep {
  return isGraphPlan(request.plan);
}

/** Whether a plan is one of a graph. */
export function isGraphPlan(plan: SweepPlan | GraphPlan): plan is GraphPlan {
  return "engine" in plan;
}
