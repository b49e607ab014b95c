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
    { analyse: "shapley", top: 2, permutations: 24 },
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
    { analyse: "embedding", perplexity: 10, iterations: 60, components: 8, points: 100 },
    "replacements",
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
  const startedMs = performance.now();
  whole = await run(gpu, study, { until: () => ++asked < 0 });
  console.log("whole ms", performance.now() - startedMs, "asked", asked, whole.warnings);
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

  test("say nothing twice", () => {
    const analyses = whole.records.filter((record) => record.type === "analysis");
    expect(new Set(analyses.map(analysisKey)).size).toBe(analyses.length);
  });

  test.each([0.1, 0.3, 0.5, 0.7, 0.85, 0.95])("come out the same where the run was stopped at %f", async (share) => {
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
