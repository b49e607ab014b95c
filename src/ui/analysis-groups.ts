/**
 * Which records make which section of a report. Sections are made apart, each when its own records have changed, and of the
 * ablations each gets those alone that it speaks of: a run of 100,000 ablations is never gone through for a list of ten.
 */
import type { StudyAnalysisRecord } from "../study/analysis-records.ts";
import type { AblationRecord, LesionRecord } from "../study/records.ts";
import type { LiveResults } from "./live-results.ts";

type AnalysisName = StudyAnalysisRecord["name"];

/** The names whose records make one section together; sections in the order of a report. */
export const ANALYSIS_GROUPS = [
  ["adaptive"],
  ["class-damage"],
  ["overlap"],
  ["populations"],
  ["redundancy"],
  ["interactions"],
  ["shapley"],
  ["importance"],
  ["mann-whitney"],
  ["ensemble", "ensemble-pooled"],
  ["negligible"],
  ["replacements"],
  ["optimal"],
  ["degradation"],
  ["depth"],
  ["cascade"],
  ["embedding"],
  ["positive-effects"],
  ["gain-search"],
  ["order", "groups"],
] as const satisfies readonly (readonly AnalysisName[])[];

export type AnalysisGroup = (typeof ANALYSIS_GROUPS)[number];

/** Grows with every record of a group that says something new; 0: there is none. */
export function revisionOf({ revisions }: Pick<LiveResults, "revisions">, group: AnalysisGroup): number {
  return group.reduce((sum, name) => sum + (revisions.get(name) ?? 0), 0);
}

/** The journal of a run that found out no more than a group's analyses; empty before the baseline is measured. */
export function journalOf(results: LiveResults, group: AnalysisGroup): LesionRecord[] {
  const { run, baseline, analyses } = results;
  if (run === null || baseline === null) return [];
  const names: readonly AnalysisName[] = group;
  const own = [...analyses.values()].filter(({ name }) => names.includes(name));
  return [run, baseline, ...ablationsOf(results, own), ...own];
}

/** The ablations that analyses speak of. */
function ablationsOf({ ablations, positionOf }: LiveResults, analyses: readonly StudyAnalysisRecord[]) {
  const rows = new Set<number>();
  const sweeps = new Set<number>();
  for (const record of analyses) {
    if (record.name === "importance" || record.name === "mann-whitney") sweeps.add(record.sweep);
    else if (record.name === "positive-effects") for (const { row } of record.effects) rows.add(row);
  }
  const singles = sweeps.size === 0 ? [] : ablations.filter((record) => sweeps.has(record.sweep) && isSingle(record));
  const named = [...rows].flatMap((row) => ablations[positionOf.get(row) ?? -1] ?? []);
  return [...singles, ...named];
}

const isSingle = ({ sites: [site, another] }: AblationRecord) => site?.units.length === 1 && another === undefined;
