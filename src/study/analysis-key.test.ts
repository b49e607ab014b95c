/** Which records are about the same thing, and which of them counts. */
import { describe, expect, test } from "vitest";
import { analysisKey, analysisSubject, latestAnalyses } from "./analysis-key.ts";
import { resolved } from "./journal.ts";
import type { AnalysisRecord } from "./records.ts";

/** Only what keys look at. */
const record = (name: string, fields: object = {}) =>
  ({ type: "analysis", name, ...fields }) as unknown as AnalysisRecord;
const order = (units: number, more: object = {}) =>
  record("order", { sweep: 0, layerIndex: 0, by: "greedy-least", path: 0, scores: new Array(units).fill(0), ...more });
const shapley = (permutations: number, layerIndex = 0) => record("shapley", { layerIndex, permutations });
const adaptive = (round: number, sweep = 0) => record("adaptive", { sweep, by: "loss", round });

describe("subjects", () => {
  test.each<[string, AnalysisRecord, AnalysisRecord]>([
    [
      "predictors",
      record("importance", { sweep: 0, predictor: "snip" }),
      record("importance", { sweep: 0, predictor: "fpgm" }),
    ],
    ["analyses of a kind", record("shapley", { analysis: 0 }), record("shapley", { analysis: 1 })],
    ["sweeps", record("overlap", { sweep: 0, layerIndex: 1 }), record("overlap", { sweep: 1, layerIndex: 1 })],
    ["layers", record("overlap", { sweep: 0, layerIndex: 0 }), record("overlap", { sweep: 0, layerIndex: 1 })],
    ["a layer and all pooled", record("importance", { layerIndex: 0 }), record("importance", { layerIndex: null })],
    ["methods", record("gain-search", { method: "scale" }), record("gain-search", { method: "control" })],
    ["networks", record("negligible", { network: 0, epoch: 1 }), record("negligible", { network: 1, epoch: 1 })],
    ["epochs", record("negligible", { network: 0, epoch: 1 }), record("negligible", { network: 0, epoch: 2 })],
    ["rows", record("cascade", { row: 3 }), record("cascade", { row: 4 })],
    ["sites", record("redundancy", { sites: [1] }), record("redundancy", { sites: [2] })],
    ["replacements", record("depth", { replacement: "zero" }), record("depth", { replacement: "mean" })],
    ["paths", order(5), order(5, { path: 1 })],
    ["orders of curves", record("degradation", { order: "random" }), record("degradation", { order: "snip" })],
    ["units of interactions", record("interactions", { units: [1, 2] }), record("interactions", { units: [1, 3] })],
    ["places", record("optimal", { site: "pre-activation" }), record("optimal", { site: "post-activation" })],
    ["ways to cluster", record("populations", { by: "effect" }), record("populations", { by: "activation" })],
    [
      "sweeps of populations",
      record("populations", { by: "effect", sweep: 0 }),
      record("populations", { by: "effect", sweep: 1 }),
    ],
    ["arms", record("recovery", { arm: "all" }), record("recovery", { arm: "layer" })],
    ["names", record("ensemble", { layerIndex: 0 }), record("ensemble-pooled", { layerIndex: 0 })],
  ])("of other %s differ", (_, a, b) => {
    expect(analysisSubject(a)).not.toBe(analysisSubject(b));
    expect(analysisKey(a)).not.toBe(analysisKey(b));
    expect(latestAnalyses([a, b])).toEqual([a, b]);
  });

  test("findings do not count: the same thing measured otherwise is the same thing", () => {
    const a = record("overlap", { sweep: 0, layerIndex: 1, order: [0, 1], jaccard: [] });
    expect(analysisKey(record("overlap", { sweep: 0, layerIndex: 1, order: [1, 0], jaccard: [[0]] }))).toBe(
      analysisKey(a),
    );
  });
});

describe("stages", () => {
  test.each([
    ["a greedy order", order(1), order(2)],
    ["Shapley values", shapley(8), shapley(16)],
    ["an adaptive sweep", adaptive(1), adaptive(2)],
  ])("of %s are of one subject, and the later one counts, whichever is read first", (_, early, late) => {
    expect(analysisSubject(early)).toBe(analysisSubject(late));
    expect(analysisKey(early)).not.toBe(analysisKey(late));
    expect(latestAnalyses([early, late])).toEqual([late]);
    expect(latestAnalyses([late, early])).toEqual([late]);
    // A journal keeps all, from the last of which a run goes on.
    expect(resolved([early, late])).toEqual([early, late]);
  });

  test("subjects stay in the order in which they came up", () => {
    const records = [shapley(8), adaptive(1), shapley(8, 1), shapley(16), adaptive(2, 3), adaptive(3)];
    expect(latestAnalyses(records)).toEqual([records[3], records[5], records[2], records[4]]);
  });

  test("of two records of the same stage a journal keeps the first", () => {
    const [first, again] = [shapley(8), { ...shapley(8), evaluations: 99 } as AnalysisRecord];
    expect(resolved([first, again])).toEqual([first]);
  });
});
