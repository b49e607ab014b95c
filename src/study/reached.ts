/** What a run has reached: begun from an interrupted run's journal, and kept across lost devices. */
import type { ErrorReport } from "../core/errors.ts";
import type { StudyAnalysisRecord } from "./analysis-records.ts";
import { completedRows } from "./journal.ts";
import { type KeptOfRows, MeasuredRows } from "./measured-rows.ts";
import type { BaselineRecord, EndRecord, LesionRecord, RecoveryRecord, TrainRecord } from "./records.ts";
import type { DamagedArm } from "./recovery-summary.ts";
import { WrittenEpochs } from "./written-epochs.ts";

export class Reached {
  /** Rows that are measured and written. */
  readonly done: Set<number>;
  /** Rows that the GPU refused, and why, until they succeed. */
  readonly failures = new Map<number, ErrorReport>();
  /** Epochs of training whose records are written, by network. */
  readonly training = new WrittenEpochs<TrainRecord>(
    ({ network = 0 }) => String(network),
    ({ loss, test }) => loss === null || test?.loss === null,
  );
  /** Epochs of recovery whose records are written, by network. */
  readonly recovery = new WrittenEpochs<RecoveryRecord>(
    ({ row, arm }) => `${row} ${arm}`,
    ({ diverged = false }) => diverged,
  );
  announced: boolean;
  baseline: BaselineRecord | null;
  /** Arms of which it is written what recovery found. */
  readonly recoveryAnalysed: Set<DamagedArm>;
  /** What analyses have found, or how far they are. */
  readonly analyses: StudyAnalysisRecord[];
  /** Why an analysis could not be made. */
  analysisFailure: ErrorReport | null = null;
  /** What analyses are made of. */
  readonly measured: MeasuredRows;
  cancelled = false;
  /** Rows measured by this execution, and the multiply-accumulates that took. */
  computed = 0;
  macs = 0;

  /** `kept`: what analyses will ask of what was measured. */
  constructor(journal: readonly LesionRecord[], kept: KeptOfRows) {
    this.done = completedRows(journal);
    this.announced = journal.some((record) => record.type === "run");
    this.baseline = journal.find((record) => record.type === "baseline") ?? null;
    const analyses = journal.filter((record) => record.type === "analysis");
    this.recoveryAnalysed = new Set(analyses.flatMap((record) => (record.name === "recovery" ? [record.arm] : [])));
    this.analyses = analyses.filter((record) => record.name !== "recovery");
    this.measured = new MeasuredRows(kept, journal);
    this.training.add(journal.filter((record) => record.type === "train"));
    this.recovery.add(journal.filter((record) => record.type === "recovery"));
  }

  /** How it stands, and the cause of a failure. */
  get outcome(): Pick<EndRecord, "state" | "error"> {
    const error = [...this.failures.values()].at(-1) ?? this.analysisFailure;
    const state = this.cancelled ? "cancelled" : error ? "failed" : "done";
    return { state, ...(error ? { error } : {}) };
  }
}
