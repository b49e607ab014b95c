/** `lesion plan`: what a study would cost, before anything is run. */
import { type Command, memoryBytes, SHARED_OPTIONS } from "../command.ts";
import { openEngine } from "../engine.ts";
import { planLines } from "../plan-lines.ts";
import { pageRequest } from "../run-study.ts";
import { readStudy } from "../study-files.ts";

export const plan: Command = {
  name: "plan",
  takes: "STUDY.json",
  count: [1, 1],
  summary: "Print what a study would compute, and its cost.",
  options: SHARED_OPTIONS,
  run: async (args, screen) => {
    const memory = memoryBytes(args);
    const study = await readStudy(args.names[0]!);
    await using page = await openEngine(screen, args.text("browser"));
    const report = await page.call("plan", pageRequest(page, study, memory));
    if (args.flag("json")) screen.result(JSON.stringify(report, null, 2));
    else for (const line of planLines(report, screen.width)) screen.result(line);
    return 0;
  },
};
