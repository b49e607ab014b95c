/** `lesion report`: what a run found, section by section, in the terminal and as one HTML file. */
import { closeSync, openSync, readSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { LesionError } from "../../core/errors.ts";
import { buildReport } from "../../report/build-report.ts";
import { reportHtml } from "../../report/html.ts";
import { sampleStatus } from "../../report/status.ts";
import { bitsOffset, bitsRowBytes, bitsWords } from "../../study/journal.ts";
import { parseJsonc } from "../../study/jsonc.ts";
import type { ReportOptions } from "../../study/report-options.ts";
import { report as reportSchema } from "../../study/report-schema.ts";
import { resultsOf } from "../../study/results.ts";
import { keyed } from "../../study/schema-fields.ts";
import type { Command } from "../command.ts";
import { reportLines } from "../report-text.ts";
import { readRun } from "../run-directory.ts";
import { readStudyText } from "../study-files.ts";

export const report: Command = {
  name: "report",
  takes: "RUN",
  count: [1, 1],
  summary: "Say what a run found, with intervals; --out writes it as HTML with figures.",
  options: {
    out: { type: "string", value: "FILE.html", help: "A new file: one page with figures, tables and the study." },
    all: { type: "boolean", help: "Every row of every table." },
  },
  run: async (args, screen) => {
    const folder = args.names[0]!;
    const results = resultsOf((await readRun(folder)).records, folder);
    const study = await readStudyText(join(folder, "study.json"));
    const { samples } = results.baseline;
    const before = await baselineBits(folder, samples);
    const built = buildReport(results, study, {
      report: optionsOf(study),
      statusOf: (row) => {
        const after = before === null ? null : rowBits(folder, row, samples);
        return before === null || after === null ? null : sampleStatus(before, after, samples);
      },
      ...(args.flag("all") ? { most: Number.POSITIVE_INFINITY } : {}),
    });
    const out = args.text("out");
    if (out !== undefined) await writeFile(out, reportHtml(built), { flag: "wx" }).catch((cause) => refuse(out, cause));
    for (const line of reportLines(built, screen.width)) screen.result(line);
    if (out !== undefined) screen.log(`written to ${out}`);
    return 0;
  },
};

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

function refuse(out: string, cause: NodeJS.ErrnoException): never {
  if (cause.code !== "EEXIST")
    throw new LesionError("usage", `cannot write ${out}: ${cause.message}`, { where: "--out", cause });
  throw new LesionError("usage", `${out} is there already, and nothing is overwritten`, {
    where: "--out",
    fix: "Choose another file.",
    cause,
  });
}
