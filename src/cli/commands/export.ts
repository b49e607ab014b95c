/** `lesion export`: a run's results as CSV or JSON, to a file or to stdout. */
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { LesionError } from "../../core/errors.ts";
import { nearest } from "../../core/nearest.ts";
import { exportCsv } from "../../study/export-csv.ts";
import { exportJson } from "../../study/export-json.ts";
import { exportRecoveryCsv } from "../../study/export-recovery-csv.ts";
import { type RunResults, resultsOf } from "../../study/results.ts";
import { usage } from "../arguments.ts";
import type { Command } from "../command.ts";
import { refuseNewFile } from "../new-file.ts";
import { readRun } from "../run-directory.ts";

const FORMATS = ["csv", "json"] as const;
const TABLES = ["ablations", "recoveries"] as const;

export const exportRun: Command = {
  name: "export",
  takes: "RUN",
  count: [1, 1],
  summary: "Write a run's results as CSV or JSON.",
  options: {
    format: { type: "string", value: "csv|json", help: "The format (csv)." },
    table: { type: "string", value: "NAME", help: "Of CSV: ablations (the default) or recoveries, a row an epoch." },
    out: { type: "string", value: "FILE", help: "A new file; stdout where left out." },
  },
  run: async (args, screen) => {
    const format = chosen("format", FORMATS, args.text("format") ?? "csv");
    const table = chosen("table", TABLES, args.text("table") ?? "ablations");
    if (format === "json" && table !== "ablations") throw usage(exportRun, "--table is of CSV; JSON holds everything");
    const folder = args.names[0]!;
    const results = resultsOf((await readRun(folder)).records, folder);
    const pieces = Readable.from(format === "json" ? exportJson(results) : csvOf(results, table, folder));
    if (format === "csv" && table === "ablations" && results.recoveries.length > 0)
      screen.log("the run's recoveries are a table of their own: --table recoveries");
    const out = args.text("out");
    if (out === undefined) await pipeline(pieces, process.stdout, { end: false });
    else await pipeline(pieces, createWriteStream(out, { flags: "wx" })).catch((cause) => refuseNewFile(out, cause));
    return 0;
  },
};

function csvOf(results: RunResults, table: (typeof TABLES)[number], folder: string): Iterable<string> {
  if (table === "ablations") return exportCsv(results);
  if (results.recoveries.length > 0) return exportRecoveryCsv(results);
  throw new LesionError("usage", `${folder} has no recoveries`, {
    where: "--table",
    fix: 'Give the study a "recover" and run it; docs/file-formats.md describes it.',
  });
}

/** What an option names, one of `names`. Throws `usage`. */
function chosen<Name extends string>(option: string, names: readonly Name[], given: string): Name {
  const found = names.find((name) => name === given);
  if (found !== undefined) return found;
  const meant = nearest(given, names);
  throw usage(
    exportRun,
    `--${option} is ${names.join(" or ")}, not "${given}"`,
    meant === null ? undefined : `Did you mean ${meant}?`,
  );
}
