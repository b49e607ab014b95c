/** What a run was asked for and does not have: said at the head of its report. */
import type { AnalysisOptions } from "../study/analysis-options.ts";
import type { StudyAnalysisRecord } from "../study/analysis-records.ts";
import type { RunResults } from "../study/results.ts";
import { counted } from "./numbers.ts";
import type { StudyDocument } from "./study-document.ts";

/** That a run did not end well, with its error where the journal has one, and which analyses have no result. */
export function unfinishedTexts({ end, analyses, failures }: RunResults, { analyses: asked }: StudyDocument): string[] {
  const state = end?.state ?? "interrupted";
  const { message, fix } = end?.error ?? {};
  const error = message === undefined ? [] : [`Its last error: ${sentence(message)}${fix ? ` ${sentence(fix)}` : ""}`];
  const without = asked.flatMap((options, index) => (options === null ? [] : lacking(options, index, analyses)));
  return [
    ...(state === "done" ? [] : [`The run is not finished (${state}): numbers may still change.`, ...error]),
    ...(failures.length === 0 ? [] : [`${counted(failures.length, "ablation")} failed: ${failures[0]!.error.message}`]),
    // Of a run that goes on, analyses are still to come.
    ...(without.length === 0 || end === null || state === "cancelled"
      ? []
      : [`Asked for, and without a result: ${without.join(", ")}.`]),
  ];
}

/** "embedding", "gain-search (gains)": of a search the methods that found nothing by themselves. */
function lacking(options: AnalysisOptions, index: number, analyses: RunResults["analyses"]): string[] {
  const own = analyses.filter(
    (record): record is StudyAnalysisRecord => "analysis" in record && record.analysis === index,
  );
  if (options.analyse !== "gain-search") return own.length === 0 ? [options.analyse] : [];
  const made = new Set(own.flatMap((record) => (record.name === "gain-search" ? record.method : [])));
  const missing = options.methods.filter((method) => !made.has(method));
  return missing.length === 0 ? [] : [`gain-search (${missing.join(", ")})`];
}

/** With a full stop. */
const sentence = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`);
