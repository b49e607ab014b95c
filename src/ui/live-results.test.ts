import { describe, expect, test } from "vitest";
import { fakeAblation, fakeAblations, fakeBaseline, fakeEnd, fakeRun, fakeTrain } from "../../e2e/fake-engine.ts";
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
