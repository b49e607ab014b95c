/** The ready-made studies: what the authors of the MLP study published, from their own weights, and the report of it. */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "playwright/test";
import { lesion } from "./lesion-process.ts";
import { sharedData } from "./shared-data.ts";

const mnist = sharedData("mnist");
const model = sharedData("models/mlp-20-10-trained.onnx");
const initial = sharedData("models/mlp-20-10-untrained.onnx");

let folder: string;
test.beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lesion-e2e-"));
});
test.afterEach(() => rm(folder, { recursive: true, force: true }));

test.describe("on the published data", () => {
  test.skip(mnist === null || model === null || initial === null, "the shared data is not there");

  test("lesion reproduce runs a study, compares it, and leaves a report with figures", async () => {
    const data = dirname(mnist!);
    const { code, stdout, stderr } = await lesion([
      "reproduce",
      "meyes-mlp-binarised",
      "--data",
      data,
      "--out",
      folder,
    ]);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain("1 published value: 1 in agreement with this run");
    const html = await readFile(join(folder, "meyes-mlp-binarised", "report.html"), "utf8");
    expect(html).toContain("<svg");
    expect(html).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org|arxiv)/);
    // What is there is not computed again.
    const again = await lesion(["reproduce", "meyes-mlp-binarised", "--data", data, "--out", folder]);
    expect(again.code, again.stderr).toBe(0);
    expect(again.stderr).not.toContain("sweeping");
  });

  test("weights alone: Mann-Whitney, weight norms and redundancy have the published values", async () => {
    const study = {
      model: { file: model, initial },
      data: { set: "mnist", path: mnist, split: "test", normalize: { mean: 0.5, std: 0.5 } },
      sweeps: [
        { ablate: "each-unit", layers: "all" },
        { ablate: "pairs", layers: [0] },
      ],
      analyses: [
        "mann-whitney",
        { analyse: "importance", predictors: ["weight-l1", "weight-l2"] },
        "redundancy",
        "class-damage",
      ],
    };
    const file = join(folder, "study.json");
    await writeFile(file, JSON.stringify(study));
    const holds = [
      "p(0: 11) > 2.365e-11",
      "p(0: 11) < 2.375e-11",
      "p(0: 15) > 2.205e-20",
      "p(0: 15) < 2.215e-20",
      "p(0: 0) > 0.4085",
      "p(0: 0) < 0.4095",
      "pearson(mann-whitney, 0) < -0.435",
      "spearman(mann-whitney, 0) < -0.595",
      "pearson(importance weight-l1, 0) > 0.475",
      "spearman(importance weight-l1, 0) > 0.655",
      "pearson(importance weight-l2, 0) < 0.375",
      "spearman(importance weight-l2, 0) < 0.435",
      "R(0: 0+1) > 0",
      "lost(0: 11) > 4881",
    ];
    const out = join(folder, "run");
    const expectations = holds.flatMap((each) => ["--expect", each]);
    const { code, stderr } = await lesion(["run", file, "--out", out, ...expectations]);
    expect(code, stderr).toBe(0);
  });
});

test("studies whose data are not there are left out, each with the reason", async () => {
  const data = join(folder, "data");
  const { code, stderr } = await lesion(["reproduce", "meyes-mlp", "bau-keep-only", "--data", data, "--out", folder]);
  expect(code).toBe(2);
  expect(stderr).toContain("meyes-mlp is left out");
  expect(stderr).toContain("bau-keep-only is left out");
  expect(stderr).toContain("no study ran");
  expect(existsSync(join(folder, "meyes-mlp"))).toBe(false);
});

test("a study that does not exist is told with the one that was meant", async () => {
  const { code, stderr } = await lesion(["reproduce", "meyes-mpl"]);
  expect(code).toBe(2);
  expect(stderr).toContain("Did you mean meyes-mlp?");
});
