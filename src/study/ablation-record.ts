/** From what an ablation did to the record of it. */
import type { Ablation } from "../ablation/ablation.ts";
import { changesByClass, type Effect, type Outcome, statusOf } from "../ablation/effects.ts";
import type { ClassChanges } from "../kernels/tally.ts";
import type { AblationRecord, BaselineRecord, LayerSummary } from "./records.ts";
import { replacementText } from "./replacement.ts";
import type { Measure } from "./study.ts";

/** The record of the intact network. */
export function baselineRecord(outcome: Outcome, measure: readonly Measure[]): BaselineRecord {
  const { samples, correct, correctTop5, lossSum, classCorrect, classCorrectTop5, classSamples } = outcome;
  return {
    type: "baseline",
    samples,
    correct,
    ...(measure.includes("top5") ? { correctTop5, classCorrectTop5: [...classCorrectTop5] } : {}),
    ...(measure.includes("loss") ? { loss: lossSum / samples } : {}),
    classCorrect: [...classCorrect],
    classSamples: [...classSamples],
  };
}

/** What an ablation is compared with: the intact network on its own data, and the baseline, which may be on another. */
export interface Comparison {
  readonly intact: Outcome;
  readonly baseline: Outcome;
  /** [samples]: label in the low half; see shaders/lib/tally.wgsl. */
  readonly truths: Uint32Array;
  readonly layers: readonly LayerSummary[];
  readonly measure: readonly Measure[];
}

/** The record of one ablation, and its correctness bits. */
export function ablationRecord(
  ablation: Ablation,
  effect: Effect,
  { intact, baseline, truths, layers, measure }: Comparison,
): { readonly record: AblationRecord; readonly bits: Uint32Array } {
  const bits = intact.bits.map((word, w) => word ^ effect.changed[w]!);
  const classCorrect = intact.classCorrect.map((count, c) => count - effect.classLost[c]! + effect.classGained[c]!);
  const { lost, gained } =
    baseline === intact
      ? { lost: effect.classLost, gained: effect.classGained }
      : changesByClass(baseline.bits, bits, truths, classCorrect.length);
  const record: AblationRecord = {
    type: "ablation",
    sweep: ablation.sweep,
    index: ablation.index,
    row: ablation.row,
    sites: ablation.sites.map(({ layerIndex, units }) => ({ layer: layers[layerIndex]!.layer, layerIndex, units })),
    replacement: replacementText(ablation.replacement, ablation.site),
    samples: intact.samples,
    correct: classCorrect.reduce((sum, count) => sum + count, 0),
    ...(effect.top5 && measure.includes("top5") ? top5Of(intact, effect.top5) : {}),
    ...(measure.includes("loss") ? { loss: effect.lossSum / intact.samples } : {}),
    classCorrect: [...classCorrect],
    ...(measure.includes("status")
      ? { status: statusOf(baseline.bits, bits, intact.samples), classLost: [...lost], classGained: [...gained] }
      : {}),
    ...(effect.noop ? { noop: "exact" as const } : {}),
    ms: effect.ms,
  };
  return { record, bits };
}

function top5Of({ classCorrectTop5 }: Outcome, { lost, gained }: ClassChanges) {
  const byClass = [...classCorrectTop5].map((count, c) => count - lost[c]! + gained[c]!);
  return { correctTop5: byClass.reduce((sum, count) => sum + count, 0), classCorrectTop5: byClass };
}
