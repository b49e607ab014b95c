/** `lesion report`: what a run found, section by section, in the terminal and as one HTML file. */
import { writeFile } from "node:fs/promises";
import { LesionError } from "../../core/errors.ts";
import { reportHtml } from "../../report/html.ts";
import type { Command } from "../command.ts";
import { reportLines } from "../report-text.ts";
import { runReport } from "../run-report.ts";

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
    const built = await runReport(args.names[0]!, args.flag("all"));
    const out = args.text("out");
    if (out !== undefined) await writeFile(out, reportHtml(built), { flag: "wx" }).catch((cause) => refuse(out, cause));
    for (const line of reportLines(built, screen.width)) screen.result(line);
    if (out !== undefined) screen.log(`written to ${out}`);
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
