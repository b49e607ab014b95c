import { expect, test } from "vitest";
import { compareRuns } from "./compare.ts";
import { resultsOf } from "./results.ts";
import { sampleAblations, sampleBaseline, sampleRecords, sampleRun } from "./sample-run.test-support.ts";

const a = resultsOf(sampleRecords);

test("a run does not differ from itself", () => {
  expect(compareRuns(a, a)).toMatchObject({
    same: { study: true, model: true, data: true },
    baseline: { correct: 0, classes: 0 },
    compared: 4,
    differences: [],
    onlyA: [],
    onlyB: [],
    largest: 0,
  });
});

test("differences are B minus A, the largest first, matched by what is ablated", () => {
  const [first, second, third, fourth] = sampleAblations as [never, never, never, never];
  const b = resultsOf([
    { ...sampleRun, model: "9".repeat(64) },
    { ...sampleBaseline, correct: 7 },
    { ...(second as object), row: 0, correct: 9, classCorrect: [4, 3, 2] } as never,
    { ...(first as object), row: 1, correct: 3, classCorrect: [1, 1, 1], loss: 1 } as never,
    { ...(third as object), classCorrect: [3, 3, 2] } as never,
    { ...(fourth as object), replacement: "zero" } as never,
  ]);
  const { same, baseline, compared, differences, onlyA, onlyB, largest } = compareRuns(a, b);
  expect(same).toEqual({ study: true, model: false, data: true });
  expect(baseline).toMatchObject({ correctA: 8, correctB: 7, correct: -1 });
  expect(compared).toBe(3);
  expect(differences).toMatchObject([
    { label: "dense_0: 0", rows: [0, 1], correct: -3, loss: 0.25, classes: 3 },
    { label: "dense_0: 1", rows: [1, 0], correct: 1, loss: 0, classes: 1 },
    { label: "dense_0: 2", correct: 0, classes: 2 },
  ]);
  expect(onlyA).toEqual(["dense_0: 0+2, dense_1: 1"]);
  expect(onlyB).toEqual(["dense_0: 0+2, dense_1: 1"]);
  expect(largest).toBe(3);
});

test("random draws of the same units are matched one to one", () => {
  const repeated = [0, 1, 2].map((row) => ({ ...sampleAblations[0]!, row }));
  const b = resultsOf([sampleRun, sampleBaseline, ...repeated.slice(0, 2)]);
  const { compared, onlyA } = compareRuns(resultsOf([sampleRun, sampleBaseline, ...repeated]), b);
  expect({ compared, onlyA }).toEqual({ compared: 2, onlyA: ["dense_0: 0"] });
});
