/** A tiny study with every analysis: all are made, an interrupted run ends with the same, and one that fails leaves the rest. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { analysisKey } from "./analysis-key.ts";
import { resolved } from "./journal.ts";
import type { AnalysisRecord, LesionRecord } from "./records.ts";
import { type Given, joined, run } from "./run.fixture.ts";

const SAMPLES = 150;
const study = {
  name: "all analyses",
  model: {
    build: { layers: [{ units: 6 }, { units: 4, bias: true }, { units: 10 }] },
    train: {
      epochs: 3,
      batch: 32,
      limit: 400,
      networks: 2,
      optimizer: { kind: "sgd", learningRate: 0.05, momentum: 0.9 },
    },
  },
  data: { set: "digits", limit: SAMPLES },
  measure: ["accuracy", "loss", "status"],
  sweeps: [
    { ablate: "each-unit", replacements: ["zero", "mean", "optimal"] },
    { ablate: "pairs", layers: [0] },
    { ablate: "cumulative", layers: [1], order: "greedy-least" },
    { ablate: "cumulative", layers: [0], order: "random", draws: 3 },
    { ablate: "keep-only", layers: [0], order: "measured-class", keep: [1, 3] },
    { ablate: "similar", layers: [0], grouping: { kind: "nearest", seeds: 2 }, fractions: [0.5] },
    { ablate: "each-unit", layers: [0], adaptive: { top: 2, first: 32 } },
  ],
  analyses: [
    { analyse: "importance", batch: 32 },
    "mann-whitney",
    "redundancy",
    "interactions",
    { analyse: "shapley", top: 2, permutations: 16 },
    { analyse: "cascade", of: 3 },
    "overlap",
    "class-damage",
    "positive-effects",
    { analyse: "gain-search", factors: [0, 0.5, 1.5], most: 2, epochs: 1, batch: 64 },
    "degradation",
    "populations",
    "depth",
    { analyse: "negligible", epochs: [0, 1, 3] },
    "ensemble",
    { analyse: "embedding", perplexity: 10, iterations: 30, components: 8, points: 100 },
    "replacements",
    { analyse: "importance", layers: [1], predictors: ["weight-l1"] },
    { analyse: "shapley", layers: [0], top: 1, permutations: 8 },
    { analyse: "positive-effects", rate: 0.5 },
  ],
} as const;

/** Every analysis record once, as a journal keeps them, in no order. */
function analysesOf(records: readonly LesionRecord[]): Map<string, string> {
  const analyses = resolved(records).filter((record): record is AnalysisRecord => record.type === "analysis");
  return new Map(analyses.map((record) => [analysisKey(record), JSON.stringify(record)] as const).sort());
}
const namesOf = (given: Given) =>
  new Set(given.records.flatMap((record) => (record.type === "analysis" ? [record.name] : [])));

let gpu: Gpu;
let whole: Given;
let asked = 0;
beforeAll(async () => {
  gpu = await openGpu();
  whole = await run(gpu, study, {
    until() {
      asked++;
      return false;
    },
  });
  if (whole.error) throw whole.error;
}, 120_000);
afterAll(() => gpu[Symbol.dispose]());

