/**
 * The records a run writes, one JSON object a line of `results.ndjson`: the only thing that leaves an engine besides
 * correctness bits. Types alone; every producer and consumer of results shares them.
 */
import type { ErrorReport } from "../core/errors.ts";
import type { StudyAnalysisRecord } from "./analysis-records.ts";

/** The adapter a run was computed on, as WebGPU names it. */
export interface AdapterReport {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  /** Whether a processor stands in for a GPU. */
  readonly fallback: boolean;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
}

/** First line of a journal: what was run, on what. Hashes are SHA-256. */
export interface RunRecord {
  readonly type: "run";
  readonly version: 1;
  readonly name: string;
  readonly study: string;
  readonly model: string;
  readonly data: string;
  readonly engine: string;
  readonly adapter: AdapterReport;
  readonly seed: number;
  /** ISO 8601. */
  readonly started: string;
  /** Number of ablations the study expands to. */
  readonly ablations: number;
  readonly classNames: readonly string[];
  readonly layers: readonly LayerSummary[];
}

/** An ablatable layer, as `inspect` lists it. */
export interface LayerSummary {
  readonly layer: string;
  readonly layerIndex: number;
  readonly units: number;
  /** Absent, as `coupled`, in journals of the first version. */
  readonly kind?: "dense" | "conv2d";
  /** Layers whose channels meet this one's, and the first layer at which they do; null where none do. */
  readonly coupled?: { readonly with: readonly string[]; readonly by: string } | null;
}

/** One epoch of training the intact network. */
export interface TrainRecord {
  readonly type: "train";
  readonly epoch: number;
  readonly epochs: number;
  /** Which of the networks that train at once, from 0; absent: there is one. */
  readonly network?: number;
  /** Mean loss over the epoch's samples, as seen during training; null where it is no finite number: the network diverged. */
  readonly loss: number | null;
  /** Correct of `samples`, as seen during training. */
  readonly correct: number;
  readonly samples: number;
  /** On the data that the study evaluates, after the epoch. */
  readonly test?: { readonly samples: number; readonly correct: number; readonly loss: number | null };
  readonly ms: number;
}

/** What was measured of a network, intact or damaged. Absent fields were not asked for. */
export interface Measured {
  readonly samples: number;
  readonly correct: number;
  readonly correctTop5?: number;
  /** Of each class, samples whose class is among the five first. */
  readonly classCorrectTop5?: readonly number[];
  /** Mean cross-entropy, in nats. */
  readonly loss?: number;
  /** Correct samples of each class. */
  readonly classCorrect: readonly number[];
}

export interface BaselineRecord extends Measured {
  readonly type: "baseline";
  readonly classSamples: readonly number[];
}

/** Units of one layer that an ablation acts on. */
export interface Site {
  readonly layer: string;
  readonly layerIndex: number;
  readonly units: readonly number[];
}

/** Samples by their fate: right before and after, right before only, right after only, wrong both times. */
export interface StatusCounts {
  readonly kept: number;
  readonly lost: number;
  readonly gained: number;
  readonly wrong: number;
}

export interface AblationRecord extends Measured {
  readonly type: "ablation";
  /** Index of the sweep in the study. */
  readonly sweep: number;
  /** Index of the ablation in its sweep. */
  readonly index: number;
  /** Index of the ablation in the study: its row in `bits.bin`. */
  readonly row: number;
  readonly sites: readonly Site[];
  readonly replacement: string;
  readonly status?: StatusCounts;
  /** Samples lost and gained, by class. */
  readonly classLost?: readonly number[];
  readonly classGained?: readonly number[];
  /** "exact": the masked activations were already at their replacement on every sample; nothing was computed. */
  readonly noop?: "exact";
  /** Share of its batch's time, in milliseconds. */
  readonly ms: number;
}

/**
 * A damaged network after `epoch` epochs of recovery, its damage held, on the data that the study evaluates. Epoch 0 is the
 * damaged network before any training; of the control, the intact one.
 */
export interface RecoveryRecord extends Omit<Measured, "loss" | "correctTop5" | "classCorrectTop5"> {
  readonly type: "recovery";
  /** Row of the ablation in the study; null: the control. */
  readonly row: number | null;
  /** Absent for the control. */
  readonly sweep?: number;
  readonly index?: number;
  readonly arm: "all" | "after" | "layer" | "control";
  readonly epoch: number;
  readonly epochs: number;
  /** Mean cross-entropy, in nats; null where it is no finite number. */
  readonly loss: number | null;
  /** What the epoch saw while training; absent for epoch 0. */
  readonly train?: { readonly samples: number; readonly correct: number; readonly loss: number | null };
  /** The loss is no finite number: nothing after this epoch is recorded of this network. */
  readonly diverged?: true;
  /** Share of the time that the networks trained together took for this epoch. */
  readonly ms: number;
}

/** Recovery of one arm against damage, over the ablations that were recovered. */
export interface RecoveryAnalysisRecord {
  readonly type: "analysis";
  readonly name: "recovery";
  readonly arm: "all" | "after" | "layer";
  /** Ablations with both numbers; those that diverged are left out and counted. */
  readonly n: number;
  readonly diverged: number;
  /** Of accuracy regained (recovered minus damaged) against damage (intact minus damaged); null where n is below 3 or one is constant. */
  readonly pearson: number | null;
  readonly spearman: number | null;
  /** 95 % bootstrap intervals, percentile method, 2,000 draws. */
  readonly interval: {
    readonly pearson: readonly [number, number] | null;
    readonly spearman: readonly [number, number] | null;
  };
  /** Fraction regained, (recovered - damaged) / (baseline - damaged), over ablations with damage above 0. */
  readonly regained: { readonly n: number; readonly mean: number | null; readonly median: number | null };
}

/** A failed batch, with its cause. The run goes on. */
export interface FailureRecord {
  readonly type: "failure";
  readonly row: number;
  readonly error: ErrorReport;
}

/** Last line: how the run ended, and how its prediction held. */
export interface EndRecord {
  readonly type: "end";
  readonly state: "done" | "failed" | "cancelled";
  readonly ablations: number;
  readonly ms: number;
  /** Multiply-accumulates computed in the sweeps, and saved against evaluating the whole network each time. */
  readonly macs: number;
  readonly macsSaved: number;
  readonly predicted: { readonly ms: number | null; readonly macs: number; readonly bytes: number };
  readonly measured: { readonly ms: number; readonly macs: number; readonly bytes: number };
  readonly error?: ErrorReport;
}

/** What an analysis found. */
export type AnalysisRecord = RecoveryAnalysisRecord | StudyAnalysisRecord;

export type LesionRecord =
  | RunRecord
  | TrainRecord
  | BaselineRecord
  | AblationRecord
  | RecoveryRecord
  | AnalysisRecord
  | FailureRecord
  | EndRecord;

/** Correctness bits of ablations: row i of `words` belongs to the ablation whose `row` is `rows[i]`. */
export interface BitRows {
  readonly rows: readonly number[];
  readonly wordsPerRow: number;
  /** [rows.length, wordsPerRow]; see src/core/bitset.ts. */
  readonly words: Uint32Array;
}

/** How far a run is. */
export interface Progress {
  readonly phase:
    | "reading"
    | "making-data"
    | "training"
    | "planning"
    | "baseline"
    | "sweeping"
    | "analysing"
    | "recovering"
    | "done";
  readonly done: number;
  readonly total: number;
  /** Of the phase's units (ablations, samples), a second; null until measured. */
  readonly perSecond: number | null;
  readonly etaMs: number | null;
  readonly note: string;
}
