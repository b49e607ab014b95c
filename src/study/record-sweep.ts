/** Runs a plan and writes down what it finds: the baseline, a record and a row of bits for each ablation, progress. */
import type { Effect, Outcome } from "../ablation/effects.ts";
import { engineRequest, runSweep, type SweepRequest } from "../ablation/run-sweep.ts";
import type { Subject } from "../ablation/subject.ts";
import type { OptimalConstants } from "../ablation/sweep.ts";
import { LesionError, reportOf } from "../core/errors.ts";
import type { Tuner } from "../engine/tuner.ts";
import { ablationRecord, baselineRecord, type Comparison } from "./ablation-record.ts";
import type { OpenedStudy } from "./open-study.ts";
import { NO_PACE, pacer } from "./pace.ts";
import type { Reached } from "./reached.ts";
import type { RunOutput } from "./run-interface.ts";

/** What `recordSweep` runs: the sweep's own request, less what the study says. */
export interface RecordedSweep extends Pick<SweepRequest, "gpu" | "plan" | "proceed"> {
  readonly tuner: Tuner;
  readonly opened: OpenedStudy;
  /** The network that is swept: the opened one, or what training made of it. */
  readonly subject: Subject;
  /** Of `optimal` replacements. */
  readonly optimal?: OptimalConstants | undefined;
  readonly predictedMs: number | null;
}

/** Runs the plan; resolves with the milliseconds it took. Rows are in `reached` once their records are written. */
export async function recordSweep(sweep: RecordedSweep, reached: Reached, output: RunOutput): Promise<number> {
  const { opened, plan, predictedMs } = sweep;
  const { study, baselineTransform } = opened;
  const baseline = baselineTransform && (await intactOn(sweep, baselineTransform));
  const startMs = performance.now();
  output.progress({ phase: "baseline", done: 0, total: plan.samples, ...NO_PACE, etaMs: predictedMs, note: "" });
  const isWhole = plan.samplesPerSegment === plan.samples;
  const pace = pacer();
  const total = reached.done.size + plan.ablations;
  let comparison: Comparison | null = null;
  let finished = 0;
  const advance = (effects: number) => {
    finished += effects;
    output.progress({ phase: "sweeping", done: reached.done.size, total, ...pace(finished, plan.ablations), note: "" });
  };
  for await (const event of runSweep(requestOf(sweep))) {
    switch (event.kind) {
      case "intact":
        comparison = {
          intact: event.outcome,
          baseline: baseline ?? event.outcome,
          truths: event.truths,
          layers: opened.subject.ablatable,
          measure: study.measure,
        };
        writeBaseline(comparison, reached, output);
        break;
      case "effects":
        writeEffects(opened, event.effects, comparison!, reached, output);
        // With several segments, effects were counted as their parts were done.
        advance(isWhole ? event.effects.length : 0);
        break;
      case "partial":
        advance(event.effects);
        break;
      case "samples":
        if (plan.ablations > 0) break;
        output.progress({
          phase: "baseline",
          done: event.samples,
          total: plan.samples,
          ...pace(event.samples, plan.samples),
          note: "",
        });
        break;
      case "macs":
        reached.macs += event.macs;
        break;
      case "failed":
        writeFailures(event.rows, event.error, reached, output);
    }
  }
  return performance.now() - startMs;
}

/** What a study's sweep asks of the engine. */
export function requestOf({
  gpu,
  tuner,
  subject,
  plan,
  proceed,
  opened,
  optimal,
}: Omit<RecordedSweep, "predictedMs">): SweepRequest {
  const { dataset, transform, ablations, study } = opened;
  const request = {
    gpu,
    tuner,
    dataset,
    transform,
    ablations,
    top5: study.measure.includes("top5"),
    loss: study.measure.includes("loss"),
    seed: study.seed,
    optimal,
    proceed,
  };
  return engineRequest(subject, plan, request);
}

/** The intact network's outcome under another transform. */
export async function intactOn(
  sweep: Omit<RecordedSweep, "predictedMs">,
  transform: OpenedStudy["transform"],
): Promise<Outcome> {
  const request = requestOf({
    ...sweep,
    plan: { ...sweep.plan, steps: [] } as SweepRequest["plan"],
    proceed: async () => true,
  });
  for await (const event of runSweep({ ...request, transform })) if (event.kind === "intact") return event.outcome;
  throw new LesionError("internal", "the baseline was not measured");
}

function writeBaseline({ baseline, measure }: Comparison, reached: Reached, output: RunOutput): void {
  reached.measured.baselineBits ??= baseline.bits.slice();
  if (reached.baseline) return;
  const record = baselineRecord(baseline, measure);
  // Before the record that speaks of them, as all bits: a run that has the record does not give them again.
  output.baselineBits(baseline.bits);
  output.records([record], null);
  reached.baseline = record;
}

function writeEffects(
  { ablations }: OpenedStudy,
  effects: readonly Effect[],
  comparison: Comparison,
  reached: Reached,
  output: RunOutput,
): void {
  const wordsPerRow = comparison.intact.bits.length;
  const words = new Uint32Array(effects.length * wordsPerRow);
  const records = effects.map((effect, i) => {
    const { record, bits } = ablationRecord(ablations.at(effect.row), effect, comparison);
    words.set(bits, i * wordsPerRow);
    return record;
  });
  const bits = { rows: records.map(({ row }) => row), wordsPerRow, words };
  reached.measured.add(records, bits);
  output.records(records, bits);
  for (const { row } of records) {
    reached.done.add(row);
    reached.failures.delete(row);
  }
  reached.computed += records.length;
}

function writeFailures(rows: readonly number[], error: LesionError, reached: Reached, output: RunOutput): void {
  const report = reportOf(error);
  for (const row of rows) reached.failures.set(row, report);
  output.records(
    rows.map((row) => ({ type: "failure" as const, row, error: report })),
    null,
  );
}
