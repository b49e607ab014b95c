/** Computes sweeps over dense chains: everything before the damage is kept, the rest is one fused kernel where it can be. */
import type { Dataset, Transform } from "../data/dataset.ts";
import { type DeviceChain, uploadChain } from "../engine/device-chain.ts";
import { buildPrefix } from "../engine/prefix.ts";
import { momentsOf } from "../engine/site.ts";
import type { Tuner } from "../engine/tuner.ts";
import type { Arena } from "../gpu/arena.ts";
import type { Gpu } from "../gpu/device.ts";
import type { DenseChain } from "../network/dense-chain.ts";
import type { AblationSource } from "./ablation.ts";
import { intactOutcome } from "./effects.ts";
import type { PlanStep, SweepPlan } from "./planner.ts";
import { runStep } from "./runner.ts";
import type { SweepEngine } from "./sweep.ts";

export interface ChainSweep {
  readonly gpu: Gpu;
  readonly tuner: Tuner;
  readonly chain: DenseChain;
  readonly dataset: Dataset;
  readonly transform: Transform;
  readonly plan: Pick<SweepPlan, "chunk">;
  readonly ablations: AblationSource;
  readonly top5: boolean;
  readonly loss: boolean;
  readonly seed: number;
  readonly proceed: () => Promise<boolean>;
}

/** The engine of a chain; its weights belong to `arena`. */
export function chainEngine(arena: Arena, sweep: ChainSweep): SweepEngine<PlanStep> {
  const { gpu, chain, dataset, transform, plan } = sweep;
  const model: DeviceChain = uploadChain(arena, chain);
  return {
    units: (stage) => chain.stages[stage]!.outFeatures,
    async openSegment(own, segment) {
      const range = { ...segment, chunk: plan.chunk };
      const prefix = await buildPrefix(gpu, own, model, dataset, transform, range);
      const intact = intactOutcome(prefix, chain.stages.at(-1)!.outFeatures);
      return {
        intact,
        truths: prefix.truths,
        moments: (stage, site, before) => momentsOf(gpu, prefix, stage, site, before),
        run: (step, coefficients) => runStep(step, { ...sweep, prefix, intact, coefficients }),
        [Symbol.dispose]: () => {},
      };
    },
  };
}
