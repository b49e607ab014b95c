/** The records of a journal, sorted by what they are: what tables, exports and comparisons of finished runs start from. */
import { LesionError } from "../core/errors.ts";
import { latestAnalyses } from "./analysis-key.ts";
import type {
  AblationRecord,
  AnalysisRecord,
  BaselineRecord,
  EndRecord,
  FailureRecord,
  LesionRecord,
  RecoveryRecord,
  RunRecord,
  TrainRecord,
} from "./records.ts";

/** A run's results. Ablations and failures are in the order of their rows. */
export interface RunResults {
  readonly run: RunRecord;
  readonly training: readonly TrainRecord[];
  readonly baseline: BaselineRecord;
  readonly ablations: readonly AblationRecord[];
  /** By row (the control first), arm and epoch. */
  readonly recoveries: readonly RecoveryRecord[];
  /** Of those that say how far they are, the last. */
  readonly analyses: readonly AnalysisRecord[];
  readonly failures: readonly FailureRecord[];
  /** Null where the run was interrupted. */
  readonly end: EndRecord | null;
}

/**
 * Sorts the records of a journal, as `parseJournal` gives them. `where` names the run in errors.
 * @throws LesionError `bad-file` where the run ended before its baseline was measured.
 */
export function resultsOf(records: readonly LesionRecord[], where = "results.ndjson"): RunResults {
  const run = records.find((record) => record.type === "run");
  const baseline = records.find((record) => record.type === "baseline");
  if (run === undefined || baseline === undefined) {
    const lacks = run === undefined ? "run" : "baseline";
    throw new LesionError("bad-file", `${where} has ${records.length} records and no "${lacks}" record among them`, {
      where,
      fix: "Nothing was measured before this run ended; run the study again.",
      detail: { records: records.length, lacks },
    });
  }
  return {
    run,
    training: records.filter((record) => record.type === "train"),
    baseline,
    ablations: records.filter((record) => record.type === "ablation").sort((a, b) => a.row - b.row),
    recoveries: records.filter((record) => record.type === "recovery").sort(byRowArmAndEpoch),
    analyses: latestAnalyses(records.filter((record) => record.type === "analysis")),
    failures: records.filter((record) => record.type === "failure").sort((a, b) => a.row - b.row),
    end: records.findLast((record) => record.type === "end") ?? null,
  };
}

const ARMS: readonly RecoveryRecord["arm"][] = ["control", "all", "after", "layer"];

function byRowArmAndEpoch(a: RecoveryRecord, b: RecoveryRecord): number {
  return (a.row ?? -1) - (b.row ?? -1) || ARMS.indexOf(a.arm) - ARMS.indexOf(b.arm) || a.epoch - b.epoch;
}
