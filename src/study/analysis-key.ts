/** What an analysis record is about, and which of several about the same thing counts. */
import { canonicalJson } from "../core/hash.ts";
import type { AnalysisRecord } from "./records.ts";

/** What tells records of one analysis apart: those that are there. */
const APART = [
  "analysis",
  "arm",
  "sweep",
  "layerIndex",
  "predictor",
  "sites",
  "row",
  "method",
  "order",
  "by",
  "replacement",
  "site",
  "network",
  "epoch",
  "path",
] as const;

/** The subject of a record: two with the same are about the same thing, at the same or another stage. */
export function analysisSubject(record: AnalysisRecord): string {
  const fields = record as unknown as Readonly<Record<string, unknown>>;
  // Of a seriated matrix the order is a finding; of a curve it says which curve.
  const isFinding = (key: string) => key === "order" && Array.isArray(fields[key]);
  const apart = APART.filter((key) => fields[key] !== undefined && !isFinding(key)).map((key) => [key, fields[key]]);
  return `analysis ${record.name} ${canonicalJson(apart)}${record.name === "interactions" ? canonicalJson(record.units) : ""}`;
}

/** Two records with the same key say the same: the second is nothing new. */
export function analysisKey(record: AnalysisRecord): string {
  return `${analysisSubject(record)} ${stageOf(record)}`;
}

/** How far an analysis is that goes on from its records. */
function stageOf(record: AnalysisRecord): number {
  if (record.name === "shapley") return record.permutations;
  if (record.name === "adaptive") return record.round;
  return record.name === "order" ? record.scores.length : 0;
}

/** Of each subject the record that is furthest, in the order in which subjects came up. */
export function latestAnalyses<R extends AnalysisRecord>(records: readonly R[]): R[] {
  const latest = new Map<string, R>();
  for (const record of records) {
    const subject = analysisSubject(record);
    const before = latest.get(subject);
    if (before === undefined || stageOf(record) >= stageOf(before)) latest.set(subject, record);
  }
  return [...latest.values()];
}
