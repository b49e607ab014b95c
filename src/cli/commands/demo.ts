/** `lesion demo`: the embedded default study, for whom nothing is at hand yet. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { defaultStudyDocument } from "../../study/defaults.ts";
import type { Command } from "../command.ts";
import { studyFromText } from "../study-files.ts";
import { carryOut, RUN_OPTIONS } from "./run.ts";

export const demo: Command = {
  name: "demo",
  takes: "",
  count: [0, 0],
  summary: "Train a small network on made digits and ablate it: no files needed.",
  options: RUN_OPTIONS,
  run: async (args, screen) => {
    const text = `${JSON.stringify(defaultStudyDocument, null, 2)}\n`;
    return carryOut(await studyFromText(text, "study.json"), args.text("out") ?? freeFolder(), args, screen);
  },
};

/** The first of runs/demo-1, runs/demo-2, ... that does not exist. */
function freeFolder(): string {
  for (let number = 1; ; number++) {
    const folder = join("runs", `demo-${number}`);
    if (!existsSync(folder)) return folder;
  }
}
