/**
 * Analyses through the built command line: a process that is killed among them ends with the records of one that nothing
 * disturbed; shards leave them to the run that they are merged into; and a run that is finished does nothing again.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "playwright/test";
import type { LesionRecord } from "../src/study/records.ts";
import { killedAt } from "./killed-run.ts";
import { lesion } from "./lesion-process.ts";
import { comparable, journalOf } from "./small-study.ts";

const study = {
  version: 1,
  name: "analysed",
  model: {
    build: { input: 784, layers: [{ units: 12 }, { units: 8 }, { units: 10 }] },
    train: { epochs: 2, batch: 32, limit: 1000, networks: 2, optimizer: { kind: "sgd", learningRate: 0.02 } },
  },
  data: { set: "digits", limit: 501 },
  sweeps: [
    { ablate: "each-unit" },
    { ablate: "cumulative", layers: [0], order: "greedy-least" },
    { ablate: "each-unit", layers: [0], adaptive: { top: 2, first: 64 } },
  ],
  analyses: [
    "positive-effects",
    { analyse: "shapley", top: 2, permutations: 64 },
    "degradation",
    { analyse: "negligible", epochs: [0, 1, 2] },
    "class-damage",
  ],
};

// One undisturbed run serves all tests.
test.describe.configure({ mode: "default" });

let folder: string;
let studyFile: string;
let undisturbed: string;
test.beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lesion-e2e-"));
  studyFile = join(folder, "study.json");
  undisturbed = join(folder, "undisturbed");
  await writeFile(studyFile, JSON.stringify(study));
  const { code, stderr } = await lesion(["run", studyFile, "--out", undisturbed]);
  expect(code, stderr).toBe(0);
});
test.afterAll(() => rm(folder, { recursive: true, force: true }));

/** Lines of the analyses of a journal, sorted: what a run found, in whatever order. */
const analysesOf = (journal: readonly LesionRecord[]) =>
  journal
    .filter(({ type }) => type === "analysis")
    .map((record) => JSON.stringify(record))
    .sort();
const shapleys = (journal: readonly LesionRecord[]) =>
  journal.filter((record) => record.type === "analysis" && record.name === "shapley");

test("a run makes each analysis, and one that is finished does nothing again", async () => {
  const journal = await journalOf(undisturbed);
  const names = new Set(journal.flatMap((record) => (record.type === "analysis" ? [record.name] : [])));
  expect([...names].sort()).toEqual(
    ["adaptive", "class-damage", "degradation", "negligible", "order", "positive-effects", "shapley"].sort(),
  );
  expect(shapleys(journal).length).toBeGreaterThan(3);
  expect(journal.at(-1)).toMatchObject({ type: "end", state: "done", ablations: 12 + 8 + 12 });
  const text = await readFile(join(undisturbed, "results.ndjson"), "utf8");
  const again = await lesion(["run", studyFile, "--out", undisturbed, "--resume"]);
  expect(again.code, again.stderr).toBe(0);
  expect(await readFile(join(undisturbed, "results.ndjson"), "utf8")).toBe(text);
});

test("killed in a greedy search, and again among Shapley values, it ends with the same records", async () => {
  const out = join(folder, "killed");
  await killedAt(studyFile, out, 'line.name === "order" && line.scores.length === 4');
  const first = await journalOf(out);
  expect(first.some(({ type }) => type === "ablation")).toBe(false);
  await killedAt(studyFile, out, 'line.name === "shapley" && line.permutations === 32');
  const second = await journalOf(out);
  expect(second.filter(({ type }) => type === "ablation")).toHaveLength(32);
  expect(second.at(-1)?.type).not.toBe("end");
  const { code, stderr } = await lesion(["run", studyFile, "--out", out, "--resume"]);
  expect(code, stderr).toBe(0);
  const journal = await journalOf(out);
  expect(analysesOf(journal)).toEqual(analysesOf(await journalOf(undisturbed)));
  expect(comparable(journal.filter(({ type }) => type === "ablation"))).toEqual(
    comparable((await journalOf(undisturbed)).filter(({ type }) => type === "ablation")),
  );
});

test("shards leave analyses to the merged run, which makes them once", async () => {
  const shards = ["1/2", "2/2"].map((shard) => ({ shard, out: join(folder, `shard ${shard[0]}`) }));
  for (const { shard, out } of shards) {
    const { code, stderr } = await lesion(["run", studyFile, "--out", out, "--shard", shard]);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("a shard makes no analyses");
    const names = (await journalOf(out)).flatMap((record) => (record.type === "analysis" ? [record.name] : []));
    expect(new Set(names)).toEqual(new Set(["order"]));
  }
  const merged = join(folder, "merged");
  const { code, stderr } = await lesion(["merge", ...shards.map(({ out }) => out), "--out", merged]);
  expect(code, stderr).toBe(0);
  expect(stderr).toContain("--resume");
  const before = await journalOf(merged);
  expect(before.filter(({ type }) => type === "ablation")).toHaveLength(32);
  expect(before.some(({ type }) => type === "end")).toBe(false);
  expect(await readdir(merged)).toEqual(expect.arrayContaining(["trained-0-epoch-1.onnx", "trained-1.onnx"]));

  const resumed = await lesion(["run", studyFile, "--out", merged, "--resume"]);
  expect(resumed.code, resumed.stderr).toBe(0);
  const journal = await journalOf(merged);
  // Of a greedy order shards keep the last stage.
  const withoutStages = (records: readonly LesionRecord[]) =>
    analysesOf(
      records.filter((record) => !(record.type === "analysis" && record.name === "order" && !record.complete)),
    );
  expect(withoutStages(journal)).toEqual(withoutStages(await journalOf(undisturbed)));
  expect(journal.filter(({ type }) => type === "ablation")).toHaveLength(32);
  expect(journal.at(-1)).toMatchObject({ type: "end", state: "done" });
  const text = await readFile(join(merged, "results.ndjson"), "utf8");
  expect((await lesion(["run", studyFile, "--out", merged, "--resume"])).code).toBe(0);
  expect(await readFile(join(merged, "results.ndjson"), "utf8")).toBe(text);
});
