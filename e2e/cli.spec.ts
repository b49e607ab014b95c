/** The command line as built: what it prints for people and for programs, shards, exports, exit codes. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "playwright/test";
import { lesion } from "./lesion-process.ts";
import { ABLATIONS, comparable, journalOf, SAMPLES, smallStudy } from "./small-study.ts";

let folder: string;
let studyFile: string;

test.beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lesion-e2e-"));
  studyFile = join(folder, "study.json");
  await writeFile(studyFile, JSON.stringify(smallStudy));
});
test.afterEach(() => rm(folder, { recursive: true, force: true }));

test("a browser that is none ends with 3", async () => {
  const { code, stderr } = await lesion(["doctor"], { env: { LESION_BROWSER: join(folder, "none") } });
  expect([code, stderr]).toEqual([3, expect.stringContaining("LESION_BROWSER")]);
});

test("help, version and doctor end with 0", async () => {
  const help = await lesion([]);
  expect([help.code, help.stdout]).toEqual([0, expect.stringContaining("run STUDY.json")]);
  expect((await lesion(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  const doctor = await lesion(["doctor"]);
  expect([doctor.code, doctor.stdout]).toEqual([0, expect.stringMatching(/browser[\s\S]*adapter[\s\S]*limit/)]);
});

test("plan prints a cost and runs nothing", async () => {
  const { code, stdout } = await lesion(["plan", studyFile, "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ ablations: ABLATIONS, samples: SAMPLES });
});

test("a run shows plain lines and a table where there is no terminal", async () => {
  const out = join(folder, "out");
  const { code, stdout, stderr } = await lesion(["run", studyFile, "--out", out, "--expect", `count == ${ABLATIONS}`]);
  expect(code, stderr).toBe(0);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes are what must not be there
  expect(stdout + stderr).not.toMatch(/[\x1b\r]/);
  expect(stdout).toMatch(/^baseline \d+\.\d\d % \([\d,]+ of 2,001; 95 % interval [\d.]+ to [\d.]+\)$/m);
  expect(stdout).toMatch(/^unit +accuracy +95 % +drop pp +lost +gained +damages +improves$/m);
  expect(stderr.match(/no GPU|processor/g)?.length ?? 0).toBeLessThanOrEqual(2); // One line, on a machine without a GPU.
  expect(stdout).toContain("--all shows every row");
  expect(stderr).toContain(`holds count == ${ABLATIONS}`);
  expect((await readdir(out)).sort()).toEqual([
    "baseline-bits.bin",
    "bits.bin",
    "results.ndjson",
    "study.json",
    "trained.architecture.json",
    "trained.onnx",
    "trained.safetensors",
    "untrained.onnx",
  ]);
  expect((await readFile(join(out, "bits.bin"))).length).toBe(ABLATIONS * 4 * Math.ceil(SAMPLES / 32));

  const csv = await lesion(["export", out, "--format", "csv"]);
  expect(csv.stdout.trimEnd().split("\r\n").length).toBe(1 + ABLATIONS);
  const again = await lesion(["run", studyFile, "--out", out, "--resume", "--expect", "baseline.accuracy > 1"]);
  expect([again.code, again.stderr]).toEqual([4, expect.stringContaining("fails baseline.accuracy > 1")]);
});

test("shards merge into the run that one process makes", async () => {
  const [whole, merged] = [join(folder, "whole"), join(folder, "merged")];
  expect((await lesion(["run", studyFile, "--out", whole])).code).toBe(0);
  const shards = ["1/2", "2/2"].map((shard) => ({ shard, out: join(folder, shard.replace("/", "-of-")) }));
  for (const { shard, out } of shards) {
    expect((await lesion(["run", studyFile, "--out", out, "--shard", shard])).code).toBe(0);
  }
  const { code, stdout } = await lesion(["merge", ...shards.map(({ out }) => out), "--out", merged]);
  expect([code, stdout]).toEqual([0, expect.stringContaining("2,620 ablations of 2 runs")]);
  expect(comparable(await journalOf(merged))).toEqual(comparable(await journalOf(whole)));
  for (const file of ["bits.bin", "baseline-bits.bin", "trained.onnx", "trained.safetensors"]) {
    expect(await readFile(join(merged, file))).toEqual(await readFile(join(whole, file)));
  }
  expect((await lesion(["compare", whole, merged])).stdout).toContain("no ablation differs");
});
