/**
 * What tells records of one kind apart: where a run has several replacements, or sweeps, or analyses that were asked with
 * other options, a record's name says which it is of; where there is one, names stay short.
 */
import { canonicalJson } from "../../core/hash.ts";
import type { AnalysisRecord } from "../../study/records.ts";
import { marked } from "../ablation-names.ts";
import type { StudyDocument } from "../study-document.ts";
import type { ReportInput } from "./section.ts";

/** "dense_0", "all layers", "dense_0 (mean, sweep 2)": what each of some records of one kind is of. */
export function subjectsOf<R extends AnalysisRecord>(input: ReportInput, records: readonly R[]): (record: R) => string {
  const marks = marksOf(input, records);
  return (record) => marked(("layer" in record ? record.layer : null) ?? "all layers", marks(record));
}

/**
 * What tells each of some records of one kind from the others, but for its layer: "mean", "sweep 2", "perplexity 5".
 * `withSweep`: false where the sweep is said anyhow.
 */
export function marksOf<R extends AnalysisRecord>(
  input: ReportInput,
  records: readonly R[],
  { withSweep = true }: { readonly withSweep?: boolean } = {},
): (record: R) => readonly string[] {
  const sweeps = new Set(records.flatMap((record) => sweepOf(record) ?? []));
  const indices = [...new Set(records.map(analysisOf).filter((index) => index !== null))];
  return (record) => {
    const replacement = replacementOf(input, record);
    const isTold = input.isMixed || ("replacement" in record && replacement !== "zero");
    const sweep = sweepOf(record);
    const index = analysisOf(record);
    return [
      ...(replacement !== null && isTold ? [replacement] : []),
      ...(withSweep && sweep !== null && sweeps.size > 1 ? [`sweep ${sweep}`] : []),
      ...(index !== null && indices.length > 1 ? askedOf(input.study, index, indices, isPooled(record)) : []),
    ];
  };
}

/** The index of a record's analysis in the study; null of what says none. */
export const analysisOf = (record: AnalysisRecord): number | null =>
  "analysis" in record ? (record.analysis ?? null) : null;

const sweepOf = (record: AnalysisRecord) => ("sweep" in record ? (record.sweep ?? null) : null);
const isPooled = (record: AnalysisRecord) => "layer" in record && record.layer === null;

/** As records of ablations have it; null where it is the rows, or nothing, that a replacement is of. */
function replacementOf({ study }: ReportInput, record: AnalysisRecord): string | null {
  switch (record.name) {
    case "importance":
    case "mann-whitney":
      return study.replacements[record.sweep]?.[0] ?? study.replacement;
    case "shapley":
    case "negligible":
    case "ensemble":
    case "ensemble-pooled":
      return study.replacement;
    default:
      return "replacement" in record ? (record.replacement ?? "zero") : null;
  }
}

/** Options that a record's own fields say. */
const OWN = ["analyse", "layers", "method", "methods", "by", "predictors"];
const NOTHING: Readonly<Record<string, string>> = { samples: "all", clusters: "by silhouette" };

/** The options in which an analysis differs from others of its kind: "perplexity 5". */
function askedOf({ analyses }: StudyDocument, index: number, indices: readonly number[], isPooled: boolean): string[] {
  const asked = indices.map((each) => (analyses[each] ?? {}) as Readonly<Record<string, unknown>>);
  const own = (analyses[index] ?? {}) as Readonly<Record<string, unknown>>;
  const isShared = (key: string) => asked.every((each) => textOf(each[key]) === textOf(own[key]));
  return Object.keys(own)
    .filter((key) => !isShared(key) && (!OWN.includes(key) || (isPooled && key === "layers")))
    .map((key) => `${wordsOf(key)} ${own[key] === null ? (NOTHING[key] ?? "none") : textOf(own[key])}`);
}

/** "learning rate", "truncation pp" */
const wordsOf = (key: string) => key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join(", ");
  return typeof value === "string" ? value : canonicalJson(value ?? null);
}
