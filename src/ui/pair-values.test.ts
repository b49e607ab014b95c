import { expect, test } from "vitest";
import { fakeAblations, fakeBaseline, fakeRun } from "../../e2e/fake-engine.ts";
import { defaultStudy } from "../study/defaults.ts";
import { addRecords, emptyResults } from "./live-results.ts";
import { pairValues, singlesOf } from "./pair-values.ts";

function filled(study = defaultStudy, rows = fakeAblations()) {
  const results = emptyResults(study);
  addRecords(results, [fakeRun, fakeBaseline, ...rows]);
  return results;
}

test("drops are symmetric, with the single units on the diagonal", () => {
  const results = filled();
  const { values, largest, measured } = pairValues(results, results.panels[2]!, "drop");
  expect(measured).toBe(190);
  expect(values[3 * 20 + 11]).toBe(values[11 * 20 + 3]);
  expect(values[7 * 20 + 7]).toBeCloseTo(results.summaries[7]!.dropPp, 4);
  expect(largest).toBeCloseTo(Math.max(...values.map(Math.abs)), 4);
});

test("interaction is the pair's drop beyond the sum of the singles', and nothing on the diagonal", () => {
  const results = filled();
  const panel = results.panels[2]!;
  const { values } = pairValues(results, panel, "interaction");
  const pair = results.summaries[panel.positions[2 * 20 + 9]!]!.dropPp;
  const [first, second] = [results.summaries[2]!.dropPp, results.summaries[9]!.dropPp];
  expect(values[9 * 20 + 2]).toBeCloseTo(pair - first - second, 4);
  expect(values[5 * 20 + 5]).toBeNaN();
});

test("what has not arrived is NaN and not counted", () => {
  const results = filled(defaultStudy, fakeAblations().slice(0, 33));
  const { values, measured } = pairValues(results, results.panels[2]!, "drop");
  expect(measured).toBe(3);
  expect(values[0 * 20 + 3]).not.toBeNaN();
  expect(values[0 * 20 + 4]).toBeNaN();
});

test("singles measured with another replacement are no partner of the pairs", () => {
  const [units, pairs] = defaultStudy.sweeps;
  const results = filled(
    { ...defaultStudy, sweeps: [{ ...units!, replacement: { kind: "mean" } }, pairs!] },
    fakeAblations().map((record) => (record.sweep === 0 ? { ...record, replacement: "mean" } : record)),
  );
  expect(singlesOf(results, results.panels[2]!)).toBeNull();
  expect(pairValues(results, results.panels[2]!, "interaction").largest).toBe(0);
});
