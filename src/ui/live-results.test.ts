import { describe, expect, test } from "vitest";
import { fakeAblation, fakeAblations, fakeBaseline, fakeEnd, fakeRun, fakeTrain } from "../../e2e/fake-engine.ts";
import { newArm } from "../ablation/adaptive.ts";
import type { StudyAnalysisRecord } from "../study/analysis-records.ts";
import { defaultStudy } from "../study/defaults.ts";
import { addRecords, emptyResults, reopen } from "./live-results.ts";

function filled() {
  const results = emptyResults(defaultStudy);
  addRecords(results, [fakeRun, fakeTrain(1, 2), fakeTrain(2, 2), fakeBaseline, ...fakeAblations()]);
  return results;
}

describe("addRecords", () => {
  test("finds every unit and every pair, whichever way round, in its panel", () => {
    const results = filled();
    expect(results.panels.map(({ kind, sweep, layer }) => [kind, sweep, layer.layer])).toEqual([
      ["units", 0, "dense_0"],
      ["units", 0, "dense_1"],
      ["pairs", 1, "dense_0"],
    ]);
    const [units, , pairs] = results.panels;
    expect(results.ablations[units!.positions[13]!]!.sites[0]!.units).toEqual([13]);
    expect(results.ablations[pairs!.positions[4 * 20 + 17]!]!.sites[0]!.units).toEqual([4, 17]);
    expect(pairs!.positions[17 * 20 + 4]).toBe(pairs!.positions[4 * 20 + 17]);
    expect(pairs!.positions[4 * 20 + 4]).toBe(-1);
  });

  test("keeps the epochs of networks that train at once apart", () => {
    const results = emptyResults(defaultStudy);
    const second = { ...fakeTrain(1, 2), network: 1 };
    addRecords(results, [fakeTrain(1, 2), second, fakeTrain(2, 2), second]);
    expect(results.train.map((epochs) => epochs.map(({ epoch }) => epoch))).toEqual([[1, 2], [1]]);
    expect(results.journal.length).toBe(3);
  });

  test("what a resumed run says again counts once", () => {
    const results = filled();
    const before = results.journal.length;
    addRecords(results, [fakeRun, fakeTrain(1, 2), fakeBaseline, ...fakeAblations().slice(3, 40)]);
    expect(results.journal.length).toBe(before);
    expect(results.ablations.length).toBe(220);
  });

  test("keeps the scale of all unit panels the same, and apart from that of pairs", () => {
    const results = filled();
    const [first, second, pairs] = results.panels;
    expect(first!.extent).toBe(second!.extent);
    const largest = Math.max(...results.summaries.slice(0, 30).map(({ dropPp }) => dropPp));
    expect(first!.extent.drop).toBeGreaterThan(largest);
    expect(first!.extent.drop).toBeLessThan(largest + 4);
    expect(pairs!.extent.drop).toBeGreaterThan(first!.extent.drop);
  });

  test("has room for both ends of every interval, those of units that do nothing too", () => {
    const results = filled();
    const { extent } = results.panels[0]!;
    const base = fakeBaseline.correct / fakeBaseline.samples;
    const drops = results.summaries
      .slice(0, 30)
      .flatMap(({ interval: { low, high } }) => [100 * (base - low), 100 * (base - high)]);
    expect(extent.drop).toBeCloseTo(Math.max(...drops), 9);
    expect(-extent.gain).toBeCloseTo(Math.min(...drops), 9);
  });

  test("sets and fractions are rows without a panel", () => {
    const study = { ...defaultStudy, sweeps: [{ ablate: "sets" as const, sets: [[{ layer: 0, units: [5, 12] }]] }] };
    const results = emptyResults(study);
    addRecords(results, [fakeRun, fakeBaseline, fakeAblation({ sweep: 0, index: 0, row: 0 }, 0, [5, 12])]);
    expect([results.ablations.length, results.panels.length]).toEqual([1, 0]);
  });
});

test("reopen forgets the end and the failures, and no measurement", () => {
  const results = filled();
  const measured = results.journal.length;
  const error = { code: "gpu-error" as const, message: "lost a batch" };
  addRecords(results, [{ type: "failure", row: 7, error }, fakeEnd("failed", 219)]);
  reopen(results);
  expect(results.journal.length).toBe(measured);
  expect([results.failures.length, results.end]).toEqual([0, null]);
});

