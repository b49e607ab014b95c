/**
 * Predicts what a sweep will take on this adapter by trying each of its steps on a few masks and samples, twice as many
 * and again: a fixed cost a batch and a cost a multiply-accumulate, from two measured points.
 */
import { intactOutcome } from "../ablation/effects.ts";
import type { PlanStep, SweepPlan } from "../ablation/planner.ts";
import { runStep } from "../ablation/runner.ts";
import { uploadChain } from "../engine/device-chain.ts";
import { buildPrefix } from "../engine/prefix.ts";
import { coefficientsOf, momentsOf, needsMoments } from "../engine/site.ts";
import type { Tuner } from "../engine/tuner.ts";
import type { Gpu } from "../gpu/device.ts";
import type { DenseChain } from "../network/dense-chain.ts";
import type { OpenedStudy } from "./open-study.ts";

const TRIAL_SAMPLES = 2048;
const TRIAL_MASKS = 24;

/** Milliseconds that the plan will take; null where there is nothing to do. */
export async function predictMs(request: {
  readonly gpu: Gpu;
  readonly tuner: Tuner;
  readonly opened: OpenedStudy;
  readonly chain: DenseChain;
  readonly plan: SweepPlan;
}): Promise<number | null> {
  const { gpu, tuner, opened, chain, plan } = request;
  if (plan.steps.length === 0) return null;
  const samples = Math.min(TRIAL_SAMPLES, plan.samplesPerSegment);
  using arena = gpu.arena.scope();
  const model = uploadChain(arena, chain);
  const range = { start: 0, samples, chunk: Math.min(plan.chunk, TRIAL_SAMPLES) };
  const open = () => buildPrefix(gpu, arena, model, opened.dataset, opened.transform, range);
  await open();
  const prefixStartMs = performance.now();
  const prefix = await open();
  let totalMs = (performance.now() - prefixStartMs) * (plan.samples / samples);
  const intact = intactOutcome(prefix, chain.stages.at(-1)!.outFeatures);

  const trial = async (step: PlanStep, masks: number): Promise<number> => {
    const every = Math.max(1, Math.floor(step.rows.length / masks));
    const rows = step.rows.filter((_, i) => i % every === 0).subarray(0, masks);
    const startMs = performance.now();
    const batches = runStep(
      { ...step, rows, masksPerBatch: rows.length, rowsAtOnce: Math.min(step.rowsAtOnce, rows.length * samples) },
      {
        gpu,
        tuner,
        prefix,
        intact,
        ablations: opened.ablations,
        top5: opened.study.measure.includes("top5"),
        loss: opened.study.measure.includes("loss"),
        seed: opened.study.seed,
        coefficients: async (stage, replacement) =>
          coefficientsOf(
            replacement,
            chain.stages[stage]!.outFeatures,
            needsMoments(replacement) ? await momentsOf(gpu, prefix, stage) : null,
          ),
        proceed: async () => true,
      },
    );
    for await (const _ of batches) {
      // Only the time matters.
    }
    return performance.now() - startMs;
  };
  for (const step of plan.steps) {
    const many = Math.min(TRIAL_MASKS, step.rows.length);
    const few = Math.ceil(many / 4);
    await trial(step, many); // Compiles.
    const fewMs = await trial(step, few);
    const manyMs = await trial(step, many);
    const perMaskMs = many > few ? Math.max(0, manyMs - fewMs) / (many - few) : manyMs / many;
    const perBatchMs = Math.max(0, manyMs - perMaskMs * many);
    const batches = Math.ceil(step.rows.length / step.masksPerBatch) * Math.ceil(plan.samples / plan.samplesPerSegment);
    totalMs += batches * perBatchMs + step.rows.length * perMaskMs * (plan.samples / samples);
  }
  return totalMs;
}
