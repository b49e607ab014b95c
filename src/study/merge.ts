/**
 * Makes one run of the shards of a study that ran apart, on one machine or many. What two shards both measured must be
 * the same; a contradiction is an error and not an average.
 */
import { type ErrorCode, LesionError } from "../core/errors.ts";
import { canonicalJson } from "../core/hash.ts";
import { analysisKey } from "./analysis-key.ts";
import { assertSameStudy, resolved } from "./journal.ts";
import type { AblationRecord, AnalysisRecord, EndRecord, LesionRecord } from "./records.ts";
import { analyzeRecovery } from "./recovery-summary.ts";
import { type RunResults, resultsOf } from "./results.ts";
import type { Study } from "./study.ts";

/** A run to merge: the records of its journal, and its name in errors. */
export interface Shard {
  readonly name: string;
  readonly records: readonly LesionRecord[];
}

/** Shards made one. */
export interface MergedRun {
  /** A journal: the first shard's head, what its sweeps are made of, ablations by row, recoveries, and an end where nothing is left to do. */
  readonly records: readonly LesionRecord[];
  /** By shard, the rows taken from it: copy those rows of its `bits.bin`. */
  readonly rows: readonly (readonly number[])[];
  /** Rows that no shard measured. */
  readonly missing: number;
}

/**
 * Merges shards of the same study, model and data. Without rows missing the result is a finished run; with some, or where
 * the study has analyses or adaptive sweeps, which shards leave out, a run that is to be resumed.
 * @throws LesionError `bad-study`, `bad-model` or `bad-data` where they are not of the same run; `bad-file` where two
 * contradict each other; `usage` without shards.
 */
export function mergeRuns(
  shards: readonly Shard[],
  study: Pick<Study, "analyses" | "sweeps"> = { analyses: [], sweeps: [] },
): MergedRun {
  const [first, ...others] = shards.map(({ name, records }) => ({ name, results: resultsOf(records, name) }));
  if (first === undefined) {
    throw new LesionError("usage", "there is nothing to merge: no run was named", { fix: "Name at least one run." });
  }
  for (const { name, results } of others) assertMergeable(first, { name, results });

  const taken = new Map<number, { ablation: AblationRecord; name: string }>();
  const rows = [first, ...others].map(({ name, results }) => {
    const fresh = results.ablations.filter((ablation) => {
      const before = taken.get(ablation.row);
      if (before !== undefined) assertEqual(before, { ablation, name });
      else taken.set(ablation.row, { ablation, name });
      return before === undefined;
    });
    return fresh.map(({ row }) => row);
  });

  const all = [first, ...others].map(({ results }) => results);
  const { run, training, baseline } = first.results;
  const ablations = Array.from(taken.values(), ({ ablation }) => ablation).sort((a, b) => a.row - b.row);
  const missing = run.ablations - ablations.length;
  const failures = new Map(all.flatMap((results) => results.failures).map((failure) => [failure.row, failure]));
  for (const row of taken.keys()) failures.delete(row);
  const recoveries = all.flatMap((results) => results.recoveries);
  // How many networks are to recover is the study's to say: each shard has to have come to its own end.
  const recovered = recoveries.length === 0 || all.every(({ end }) => end?.state === "done");
  const isDone = missing === 0 && recovered && !awaitsAnalyses(study);
  // What recoveries show is summed up once all are there: a run that goes on does that when it gets so far.
  const analyses = isDone ? analyzeRecovery({ baseline, ablations, recoveries }, run.seed) : [];
  const end = isDone ? [endOf(all, ablations.length)] : [];
  const materials = materialsOf([first, ...others]);
  const measured = [run, ...training, baseline, ...materials, ...ablations];
  const records = [...measured, ...recoveries, ...analyses, ...failures.values(), ...end];
  return { records: resolved(records), rows, missing };
}

/** Whether a study has anything to compute after its sweeps that takes all of their rows. */
export function awaitsAnalyses({ analyses, sweeps }: Pick<Study, "analyses" | "sweeps">): boolean {
  return analyses.length > 0 || sweeps.some((sweep) => sweep.ablate === "each-unit" && sweep.adaptive !== undefined);
}

