/**
 * Training and recovery through the built command line: records, tables, exports and expectations; and that a process which
 * is killed in the middle of an epoch, of training and then of recovery, ends where one that nothing disturbed does.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "playwright/test";
import type { LesionRecord, RecoveryRecord } from "../src/study/records.ts";
import { killedAt } from "./killed-run.ts";
import { lesion, type Outcome } from "./lesion-process.ts";
import { journalOf } from "./small-study.ts";

const EPOCHS = 3;
const SAMPLES = 2000;
const UNITS = 25;
const study = {
  version: 1,
  name: "recovering",
  model: {
    build: { input: 784, layers: [{ units: 16 }, { units: 9 }, { units: 10 }] },
    train: { epochs: EPOCHS, batch: 32, limit: SAMPLES, checkpoint: 1, optimizer: { kind: "sgd", learningRate: 0.01 } },
  },
  data: { set: "digits", limit: 501 },
  sweeps: [{ ablate: "each-unit", layers: [0, 1] }],
  recover: {
    arms: ["all", "control"],
    epochs: EPOCHS,
    batch: 32,
    optimizer: { kind: "sgd", learningRate: 0.01 },
    data: { limit: SAMPLES },
  },
};

// One undisturbed run serves all tests.
test.describe.configure({ mode: "default" });

let folder: string;
let studyFile: string;
let undisturbed: string;
let outcome: Outcome;
test.beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lesion-e2e-"));
  studyFile = join(folder, "study.json");
  undisturbed = join(folder, "undisturbed");
  await writeFile(studyFile, JSON.stringify(study));
  const expectations = ["train.test.accuracy > 0.3", "recovery.all.n == 25", "recovery.control.accuracy > 0.3"];
  outcome = await lesion([
    "run",
    studyFile,
    "--out",
    undisturbed,
    ...expectations.flatMap((text) => ["--expect", text]),
  ]);
});
test.afterAll(() => rm(folder, { recursive: true, force: true }));

test("a run with recovery shows its epochs and tables, and keeps records and networks", async () => {
  const { code, stdout, stderr } = outcome;
  expect(code, stderr).toBe(0);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes are what must not be there
  expect(stdout + stderr).not.toMatch(/[\x1b\r]/);
  expect(stderr).toMatch(/^epoch 2\/3: loss [\d.]+, .* right while training; test .* 95 % interval .*$/m);
  expect(stderr).toMatch(/^recovering control: epoch 3\/3 · [\d.]+ % \(\d+ of 501; .*$/m);
  expect(stderr.match(/^recovering all: epoch \d\/3 · 25 networks/gm)?.length).toBe(EPOCHS);
  expect(stderr).toContain("holds recovery.all.n == 25");
  expect(stdout).toMatch(/^trained 3 epochs: [\d.]+ % \(\d+ of 501; 95 % interval/m);
  expect(stdout).toMatch(/^control, the intact network trained as long: [+-][\d.]+ pp$/m);
  expect(stdout).toMatch(/^all +25 +0 +\d+ +[\d.-]+ % \([\d.-]+ to [\d.-]+\) +[\d.-]+ %/m);
  expect(stdout).toMatch(/^all +25 +-?[\d.]+ \(-?[\d.]+ to -?[\d.]+\) +-?[\d.]+ \(/m);
  expect(stdout).toMatch(/^unit +damaged +all +back$/m);
  const lines = stdout.split("\n");
  const recovery = lines.slice(
    lines.findIndex((line) => line.startsWith("recovery:")),
    -4,
  );
  expect(Math.max(...recovery.map((line) => line.length))).toBeLessThanOrEqual(80);

  const journal = await journalOf(undisturbed);
  expect(journal.flatMap((record) => (record.type === "train" ? [record.test?.samples] : []))).toEqual([501, 501, 501]);
  const recoveries = journal.filter((record): record is RecoveryRecord => record.type === "recovery");
  expect(recoveries.length).toBe((UNITS + 1) * (EPOCHS + 1));
  for (const { samples, correct, classCorrect } of recoveries) {
    expect([samples, correct]).toEqual([501, classCorrect.reduce((sum, count) => sum + count, 0)]);
  }
  const ablated = journal.flatMap((record) => (record.type === "ablation" ? [[record.row, record.correct]] : []));
  const begun = recoveries.filter(({ row, epoch }) => row !== null && epoch === 0);
  expect(begun.map(({ row, correct }) => [row, correct])).toEqual(ablated.sort(([a], [b]) => a! - b!));
  expect(journal.filter(({ type }) => type === "analysis").length).toBe(1);
  expect(await readdir(undisturbed)).toEqual(
    expect.arrayContaining([
      "checkpoint-train-1.safetensors",
      "checkpoint-train-2.safetensors",
      "trained.architecture.json",
      "trained.onnx",
      "trained.safetensors",
    ]),
  );
});

test("a run with recovery is exported, planned, and finished once", async () => {
  const csv = await lesion(["export", undisturbed, "--table", "recoveries"]);
  expect(csv.stdout.trimEnd().split("\r\n").length).toBe(1 + (UNITS + 1) * (EPOCHS + 1));
  const json = JSON.parse((await lesion(["export", undisturbed, "--format", "json"])).stdout);
  expect([json.recoveries.length, json.analyses.length]).toEqual([(UNITS + 1) * (EPOCHS + 1), 1]);
  expect((await lesion(["export", undisturbed])).stderr).toContain("--table recoveries");
  const plan = await lesion(["plan", studyFile]);
  expect([plan.code, plan.stdout]).toEqual([
    0,
    expect.stringMatching(/^recovery +26 networks of 3 epochs, .*MAC, about .*s$/m),
  ]);
  const again = await lesion(["run", studyFile, "--out", undisturbed, "--resume", "--expect", "recovery.all.n < 25"]);
  expect([again.code, again.stderr]).toEqual([4, expect.not.stringMatching(/^(epoch|recovering)/m)]);
});

/** The lines of a journal but for what the clock gives. */
async function timeless(out: string): Promise<object[]> {
  return (await journalOf(out))
    .filter(({ type }) => type !== "end")
    .map(({ ms: _, started: __, ...kept }: LesionRecord & { ms?: number; started?: string }) => kept);
}

