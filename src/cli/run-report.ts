/** The report of a run on disk: its journal, its study, and which samples its ablations lost where the bits are there. */
import { closeSync, openSync, readSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { LesionError } from "../core/errors.ts";
import { buildReport } from "../report/build-report.ts";
import type { Report } from "../report/report.ts";
import { sampleStatus } from "../report/status.ts";
import { bitsOffset, bitsRowBytes, bitsWords } from "../study/journal.ts";
import { parseJsonc } from "../study/jsonc.ts";
import type { ReportOptions } from "../study/report-options.ts";
import { report as reportSchema } from "../study/report-schema.ts";
import { resultsOf } from "../study/results.ts";
import { keyed } from "../study/schema-fields.ts";
import { readRun } from "./run-directory.ts";
import { readStudyText } from "./study-files.ts";

/** The report of the run in a folder; `all`: every row of every table. Throws `not-found`, `bad-file`, `bad-study`. */
export async function runReport(folder: string, all: boolean): Promise<Report> {
  const results = resultsOf((await readRun(folder)).records, folder);
  const study = await readStudyText(join(folder, "study.json"));
  const { samples } = results.baseline;
  const before = await baselineBits(folder, samples);
  return buildReport(results, study, {
    report: optionsOf(study),
    statusOf: (row) => {
      const after = before === null ? null : rowBits(folder, row, samples);
      return before === null || after === null ? null : sampleStatus(before, after, samples);
    },
    ...(all ? { most: Number.POSITIVE_INFINITY } : {}),
  });
}

/** A study's "report"; null where it has none. It was checked when the study was run. */
function optionsOf(study: string): ReportOptions | null {
  const given = keyed(parseJsonc(study).value, "report");
  if (given === undefined) return null;
  const checked = v.safeParse(reportSchema, given);
  if (checked.success) return checked.output;
  const [issue] = checked.issues;
  const where = ["report", v.getDotPath(issue)].filter(Boolean).join(".");
  throw new LesionError("bad-study", `${where} of the run's study is wrong: wanted ${issue.message}`, { where });
}

/** Which samples the intact network has right; null where the run did not keep it. */
async function baselineBits(folder: string, samples: number): Promise<Uint32Array | null> {
  const bytes = await readFile(join(folder, "baseline-bits.bin")).catch(() => null);
  return bytes === null || bytes.length < bitsRowBytes(samples) ? null : bitsWords(bytes);
}

/** One row of the run's bits, which may be far larger than memory; null where it is not there. */
function rowBits(folder: string, row: number, samples: number): Uint32Array | null {
  const bytes = new Uint8Array(bitsRowBytes(samples));
  try {
    const file = openSync(join(folder, "bits.bin"), "r");
    try {
      const read = readSync(file, bytes, 0, bytes.length, bitsOffset(row, samples));
      return read === bytes.length ? bitsWords(bytes) : null;
    } finally {
      closeSync(file);
    }
  } catch {
    return null;
  }
}
