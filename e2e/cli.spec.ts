/** The command line as built: exit codes, bad input, output for people and for programs, interruption and resumption. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "playwright/test";
import type { LesionRecord } from "../src/study/records.ts";
import { lesion } from "./lesion-process.ts";
import { sharedData } from "./shared-data.ts";

/** Small enough for a processor, and with enough ablations (30 + 190 + 2 x 2 x 100) to be caught in the middle. */
const study = {
  version: 1,
  name: "small",
  model: {
    build: { input: 784, layers: [{ units: 20 }, { units: 10 }, { units: 10, activation: "linear" }] },
    train: { epochs: 2, batch: 64, limit: 2000, optimizer: { kind: "sgd", learningRate: 0.05, momentum: 0.9 } },
  },
  data: { set: "digits", limit: 500 },
  sweeps: [
    { ablate: "each-unit", layers: [0, 1] },
    { ablate: "pairs", layers: [0] },
    { ablate: "fraction", layers: [0, 1], fractions: [0.25, 0.5], draws: 100, choose: "random" },
  ],
};
const ABLATIONS = 620;

let folder: string;
let studyFile: string;

test.beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lesion-e2e-"));
  studyFile = join(folder, "study.json");
  await writeFile(studyFile, JSON.stringify(study));
});
test.afterEach(() => rm(folder, { recursive: true, force: true }));

/** A run's records without what differs from run to run, ablations in order, each end left out. */
async function recordsOf(run: string): Promise<object[]> {
  const lines = (await readFile(join(run, "results.ndjson"), "utf8")).trimEnd().split("\n");
  const records = lines.map((line) => JSON.parse(line) as LesionRecord).filter(({ type }) => type !== "end");
  return records
    .map(({ ms: _, started: __, ...kept }: LesionRecord & { ms?: number; started?: string }) => kept)
    .sort((a, b) => ("row" in a ? a.row : -1) - ("row" in b ? b.row : -1));
}

test.describe("bad input ends with 2, names the place and writes nothing", () => {
  const cases: readonly (readonly [name: string, args: (out: string) => string[], message: RegExp, text?: string])[] = [
    ["an unknown command", () => ["rnu"], /no command "rnu"[\s\S]*Did you mean "run"/],
    ["an unknown option", (out) => ["run", "study.json", "--out", out, "--reusme"], /--reusme[\s\S]*--resume/],
    ["no output folder", () => ["run", "study.json"], /--out DIR/],
    ["an impossible shard", (out) => ["run", "study.json", "--out", out, "--shard", "3/2"], /"3\/2"/],
    ["a wrong expectation", (out) => ["run", "study.json", "--out", out, "--expect", "accurcy > 1"], /accuracy/],
    ["a missing study", (out) => ["run", "none.json", "--out", out], /no study none\.json/],
    ["a study that is no JSON", (out) => ["run", "bad.json", "--out", out], /line 2/, '{ "version": 1,\n oops }'],
    [
      "a wrong key",
      (out) => ["run", "bad.json", "--out", out],
      /"layrs"[\s\S]*sweeps\[0\][\s\S]*"layers"/,
      JSON.stringify({ ...study, sweeps: [{ ablate: "each-unit", layrs: "all" }] }),
    ],
    [
      "a missing model file",
      (out) => ["run", "bad.json", "--out", out],
      /mlp\.onnx[\s\S]*model\.file/,
      JSON.stringify({ ...study, model: { file: "mlp.onnx" } }),
    ],
    [
      "a layer that does not exist",
      (out) => ["run", "bad.json", "--out", out],
      /layer/,
      JSON.stringify({ ...study, sweeps: [{ ablate: "each-unit", layers: ["dense_77"] }] }),
    ],
    [
      "a unit that does not exist",
      (out) => ["run", "bad.json", "--out", out],
      /unit/,
      JSON.stringify({ ...study, sweeps: [{ ablate: "sets", sets: [[{ layer: 0, units: [20] }]] }] }),
    ],
    ["a model that is none", () => ["inspect", "bad.json"], /bad\.json|ONNX/i, ""],
  ];
  for (const [name, args, message, text] of cases) {
    test(name, async () => {
      if (text !== undefined) await writeFile(join(folder, "bad.json"), text);
      const before = await readdir(folder);
      const { code, stderr } = await lesion(args("out"), { cwd: folder });
      expect(stderr).toMatch(message);
      expect(stderr).toMatch(/fix:/);
      expect(code).toBe(2);
      expect(await readdir(folder)).toEqual(before);
    });
  }

  test("a folder that is not empty", async () => {
    const out = join(folder, "out");
    await mkdir(out);
    await writeFile(join(out, "thesis.txt"), "x");
    const { code, stderr } = await lesion(["run", studyFile, "--out", out]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/not empty[\s\S]*--resume/)]);
    expect(await readdir(out)).toEqual(["thesis.txt"]);
  });
});

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
  expect(JSON.parse(stdout)).toMatchObject({ ablations: ABLATIONS, samples: 500 });
});

