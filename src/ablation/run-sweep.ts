/** Runs a planned sweep with the engine that it was planned for. */
import { type ChainSweep, chainEngine } from "./chain-engine.ts";
import { type GraphSweep, graphEngine } from "./graph-engine.ts";
import type { GraphPlan } from "./graph-planner.ts";
import type { SweepPlan } from "./planner.ts";
import { type Coefficients, runSegments, type SweepEvent, statisticsOfPlan } from "./sweep.ts";

export type { SweepEvent } from "./sweep.ts";

/** A sweep over a chain or a graph. */
export type SweepRequest = (Omit<ChainSweep, "plan"> & { readonly plan: SweepPlan }) | GraphSweep;

/** Runs a plan. Ends early, without an error, where `proceed` says so. */
export async function* runSweep(request: SweepRequest): AsyncGenerator<SweepEvent> {
  const { gpu, proceed } = request;
  using arena = gpu.arena.scope();
  if (isGraph(request)) {
    yield* runSegments(gpu, await graphEngine(arena, request), request.plan, proceed);
  } else {
    yield* runSegments(gpu, chainEngine(arena, request), request.plan, proceed);
  }
}

/** By what a plan's steps replace units, measured on its samples as `runSweep` measures it. Nothing stays allocated. */
export async function sweepCoefficients(request: SweepRequest): Promise<Coefficients> {
  const { gpu } = request;
  using arena = gpu.arena.scope();
  return isGraph(request)
    ? await statisticsOfPlan(gpu, await graphEngine(arena, request), request.plan)
    : await statisticsOfPlan(gpu, chainEngine(arena, request), request.plan);
}

function isGraph(request: SweepRequest): request is GraphSweep {
  return isGraphPlan(request.plan);
}

/** Whether a plan is one of a graph. */
export function isGraphPlan(plan: SweepPlan | GraphPlan): plan is GraphPlan {
  return "engine" in plan;
}
