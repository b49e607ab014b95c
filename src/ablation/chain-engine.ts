/** Computes sweeps over dense chains: everything before the damage is kept, the rest is one fused kernel where it can be. */
import type { Dataset, Transform } from "../data/dataset.ts";
import { type DeviceChain, uploadChain } from "../engine/device-chain.ts";
import { buildPrefix, type Prefix } from "../engine/prefix.ts";
import { activationsOf, momentsOf } from "../engine/site.ts";
import type { Tuner } from "../engine/tuner.ts";
import type { Arena } from "../gpu/arena.ts";
import type { Gpu } from "../gpu/device.ts";
import type { DenseChain } from "../network/dense-chain.ts";
import { intactOutcome } from "./effects.ts";
import { givenOf, type ReadableSegment } from "./given-statistics.ts";
import type { PlanStep, SweepPlan } from "./planner.ts";
import { runStep } from "./runner.ts";
import type { OptimalConstants, SweepEngine } from "./sweep.ts";

export interface ChainSweep {
  readonly gpu: Gpu;
  readonly tuner: Tuner;
  readonly chain: DenseChain;
  readonly dataset: Dataset;
  readonly transform: Transform;
  readonly plan: Pick<SweepPlan, "chunk">;
  readonly top5: boolean;
  readonly loss: boolean;
  readonly seed: number;
  /** Needed where a step replaces by `optimal`. */
  readonly optimal?: OptimalConstants | undefined;
  readonly proceed: () => Promise<boolean>;
}

/** The engine of a chain; its weights belong to `arena`. */
export function chainEngine(arena: Arena, sweep: ChainSweep): SweepEngine<PlanStep> {
  const { gpu, chain, dataset, transform, plan } = sweep;
  const model: DeviceChain = uploadChain(arena, chain);
  return {
    units: (stage) => chain.stages[stage]!.outFeatures,
    seed: sweep.seed,
    optimal: sweep.optimal,
    async openSegment(own, segment, gathered) {
      const range = { ...segment, chunk: plan.chunk };
      const prefix = await buildPrefix(gpu, own, model, dataset, transform, range);
      const intact = intactOutcome(prefix, chain.stages.at(-1)!.outFeatures);
      const readable = readablePrefix(gpu, prefix);
      const given = gathered?.on(segment) ?? givenOf(readable, sweep.seed);
      return {
        ...readable,
        intact,
        proceed: sweep.proceed,
        moments: (stage, site, before) => momentsOf(gpu, prefix, stage, site, before),
        run: (step, ablations, coefficients) =>
          runStep(step, { ...sweep, ablations, prefix, intact, coefficients, given }),
        [Symbol.dispose]: () => {},
      };
    },
  };
}

/** The activations of a prefix, to be read back. */
export function readablePrefix(gpu: Gpu, prefix: Prefix): ReadableSegment {
  const { samples, truths } = prefix;
  return {
    truths,
    activations: (stage, site) => activationsOf(gpu, prefix, stage, site),
    async sampleActivations(stage, site) {
      const byUnit = await activationsOf(gpu, prefix, stage, site);
      const units = byUnit.length / samples;
      return byUnit.map((_, i) => byUnit[(i % units) * samples + Math.floor(i / units)]!);
    },
  };
}
