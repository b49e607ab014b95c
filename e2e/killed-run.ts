/** A run that is killed at a moment that a test chooses. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "playwright/test";
import { lesion } from "./lesion-process.ts";

const preload = pathToFileURL(join(import.meta.dirname, "kill-at-line.js")).href;

/**
 * Runs a study on in `out` until a line of its output is one of which `isTime` is true, and not a line longer. `isTime` is
 * JavaScript about `line`, a record or the object of progress as `--json` gives it: `line.type === "baseline"`.
 */
export async function killedAt(studyFile: string, out: string, isTime: string): Promise<void> {
  const { code, stdout, stderr } = await lesion(["run", studyFile, "--out", out, "--resume", "--json"], {
    env: { NODE_OPTIONS: `--import=${preload}`, LESION_KILL_AT: isTime },
  });
  expect(code, `never came: ${isTime}\n${stdout.slice(-2000)}${stderr}`).toBeNull();
}
