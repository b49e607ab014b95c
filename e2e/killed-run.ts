/** A run that is killed at a moment of its own choosing. */
import { expect } from "playwright/test";
import type { LesionRecord } from "../src/study/records.ts";
import { lesion } from "./lesion-process.ts";

interface Progress {
  readonly type: "progress";
  readonly phase: string;
  readonly done: number;
  readonly total: number;
}

/** Runs a study on in `out` until `isTime` of a line of its output says so, and kills the process there. */
export async function killedAt(
  studyFile: string,
  out: string,
  isTime: (line: LesionRecord | Progress) => boolean,
): Promise<void> {
  let isDone = false;
  const { code, stderr } = await lesion(["run", studyFile, "--out", out, "--resume", "--json"], {
    onLine: (line, child) => {
      if (isDone || !isTime(JSON.parse(line))) return;
      isDone = true;
      child.kill("SIGKILL");
    },
  });
  expect([isDone, code], stderr).toEqual([true, null]);
}
