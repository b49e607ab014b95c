/** `lesion export`: a run's results as CSV or JSON, to a file or to stdout. */
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { LesionError } from "../../core/errors.ts";
import { exportCsv } from "../../study/export-csv.ts";
import { exportJson } from "../../study/export-json.ts";
import { nearest } from "../../study/nearest.ts";
import { resultsOf } from "../../study/results.ts";
import { usage } from "../arguments.ts";
import type { Command } from "../command.ts";
import { readRun } from "../run-directory.ts";

const FORMATS = { csv: exportCsv, json: exportJson };

export const exportRun: Command = {
  name: "export",
  takes: "RUN",
  count: [1, 1],
  summary: "Write a run's results as CSV or JSON.",
  options: {
    format: { type: "string", value: "csv|json", help: "The format (csv)." },
    out: { type: "string", value: "FILE", help: "A new file; stdout where left out." },
  },
  run: async (args) => {
    const format = args.text("format") ?? "csv";
    if (format !== "csv" && format !== "json") {
      const meant = nearest(format, Object.keys(FORMATS));
      throw usage(
        exportRun,
        `--format is csv or json, not "${format}"`,
        meant === null ? undefined : `Did you mean ${meant}?`,
      );
    }
    const folder = args.names[0]!;
    const results = resultsOf((await readRun(folder)).records, folder);
    const pieces = Readable.from(FORMATS[format](results));
    const out = args.text("out");
    if (out === undefined) await pipeline(pieces, process.stdout, { end: false });
    else await pipeline(pieces, createWriteStream(out, { flags: "wx" })).catch((cause) => refuse(out, cause));
    return 0;
  },
};

function refuse(out: string, cause: NodeJS.ErrnoException): never {
  if (cause.code !== "EEXIST")
    throw new LesionError("usage", `cannot write ${out}: ${cause.message}`, { where: "--out", cause });
  throw new LesionError("usage", `${out} is there already, and nothing is overwritten`, {
    where: "--out",
    fix: "Choose another file.",
    cause,
  });
}
