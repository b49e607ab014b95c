/** What a run has reached: begun from an interrupted run's journal, and kept across lost devices. */
import type { ErrorReport } from "../core/errors.ts";
import { completedRows } from "./journal.ts";
import type { EndRecord, LesionRecord } from "./records.ts";

export class Reached {
  /** Rows that are measured and written. */
  readonly done: Set<number>;
  /** Rows that the GPU refused, and why, until they succeed. */
  readonly failures = new Map<number, ErrorReport>();
  announced: boolean;
  baselineWritten: boolean;
  /** Epochs of training whose records are written. */
  epochs: number;
  cancelled = false;
  /** Rows measured by this execution, and the multiply-accumulates that took. */
  computed = 0;
  macs = 0;

  constructor(journal: readonly LesionRecord[]) {
    this.done = completedRows(journal);
    this.announced = journal.some((record) => record.type === "run");
    this.baselineWritten = journal.some((record) => record.type === "baseline");
    this.epochs = journal.reduce((most, record) => (record.type === "train" ? Math.max(most, record.epoch) : most), 0);
  }

  /** How it stands, and the cause of a failure. */
  get outcome(): Pick<EndRecord, "state" | "error"> {
    const error = [...this.failures.values()].at(-1);
    const state = this.cancelled ? "cancelled" : error ? "failed" : "done";
    return { state, ...(error ? { error } : {}) };
  }
}