interface Named {
  readonly name: string;
  readonly results: RunResults;
}

function assertMergeable(first: Named, other: Named): void {
  const where = other.name;
  try {
    assertSameStudy(first.results.run, other.results.run);
  } catch (cause) {
    const { code, message } = cause as LesionError;
    throw refusal(code, `${where} cannot be merged with ${first.name}: ${message}`, where, cause);
  }
  const a = first.results.baseline;
  const b = other.results.baseline;
  if (a.correct === b.correct && canonicalJson(a.classCorrect) === canonicalJson(b.classCorrect)) return;
  const message = `${where} cannot be merged with ${first.name}: its baseline has ${b.correct} correct, not ${a.correct}`;
  throw refusal("bad-file", message, where);
}

/** What sweeps are made of, which every shard found out for itself: orders, groups, constants. */
function materialsOf(shards: readonly Named[]): readonly AnalysisRecord[] {
  const taken = new Map<string, { readonly record: AnalysisRecord; readonly name: string }>();
  for (const { name, results } of shards) {
    for (const record of results.analyses) {
      const material = materialIn(record);
      if (material === null) continue;
      const key = analysisKey(record);
      const before = taken.get(key);
      if (before === undefined) taken.set(key, { record, name });
      else if (canonicalJson(materialIn(before.record)) !== canonicalJson(material)) {
        const message = `${before.name} and ${name} contradict each other: their rows are of other units or constants (${record.name})`;
        throw refusal("bad-file", message, name);
      }
    }
  }
  return Array.from(taken.values(), ({ record }) => record);
}

/** Of a material what rows depend on; null of other analyses. */
function materialIn(record: AnalysisRecord): readonly unknown[] | null {
  switch (record.name) {
    case "order":
      return record.complete ? record.units : null;
    case "groups":
      return record.groups.map(({ units }) => units);
    case "optimal":
      return record.constants;
    default:
      return null;
  }
}

function assertEqual(
  a: { ablation: AblationRecord; name: string },
  b: { ablation: AblationRecord; name: string },
): void {
  const counts = ({ correct, classCorrect }: AblationRecord) => canonicalJson([correct, classCorrect]);
  if (counts(a.ablation) === counts(b.ablation)) return;
  const { row, correct } = b.ablation;
  const message = `${a.name} and ${b.name} contradict each other: row ${row} has ${a.ablation.correct} and ${correct} correct`;
  throw refusal("bad-file", message, `${b.name}, row ${row}`);
}

function refusal(code: ErrorCode, message: string, where: string, cause?: unknown): LesionError {
  return new LesionError(code, message, {
    where,
    fix: "Merge shards of one study that ran on the same kind of adapter; see lesion compare for how two runs differ.",
    cause,
  });
}

/** Costs add up over the shards that ended; times too, as if one had followed the other. */
function endOf(results: readonly RunResults[], ablations: number): EndRecord {
  const ends = results.flatMap(({ end }) => end ?? []);
  const sum = (of: (end: EndRecord) => number) => ends.reduce((total, end) => total + of(end), 0);
  const most = (of: (end: EndRecord) => number) => ends.reduce((top, end) => Math.max(top, of(end)), 0);
  const predictedMs = ends.some(({ predicted }) => predicted.ms === null) ? null : sum((end) => end.predicted.ms ?? 0);
  return {
    type: "end",
    state: "done",
    ablations,
    ms: sum((end) => end.ms),
    macs: sum((end) => end.macs),
    macsSaved: sum((end) => end.macsSaved),
    predicted: { ms: predictedMs, macs: sum((end) => end.predicted.macs), bytes: most((end) => end.predicted.bytes) },
    measured: {
      ms: sum((end) => end.measured.ms),
      macs: sum((end) => end.measured.macs),
      bytes: most((end) => end.measured.bytes),
    },
  };
}
