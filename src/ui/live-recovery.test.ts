import { describe, expect, test } from "vitest";
import { fakeAblations, fakeBaseline, fakeRecoveries, fakeRecovery, fakeRun } from "../../e2e/fake-engine.ts";
import { defaultStudy } from "../study/defaults.ts";
import type { RecoveryAnalysisRecord } from "../study/records.ts";
import { summarizeRecovery } from "../study/recovery-summary.ts";
import { addRecovery, curvesOf, emptyRecovery } from "./live-recovery.ts";
import { addRecords, emptyResults } from "./live-results.ts";
import { quartilesOf } from "./spread.ts";

const EPOCHS = 3;
const ablations = fakeAblations().slice(0, 30);
const recoveries = fakeRecoveries(ablations, EPOCHS);

function filled() {
  const results = emptyResults(defaultStudy);
  addRecords(results, [fakeRun, fakeBaseline, ...ablations, ...recoveries]);
  return results;
}

describe("addRecovery", () => {
  test("keeps of each network and arm what the whole journal gives", () => {
    const { recovery } = filled();
    const summaries = recovery.points.map(({ summary }) => summary!);
    const order = (list: readonly { row: number; arm: string }[]) => list.map(({ row, arm }) => `${row} ${arm}`).sort();
    const expected = summarizeRecovery({ baseline: fakeBaseline, ablations, recoveries });
    expect(order(summaries)).toEqual(order(expected));
    for (const summary of expected) expect(summaries).toContainEqual(summary);
    expect([recovery.arms.all.finished, recovery.arms.control.finished, recovery.epochs]).toEqual([30, 1, EPOCHS]);
  });

  test("an epoch that a resumed run says again counts once", () => {
    const results = filled();
    const before = results.journal.length;
    addRecords(results, recoveries.slice(40, 120));
    expect(results.journal.length).toBe(before);
    expect(results.recovery.arms.after.spreads[1]!.total).toBe(30);
  });

  test("the most damaged is the ablation with the fewest correct samples", () => {
    const { recovery } = filled();
    const least = Math.min(...ablations.map(({ correct }) => correct));
    expect(ablations.find(({ row }) => row === recovery.mostDamaged!.row)!.correct).toBe(least);
    expect(recovery.damage[1]).toBeCloseTo(100 * ((fakeBaseline.correct - least) / 1000), 9);
  });

  test("a network that diverged is counted, and is in no spread", () => {
    const live = emptyRecovery();
    const healthy = fakeRecovery(ablations[3]!, "all", 0, 2);
    addRecovery(live, healthy, fakeBaseline);
    addRecovery(live, { ...fakeRecovery(ablations[3]!, "all", 1, 2), loss: null, diverged: true }, fakeBaseline);
    expect([live.arms.all.diverged, live.arms.all.spreads.length]).toEqual([1, 1]);
    expect(live.points[0]!.summary!.recovered).toBeNull();
  });

  test("an ablation's curves are those of its arms, then the control's", () => {
    const { recovery } = filled();
    expect(curvesOf(recovery, 7).map(({ arm, row }) => [arm, row])).toEqual([
      ["all", 7],
      ["after", 7],
      ["layer", 7],
      ["control", null],
    ]);
  });
});

test("the quartiles at an epoch are those of the sorted accuracies", () => {
  const { recovery } = filled();
  const shares = recoveries
    .filter(({ arm, epoch }) => arm === "layer" && epoch === 2)
    .map(({ correct, samples }) => correct / samples)
    .sort((a, b) => a - b);
  const { low, median, high } = quartilesOf(recovery.arms.layer.spreads[2]!)!;
  expect([low, median, high]).toEqual([7, 14, 22].map((index) => expect.closeTo(shares[index]!, 9)));
});

test("an analysis that is said again is journaled once", () => {
  const results = filled();
  const analysis: RecoveryAnalysisRecord = {
    type: "analysis",
    name: "recovery",
    arm: "after",
    n: 30,
    diverged: 0,
    pearson: 0.9,
    spearman: 0.8,
    interval: { pearson: [0.8, 0.95], spearman: null },
    regained: { n: 27, mean: 0.6, median: 0.7 },
  };
  const before = results.journal.length;
  addRecords(results, [analysis, analysis, { ...analysis, n: 31 }]);
  expect(results.journal.length).toBe(before + 2);
  expect(results.recovery.analyses.get("after")!.n).toBe(31);
});
