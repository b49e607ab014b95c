/** `lesion inspect`: lists a model's layers, and the indices under which a study names the ablatable ones. */
import { type Command, SHARED_OPTIONS } from "../command.ts";
import { openEngine } from "../engine.ts";
import { shared } from "../headless-page.ts";
import { findModel } from "../model-files.ts";
import { modelLines } from "../model-lines.ts";

export const inspect: Command = {
  name: "inspect",
  takes: "MODEL",
  count: [1, 1],
  summary: "List a model's layers and its ablatable units.",
  options: { browser: SHARED_OPTIONS.browser, json: SHARED_OPTIONS.json },
  run: async (args, screen) => {
    const { name, files } = await findModel(args.names[0]!);
    await using page = await openEngine(screen, args.text("browser"));
    const report = await page.call("inspect", name, shared(page, files));
    const width = screen.isTerminal ? screen.width : Number.POSITIVE_INFINITY;
    const lines = args.flag("json") ? [JSON.stringify(report, null, 2)] : modelLines(report, width);
    for (const line of lines) screen.result(line);
    return 0;
  },
};
