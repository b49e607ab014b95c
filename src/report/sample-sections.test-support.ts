/** Test support: records of the sample run by name, and the sections that a report makes of it when something is changed. */
import type { AnalysisRecord } from "../study/records.ts";
import type { RunResults } from "../study/results.ts";
import { buildReport } from "./build-report.ts";
import type { Section } from "./report.ts";
import { sampleReportRun } from "./sample-report.test-support.ts";

export const sample = sampleReportRun();

export const recordsOf = <Name extends AnalysisRecord["name"]>(name: Name) =>
  sample.analyses.filter((record): record is Extract<AnalysisRecord, { name: Name }> => record.name === name);

export function sectionOf(id: string, change: Partial<RunResults>, study: object = {}): Section {
  const found = buildReport({ ...sample, ...change }, JSON.stringify(study)).sections.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no section ${id}`);
  return found;
}