test("killed in the middle of an epoch of training and again of recovery, it ends with the same bits", async () => {
  const out = join(folder, "killed");
  // Within the second epoch of each: its state after the first is kept, and part of the second is lost.
  await killedAt(studyFile, out, `line.phase === "training" && line.done > ${SAMPLES}`);
  const left = await journalOf(out);
  expect(left.map(({ type }) => type)).toEqual(["run", "train"]);
  await killedAt(studyFile, out, 'line.phase === "recovering" && 3 * line.done > line.total');
  const reached = (await journalOf(out)).flatMap((record) => (record.type === "recovery" ? [record.epoch] : []));
  expect([Math.max(...reached), reached.length]).toEqual([1, 2 * (UNITS + 1)]);

  const { code, stderr } = await lesion(["run", studyFile, "--out", out, "--resume"]);
  expect(code, stderr).toBe(0);
  expect(stderr).toMatch(/^resuming: 25 of 25 ablations are done, and 26 epochs of networks that recover$/m);
  expect(stderr).toMatch(/^recovering all: epoch 2\/3/m);
  expect(stderr).not.toMatch(/^(epoch|recovering \w+: epoch 1)/m);
  expect(await timeless(out)).toEqual(await timeless(undisturbed));
  const names = (await readdir(undisturbed)).filter((name) => name !== "results.ndjson").sort();
  expect((await readdir(out)).filter((name) => name !== "results.ndjson").sort()).toEqual(names);
  for (const name of names) {
    expect((await readFile(join(out, name))).equals(await readFile(join(undisturbed, name))), name).toBe(true);
  }
});