test("a run shows plain lines and a table where there is no terminal", async () => {
  const out = join(folder, "out");
  const { code, stdout, stderr } = await lesion(["run", studyFile, "--out", out, "--expect", `count == ${ABLATIONS}`]);
  expect(code, stderr).toBe(0);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes are what must not be there
  expect(stdout + stderr).not.toMatch(/[\x1b\r]/);
  expect(stdout).toMatch(/^unit +accuracy +drop pp +most damaged class +best improved class +lost +gained$/m);
  expect(stdout).toContain("--all shows every row");
  expect(stderr).toContain(`holds count == ${ABLATIONS}`);
  expect((await readdir(out)).sort()).toEqual([
    "baseline-bits.bin",
    "bits.bin",
    "results.ndjson",
    "study.json",
    "trained.onnx",
    "untrained.onnx",
  ]);
  expect((await readFile(join(out, "bits.bin"))).length).toBe(ABLATIONS * 4 * Math.ceil(500 / 32));

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
  expect([code, stdout]).toEqual([0, expect.stringContaining(`${ABLATIONS} ablations of 2 runs`)]);
  expect(await recordsOf(merged)).toEqual(await recordsOf(whole));
  for (const file of ["bits.bin", "baseline-bits.bin", "trained.onnx"]) {
    expect(await readFile(join(merged, file))).toEqual(await readFile(join(whole, file)));
  }
  expect((await lesion(["compare", whole, merged])).stdout).toContain("0 differ");
});

test("--json is one record a line; a run killed in the middle resumes to the same records", async () => {
  const [undisturbed, killed] = [join(folder, "undisturbed"), join(folder, "killed")];
  const first = await lesion(["run", studyFile, "--out", undisturbed, "--json"]);
  expect(first.code, first.stderr).toBe(0);
  const types = first.stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).type);
  expect(types.filter((type) => type === "ablation").length).toBe(ABLATIONS);
  expect(types).toEqual(expect.arrayContaining(["run", "train", "baseline", "progress"]));

  const kill = await lesion(["run", studyFile, "--out", killed, "--json"], {
    onLine: (line, child) => {
      if (JSON.parse(line).type === "ablation") child.kill("SIGKILL");
    },
  });
  expect(kill.code).toBeNull();
  const before = (await recordsOf(killed)).length;
  expect(before).toBeLessThan((await recordsOf(undisturbed)).length);

  const resumed = await lesion(["run", studyFile, "--out", killed, "--resume"]);
  expect(resumed.code, resumed.stderr).toBe(0);
  expect(await recordsOf(killed)).toEqual(await recordsOf(undisturbed));
  expect(await readFile(join(killed, "bits.bin"))).toEqual(await readFile(join(undisturbed, "bits.bin")));
});

test("Ctrl+C saves and ends with 130, and the run can go on", async () => {
  const out = join(folder, "out");
  let isInterrupted = false;
  const { code, stderr } = await lesion(["run", studyFile, "--out", out, "--json"], {
    onLine: (line, child) => {
      if (isInterrupted || JSON.parse(line).type !== "ablation") return;
      isInterrupted = true;
      child.kill("SIGINT");
    },
  });
  expect([code, stderr]).toEqual([130, expect.stringContaining("--resume")]);
  expect(await readFile(join(out, "results.ndjson"), "utf8")).toMatch(/"state":"cancelled".*\n$/);
  const resumed = await lesion(["run", studyFile, "--out", out, "--resume", "--expect", `count == ${ABLATIONS}`]);
  expect(resumed.code, resumed.stderr).toBe(0);
});

test("the published network on MNIST gives the published counts", async () => {
  const model = sharedData("models/mlp-20-10-trained.onnx");
  const data = sharedData("mnist");
  test.skip(model === null || data === null, "the shared data is not there");
  const sweeps = [
    { ablate: "each-unit", layers: [0] },
    { ablate: "pairs", layers: [0] },
  ];
  await writeFile(
    studyFile,
    JSON.stringify({ version: 1, name: "mnist", model: { file: model }, data: { set: "mnist", path: data }, sweeps }),
  );
  const units = [
    8741, 9127, 6723, 7697, 8060, 9464, 7990, 8138, 8566, 8600, 9464, 4677, 9462, 9150, 8250, 5389, 9251, 9464, 8545,
    8398,
  ];
  const expected: readonly (readonly [string, number])[] = [
    ["baseline.correct", 9464],
    ...units.map((correct, unit) => [`correct(0: ${unit})`, correct] as const),
    ["correct(0: 0+1)", 8034],
    ["correct(0: 18+19)", 6845],
    ["kept(0: 11)", 4580],
    ["lost(0: 11)", 4884],
    ["gained(0: 11)", 97],
    ["wrong(0: 11)", 439],
  ];
  // Two samples of tolerance for the order of floating-point sums.
  const expectations = expected.flatMap(([value, count]) => [`${value} >= ${count - 2}`, `${value} <= ${count + 2}`]);
  const args = expectations.flatMap((expectation) => ["--expect", expectation]);
  const { code, stderr } = await lesion(["run", studyFile, "--out", join(folder, "out"), ...args]);
  expect(code, stderr).toBe(0);
});