describe("analyses", () => {
  const shapley = (permutations: number): StudyAnalysisRecord => ({
    ...{ type: "analysis", name: "shapley", layer: "dense_0", layerIndex: 0, units: [0, 1] },
    ...{ values: [1, 2], intervals: [null, null], counts: [permutations, permutations], m2: [0, 0], permutations },
    ...{ evaluations: 10, truncated: 0, top: [1], settled: false, confidence: 0.95, final: false },
  });
  const optimal: StudyAnalysisRecord = {
    ...{ type: "analysis", name: "optimal", layer: "dense_0", layerIndex: 0, site: "post-activation" },
    ...{ constants: [0.5], losses: [0.1], n: 10 },
  };

  test("of one that goes on, the journal holds the last record alone", () => {
    const results = filled();
    const before = results.journal.length;
    addRecords(results, [shapley(10), optimal, shapley(20), shapley(20), optimal, shapley(30)]);
    expect(results.journal.slice(before)).toEqual([shapley(30), optimal]);
    expect([...results.analyses.values()]).toEqual([shapley(30), optimal]);
    expect([...results.revisions]).toEqual([
      ["shapley", 3],
      ["optimal", 1],
    ]);
  });

  test("outlive an interruption, and go on from there", () => {
    const results = filled();
    const error = { code: "gpu-error" as const, message: "lost a batch" };
    addRecords(results, [{ type: "failure", row: 7, error }, shapley(10), fakeEnd("failed", 219)]);
    reopen(results);
    expect(results.journal.at(-1)).toEqual(shapley(10));
    const measured = results.journal.length;
    addRecords(results, [optimal, shapley(40), fakeEnd("done", 220)]);
    expect(results.journal.slice(measured - 1)).toEqual([shapley(40), optimal, fakeEnd("done", 220)]);
  });
});

describe("panels", () => {
  test("of a sweep with several replacements are one each", () => {
    const replacements = [{ kind: "zero" as const }, { kind: "mean" as const }];
    const study = { ...defaultStudy, sweeps: [{ ablate: "each-unit" as const, layers: [0], replacements }] };
    const results = emptyResults(study);
    const zero = fakeAblation({ sweep: 0, index: 3, row: 3 }, 0, [3]);
    const mean = { ...fakeAblation({ sweep: 0, index: 23, row: 23 }, 0, [3]), replacement: "mean" };
    addRecords(results, [fakeRun, fakeBaseline, zero, mean]);
    expect(results.panels.map(({ replacement, positions }) => [replacement, positions[3]])).toEqual([
      ["zero", 0],
      ["mean", 1],
    ]);
  });

  test("show no pair of units of different layers", () => {
    const study = { ...defaultStudy, sweeps: [{ ablate: "pairs" as const, layers: "all" as const, across: true }] };
    const results = emptyResults(study);
    const [within, other] = [0, 1].map((index) => fakeAblation({ sweep: 0, index, row: index }, 0, [1, 2]));
    const across = { ...other!, sites: [0, 1].map((i) => ({ layer: `dense_${i}`, layerIndex: i, units: [1] })) };
    addRecords(results, [fakeRun, fakeBaseline, within!, across]);
    expect(results.panels.length).toBe(1);
    expect(results.panels[0]!.positions[1 * 20 + 1]).toBe(-1);
  });
});

test("100,000 ablations and an analysis of a hundred rounds are kept once each", () => {
  const results = filled();
  const record = fakeAblation({ sweep: 2, index: 0, row: 0 }, 0, [5, 12]);
  const arms = Array.from({ length: 1000 }, () => newArm);
  const adaptive = (round: number): StudyAnalysisRecord => ({
    ...{ type: "analysis", name: "adaptive", sweep: 3, by: "loss", confidence: 0.95, k: 1, top: [], settled: false },
    ...{ arms, round, final: false, seen: round, samples: 1000, evaluations: 10, fullEvaluations: 20 },
  });
  for (let from = 220; from < 100_000; from += 1000) {
    const rows = Array.from({ length: 1000 }, (_, i) => ({ ...record, index: from + i, row: from + i }));
    addRecords(results, [...rows, adaptive(from)]);
  }
  expect(results.journal.filter(({ type }) => type === "analysis").length).toBe(1);
  expect(results.journal.length).toBe(results.ablations.length + 5);
  expect(results.panels.length).toBe(3);
});
