import { expect, test } from "vitest";
import { replacementText } from "./replacement.ts";
import { sampleAblations, sampleBaseline, sampleRun } from "./sample-run.test-support.ts";
import { classDropsPp, siteLabel, summarize } from "./summary.ts";

const [damaging, noop, unmeasured, improving] = sampleAblations as [
  (typeof sampleAblations)[0],
  (typeof sampleAblations)[0],
  (typeof sampleAblations)[0],
  (typeof sampleAblations)[0],
];
const summaryOf = (record: (typeof sampleAblations)[0]) => summarize(record, sampleBaseline, sampleRun.classNames);

test("damage: overall, per class, per sample", () => {
  const { interval, ...rest } = summaryOf(damaging);
  expect(rest).toEqual({
    row: 0,
    sweep: 0,
    index: 0,
    label: "dense_0: 0",
    replacement: "zero",
    samples: 10,
    correct: 6,
    accuracy: 0.6,
    dropPp: expect.closeTo(20, 10),
    mostDamaged: { classIndex: 0, className: "cat", dropPp: 75 },
    bestImproved: { classIndex: 1, className: 'dog "big", brown', gainPp: 25 },
    lost: 3,
    gained: 1,
    noop: null,
  });
  expect(interval.low).toBeLessThan(0.6);
  expect(interval.high).toBeGreaterThan(0.6);
  expect(classDropsPp(damaging, sampleBaseline)).toEqual([75, -25, 0]);
});

test("an improvement is a negative drop, and damages no class", () => {
  expect(summaryOf(improving)).toMatchObject({
    label: "dense_0: 0+2, dense_1: 1",
    dropPp: expect.closeTo(-10, 10),
    mostDamaged: null,
    bestImproved: { classIndex: 1, gainPp: 25 },
  });
});

test("an exact no-op is told from an ablation without a measured effect", () => {
  expect(summaryOf(noop)).toMatchObject({ noop: "exact", mostDamaged: null, bestImproved: null });
  expect(summaryOf(unmeasured).noop).toBe("unmeasured");
  expect(summaryOf({ ...unmeasured, loss: 0.26 }).noop).toBeNull();
  expect(summaryOf({ ...unmeasured, status: { kept: 7, lost: 1, gained: 1, wrong: 1 } }).noop).toBeNull();
});

test("what was not measured is null", () => {
  const { status: _, ...bare } = damaging;
  expect(summaryOf(bare)).toMatchObject({ lost: null, gained: null });
});

test("a class without samples has no drop", () => {
  const baseline = { ...sampleBaseline, classSamples: [4, 4, 0], classCorrect: [4, 2, 0] };
  expect(classDropsPp({ ...damaging, classCorrect: [4, 2, 0] }, baseline)).toEqual([0, 0, 0]);
});

test.each([
  [[3], "fc: 3"],
  [[3, 7], "fc: 3+7"],
  [[0, 1, 2, 3, 4, 5], "fc: 0+1+2+3+4+5"],
  [[0, 1, 2, 3, 4, 5, 9], "fc: 0+1+2+3+... (7 units)"],
])("units %j are labelled %s", (units, label) => {
  expect(siteLabel([{ layer: "fc", layerIndex: 0, units }])).toBe(label);
});

test.each([
  [{ kind: "zero" } as const, "zero"],
  [{ kind: "constant", value: 0.5 } as const, "constant 0.5"],
  [{ kind: "scale", factor: -1 } as const, "scale -1"],
  [{ kind: "noise", sigma: 2 } as const, "noise 2"],
])("replacement %j is written %s", (replacement, text) => {
  expect(replacementText(replacement, "post-activation")).toBe(text);
  expect(replacementText(replacement, "pre-activation")).toBe(`pre-activation ${text}`);
});
