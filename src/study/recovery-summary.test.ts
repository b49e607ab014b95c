/** Recovery, worked out by hand: 100 samples, 80 right in the intact network. */
import { describe, expect, test } from "vitest";
import type { AblationRecord, RecoveryRecord } from "./records.ts";
import { analyzeRecovery, summarizeRecovery } from "./recovery-summary.ts";
import { sampleAblations, sampleBaseline } from "./sample-run.test-support.ts";

const baseline = { ...sampleBaseline, samples: 100, correct: 80 };
const ablation = (row: number, correct: number): AblationRecord => ({
  ...sampleAblations[0]!,
  row,
  samples: 100,
  correct,
});

/** A curve from epoch `from` on; null: the loss was no number any more. */
const curve = (
  row: number | null,
  correct: readonly (number | null)[],
  { arm = "all", epochs = correct.length - 1, from = 0 }: Partial<RecoveryRecord> & { from?: number } = {},
): RecoveryRecord[] =>
  correct.map((right, i) => ({
    type: "recovery",
    row,
    arm,
    epoch: from + i,
    epochs,
    samples: 100,
    correct: right ?? 9,
    loss: right === null ? null : 0.5,
    classCorrect: [],
    ...(right === null ? { diverged: true } : {}),
    ms: 1,
  }));
const summaries = (recoveries: RecoveryRecord[], ablations: AblationRecord[] = []) =>
  summarizeRecovery({ baseline, ablations, recoveries });

describe("one damaged network", () => {
  test("regains half, and then nine tenths, at the first epoch that has it", () => {
    // 40 samples are lost; 20 and 36 of them are back at 60 and 76.
    expect(summaries(curve(4, [40, 59, 60, 58, 76, 70]))).toEqual([
      {
        row: 4,
        arm: "all",
        epoch: 5,
        epochs: 5,
        baseline: 0.8,
        damaged: 0.4,
        recovered: 0.7,
        lost: 40,
        regained: 30,
        fractionRegained: 0.75,
        epochsTo50: 2,
        epochsTo90: 4,
        diverged: false,
      },
    ]);
  });

  test.each([
    ["that lost nothing has no fraction", [80, 85], { lost: 0, regained: 5, fractionRegained: null, epochsTo50: null }],
    ["that gained has none either", [82, 80], { lost: -2, regained: -2, fractionRegained: null, epochsTo90: null }],
    ["may lose more", [60, 50], { regained: -10, fractionRegained: -0.5, epochsTo50: null, epochsTo90: null }],
    ["may pass the intact one", [60, 90], { fractionRegained: 1.5, epochsTo50: 1, epochsTo90: 1 }],
    ["that diverges keeps what it reached", [60, 71, null], { recovered: null, regained: null, epochsTo50: 1 }],
    ["that diverges has no fraction", [60, null], { fractionRegained: null, epochsTo50: null, diverged: true }],
    ["of no epochs is as damaged", [60], { epoch: 0, recovered: 0.6, regained: 0, fractionRegained: 0 }],
  ])("%s", (_, correct, expected) => {
    expect(summaries(curve(0, correct))).toMatchObject([expected]);
  });

  test("takes its damage from the ablation where epoch 0 is not recorded, and is left out without", () => {
    const later = curve(3, [70], { from: 1 });
    expect(summaries(later, [ablation(3, 60)])).toMatchObject([{ damaged: 0.6, fractionRegained: 0.5 }]);
    expect(summaries(later)).toEqual([]);
  });
});

test("summaries go by row and arm, whatever the order of the records, and the control has none", () => {
  const recoveries = [
    ...curve(7, [50, 60], { arm: "layer" }),
    ...curve(null, [80, 81], { arm: "control" }),
    ...curve(7, [50, 70]).reverse(),
    ...curve(2, [50, 60], { arm: "after" }),
  ];
  expect(summaries(recoveries).map(({ row, arm, regained }) => [row, arm, regained])).toEqual([
    [2, "after", 10],
    [7, "all", 20],
    [7, "layer", 10],
  ]);
});

describe("over all networks", () => {
  // Lost 10, 20, 30, 40; regained 5, 20, 15, 40.
  const some = [curve(0, [70, 75]), curve(1, [60, 80]), curve(2, [50, 65]), curve(3, [40, 80])].flat();
  const analysis = (recoveries: RecoveryRecord[], seed = 1) =>
    analyzeRecovery({ baseline, ablations: [], recoveries }, seed);

  test("recovery is correlated with damage", () => {
    const [all, ...others] = analysis(some);
    expect(others).toEqual([]);
    expect(all).toMatchObject({ type: "analysis", name: "recovery", arm: "all", n: 4, diverged: 0 });
    // Deviations -15 -5 5 15 and -15 0 -5 20: 500 / sqrt(500 x 650).
    expect(all!.pearson).toBeCloseTo(500 / Math.sqrt(500 * 650), 12);
    // Ranks 1 2 3 4 and 1 3 2 4.
    expect(all!.spearman).toBeCloseTo(0.8, 12);
    expect(all!.regained).toEqual({ n: 4, mean: 0.75, median: 0.75 });
  });

  test("intervals are about the coefficient, and the seed's", () => {
    const many = Array.from({ length: 40 }, (_, row) => curve(row, [40 + row, 60 + ((row * 7) % 11)])).flat();
    const [first] = analysis(many);
    for (const kind of ["pearson", "spearman"] as const) {
      const [low, high] = first!.interval[kind]!;
      expect(low).toBeLessThan(first![kind]!);
      expect(high).toBeGreaterThan(first![kind]!);
      expect(low).toBeGreaterThan(-1);
      expect(high).toBeLessThan(1);
    }
    expect(analysis(many)).toEqual([first]);
    expect(analysis(many, 2)[0]!.interval).not.toEqual(first!.interval);
  });

  test("what diverged or is not finished is left out, and the first counted", () => {
    const more = [...some, ...curve(4, [20, null], { epochs: 1 }), ...curve(5, [20, 30], { epochs: 2 })];
    expect(analysis(more)).toEqual([{ ...analysis(some)[0]!, diverged: 1 }]);
  });

  test("two points, and points that lost alike, have no correlation", () => {
    const none = { pearson: null, spearman: null, interval: { pearson: null, spearman: null } };
    expect(analysis(some.slice(0, 4))).toMatchObject([{ n: 2, ...none, regained: { n: 2, mean: 0.75 } }]);
    const alike = [curve(0, [57, 61]), curve(1, [57, 80]), curve(2, [57, 65])].flat();
    expect(analysis(alike)).toMatchObject([{ n: 3, ...none }]);
    expect(analysis([])).toEqual([]);
  });

  test("only networks that lost something regain a fraction of it", () => {
    const unharmed = [...curve(0, [80, 85]), ...curve(1, [82, 81]), ...curve(2, [79, 79])];
    expect(analysis(unharmed)[0]!.regained).toEqual({ n: 1, mean: 0, median: 0 });
    expect(analysis(unharmed.slice(0, 4))[0]!.regained).toEqual({ n: 0, mean: null, median: null });
  });
});
