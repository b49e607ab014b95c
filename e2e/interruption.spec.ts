/** Whatever ends a run in the middle, it goes on from its journal to the results of a run that nothing disturbed. */
import { execFileSync } from "node:child_process";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "playwright/test";
import { killedAt } from "./killed-run.ts";
import { lesion } from "./lesion-process.ts";
import { ABLATIONS, comparable, journalOf, smallStudy } from "./small-study.ts";

// One undisturbed run for all of them.
test.describe.configure({ mode: "default" });

let folder: string;
let studyFile: string;
let undisturbed: string;

test.beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lesion-e2e-"));
  studyFile = join(folder, "study.json");
  undisturbed = join(folder, "undisturbed");
  await writeFile(studyFile, JSON.stringify(smallStudy));
  const { code, stdout, stderr } = await lesion(["run", studyFile, "--out", undisturbed, "--json"]);
  expect(code, stderr).toBe(0);
  const types = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).type);
  expect(types.filter((type) => type === "ablation").length).toBe(ABLATIONS);
  expect(types).toEqual(expect.arrayContaining(["run", "train", "baseline", "progress", "end"]));
});
test.afterAll(() => rm(folder, { recursive: true, force: true }));

/** Starts a run and calls `act` once with its process id, when the first ablations were journaled. */
async function disturbed(out: string, act: (pid: number) => void) {
  let isDone = false;
  return lesion(["run", studyFile, "--out", out, "--json"], {
    onLine: (line, child) => {
      if (isDone || JSON.parse(line).type !== "ablation") return;
      isDone = true;
      act(child.pid!);
    },
  });
}

async function expectUndisturbed(out: string): Promise<void> {
  expect(comparable(await journalOf(out))).toEqual(comparable(await journalOf(undisturbed)));
  for (const file of ["bits.bin", "baseline-bits.bin", "trained.onnx", "untrained.onnx"]) {
    expect((await readFile(join(out, file))).equals(await readFile(join(undisturbed, file))), file).toBe(true);
  }
}

async function ablationsIn(out: string): Promise<number> {
  return (await readFile(join(out, "results.ndjson"), "utf8")).split('"type":"ablation"').length - 1;
}

test("SIGKILL: --resume goes on, also after half a line", async () => {
  const out = join(folder, "killed");
  await killedAt(studyFile, out, 'line.type === "ablation"');
  const kept = await ablationsIn(out);
  expect(kept).toBeGreaterThan(0);
  expect(kept).toBeLessThan(ABLATIONS);
  await appendFile(join(out, "results.ndjson"), '{"type":"ablation","row":');

  const resumed = await lesion(["run", studyFile, "--out", out, "--resume"]);
  expect(resumed.code, resumed.stderr).toBe(0);
  expect(resumed.stderr).toMatch(/^resuming: [\d,]+ of 2,620 ablations are done$/m);
  expect(resumed.stderr).not.toMatch(/^epoch/m);
  await expectUndisturbed(out);
});

test("Ctrl+C: the batch under way is saved, the exit code is 130, and --resume goes on", async () => {
  const out = join(folder, "interrupted");
  const { code, stderr } = await disturbed(out, (pid) => process.kill(pid, "SIGINT"));
  expect([code, stderr]).toEqual([130, expect.stringContaining("--resume")]);
  expect(await readFile(join(out, "results.ndjson"), "utf8")).toMatch(/"state":"cancelled".*\n$/);
  expect(await ablationsIn(out)).toBeLessThan(ABLATIONS);
  const resumed = await lesion(["run", studyFile, "--out", out, "--resume"]);
  expect(resumed.code, resumed.stderr).toBe(0);
  await expectUndisturbed(out);
});

test("a browser that crashes: the run goes on in a new one by itself", async () => {
  test.skip(process.platform === "win32", "the test finds the browser with ps");
  const out = join(folder, "crashed");
  const { code, stdout, stderr } = await disturbed(out, (pid) => {
    const children = execFileSync("ps", ["-o", "pid=", "--ppid", String(pid)], { encoding: "utf8" });
    for (const child of children.trim().split(/\s+/)) process.kill(Number(child), "SIGKILL");
  });
  expect(code, stderr).toBe(0);
  expect(stdout).toContain("going on from the journal in a new browser (restart 1 of 3)");
  await expectUndisturbed(out);
});