describe("all analyses", () => {
  test("are made, each with a record of its own", () => {
    expect(whole.end).toMatchObject({ state: "done" });
    const made = namesOf(whole);
    for (const analysis of study.analyses) {
      expect(made, JSON.stringify(analysis)).toContain(typeof analysis === "string" ? analysis : analysis.analyse);
    }
    for (const name of ["order", "groups", "optimal", "adaptive", "ensemble-pooled"]) expect(made).toContain(name);
    expect(gpu.arena.allocatedBytes).toBe(0);
    expect(whole.warnings.filter((text) => text.includes("was not made"))).toEqual([]);
  });

  test("damage against depth knows the groups that rows were made of", () => {
    const depths = whole.records.filter((record) => record.type === "analysis" && record.name === "depth");
    const points = depths.find(({ sweep }) => sweep === 5)?.points ?? [];
    expect(points.map(({ by, level, group, ablated, n }) => [by, level, group, ablated, n])).toEqual(
      ["similar", "random", "dissimilar"].map((group) => ["share", 0.5, group, [3, 3], 2]),
    );
  });

  test("of one kind are all made, each as it was asked for", () => {
    const analyses = whole.records.filter((record) => record.type === "analysis");
    const of = (index: number) =>
      resolved(analyses).filter(
        (record) => record.type === "analysis" && "analysis" in record && record.analysis === index,
      );
    expect(of(0).length).toBeGreaterThan(10);
    expect(of(17)).toMatchObject([{ name: "importance", predictor: "weight-l1", layerIndex: 1 }]);
    expect(of(18)).toMatchObject([{ name: "shapley", layerIndex: 0, permutations: 8, top: [expect.any(Number)] }]);
    expect(new Set(of(19).map((record) => "rate" in record && record.rate))).toEqual(new Set([0.5]));
    expect(new Set(of(8).map((record) => "rate" in record && record.rate))).not.toEqual(new Set([0.5]));
  });

  test("say nothing twice", () => {
    const analyses = whole.records.filter((record) => record.type === "analysis");
    expect(new Set(analyses.map(analysisKey)).size).toBe(analyses.length);
  });

  test.each([0.35, 0.65, 0.9])("come out the same where the run was stopped at %f", async (share) => {
    let left = Math.floor(share * asked);
    const first = await run(gpu, study, { until: () => --left < 0 });
    expect(first.error).toBeNull();
    expect(first.end).toMatchObject({ state: "cancelled" });
    const second = await run(gpu, study, { before: first });
    expect(second.error).toBeNull();
    expect(second.end).toMatchObject({ state: "done" });
    expect(analysesOf(joined(first, second).records)).toEqual(analysesOf(whole.records));
  });
});

test("what a process that was killed while it wrote left of the records of one analysis is completed", async () => {
  const isTorn = (record: LesionRecord) =>
    record.type === "analysis" &&
    ((record.name === "order" && record.path > 3) ||
      (record.name === "importance" && record.layer === null) ||
      (record.name === "ensemble" && record.network === 1));
  const first = { ...whole, records: whole.records.filter((record) => !isTorn(record)) };
  expect(first.records.length).toBeLessThan(whole.records.length - 20);
  const second = await run(gpu, study, { before: first });
  expect(second.end).toMatchObject({ state: "done" });
  expect(second.records.some(({ type }) => type === "ablation")).toBe(false);
  expect(analysesOf(joined(first, second).records)).toEqual(analysesOf(whole.records));
});

test("an analysis that cannot be made leaves the others, and the run says why it failed", async () => {
  const some = {
    ...study,
    sweeps: [{ ablate: "each-unit", layers: [1] }],
    analyses: ["class-damage", { analyse: "embedding", perplexity: 60, iterations: 10, points: 100 }, "depth"],
  };
  const first = await run(gpu, some, { before: trainedAs(whole) });
  expect(first.error).toBeNull();
  expect(first.end).toMatchObject({ state: "failed", ablations: 4, error: { message: expect.stringContaining("60") } });
  expect(namesOf(first)).toEqual(new Set(["class-damage", "depth"]));
  expect(first.warnings.filter((text) => text.includes('the analysis "embedding" was not made'))).toHaveLength(1);
  const again = await run(gpu, some, { before: first });
  expect(again.end).toMatchObject({ state: "failed" });
  expect(gpu.arena.allocatedBytes).toBe(0);
});

test.each([
  [{ replacement: "mean" }, "mean"],
  [{ replacements: ["zero", "class-mean"] }, "class-mean"],
  [{}, "optimal"],
])(
  "an adaptive sweep by what takes all samples to know is refused before anything is computed: %j",
  async (own, kind) => {
    const sweeps = [{ ablate: "each-unit", layers: [0], adaptive: {}, ...own }];
    const { error, records } = await run(gpu, { ...study, replacement: "optimal", sweeps });
    expect(error).toMatchObject({ code: "unsupported", where: "sweeps[0]", message: expect.stringContaining(kind) });
    expect(records).toEqual([]);
  },
);

/** What a run trained, without what it did with it. */
function trainedAs({ artifacts }: Given): Pick<Given, "records" | "artifacts"> {
  return { records: [], artifacts: new Map([...artifacts].filter(([name]) => name.endsWith(".onnx"))) };
}
