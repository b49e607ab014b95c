/** `lesion report`: what a run found, section by section, in the terminal and as one HTML file. */
import { writeFile } from "node:fs/promises";
import { reportHtml } from "../../report/html.ts";
import type { Command } from "../command.ts";
import { refuseNewFile } from "../new-file.ts";
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
    if (out !== undefined)
      await writeFile(out, reportHtml(built), { flag: "wx" }).catch((cause) => refuseNewFile(out, cause));
    for (const line of reportLines(built, screen.width)) screen.result(line);
    if (out !== undefined) screen.log(`written to ${out}`);
    return 0;
  },
};
