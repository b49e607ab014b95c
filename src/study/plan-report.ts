/** What a study would cost, as `lesion plan` says it. Times are in milliseconds, and about; null: not known. */
import type { AnalysisCost } from "./analysis-cost.ts";
import type { WorkCost } from "./training-cost.ts";

export interface PlanReport {
  /** Rows of the study. */
  readonly ablations: number;
  /** Ablations that adaptive sweeps rank, each measured on all samples at most. */
  readonly ranked: number;
  readonly samples: number;
  readonly macs: number;
  /** What evaluating the whole network for every ablation would take. */
  readonly macsWhole: number;
  readonly peakBytes: number;
  readonly budgetBytes: number;
  /** Of the sweeps, tried on this adapter; adaptive ones and what sweeps wait for are among `analyses`. */
  readonly predictedMs: number | null;
  readonly steps: readonly {
    readonly layer: string;
    readonly layerIndex: number;
    readonly ablations: number;
    /** How the first layer after the damage is entered. */
    readonly entry: string;
    /** How the rest is computed. */
    readonly tail: string;
    readonly masksPerBatch: number;
    readonly samplesPerBatch: number;
    readonly batches: number;
    readonly macs: number;
    readonly bytes: number;
  }[];
  /** All networks and epochs, evaluations included; null where nothing is left to train. */
  readonly training: (WorkCost & { readonly epochs: number; readonly samples: number }) | null;
  /** What is found out before the sweeps, adaptive sweeps, and analyses: at most. */
  readonly analyses: readonly AnalysisCost[];
  /** Damaged networks, in each arm, and the control, all epochs; null where the study recovers nothing. */
  readonly recovery:
    | (WorkCost & {
        readonly networks: number;
        readonly epochs: number;
        /** Of the group that takes most memory: how many train at once, and the bytes for that. */
        readonly copiesAtOnce: number;
        readonly bytes: number;
        /** Whether activations before the first trained layer are kept in that group, or computed in each step. */
        readonly prefix: "none" | "kept" | "recomputed";
      })
    | null;
  /** What the study asks for and will not get, with remedies. */
  readonly warnings: readonly string[];
  /** All of it together: the sum of what is known, and what is not. */
  readonly total: { readonly ms: number; readonly unknown: readonly string[] };
}

/** The sum of a report's times, and the names of parts whose time is not known. */
export function totalOf({
  predictedMs,
  training,
  analyses,
  recovery,
}: Pick<PlanReport, "predictedMs" | "training" | "analyses" | "recovery">): PlanReport["total"] {
  const parts = [
    ...(training ? [{ name: "training", ms: training.ms }] : []),
    { name: "sweeps", ms: predictedMs },
    ...analyses,
    ...(recovery ? [{ name: "recovery", ms: recovery.ms }] : []),
  ];
  const unknown = parts.flatMap(({ name, ms }) => (ms === null ? [name] : []));
  return { ms: parts.reduce((sum, { ms }) => sum + (ms ?? 0), 0), unknown };
}
