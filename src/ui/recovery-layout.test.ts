import { describe, expect, test } from "vitest";
import { fakeAblations, fakeBaseline, fakeRecoveries, fakeRun } from "../../e2e/fake-engine.ts";
import { defaultStudy } from "../study/defaults.ts";
import { addRecords, emptyResults } from "./live-results.ts";
import { classesShown, comparedStates } from "./recovery-comparison.ts";
import { classAt } from "./recovery-comparison-drawing.ts";
import { curveAt, curvesLayout, epochAt, markAt, pointOf, scatterLayout } from "./recovery-layout.ts";

const EPOCHS = 4;
const ablations = fakeAblations().slice(0, 12);
const results = emptyResults(defaultStudy);
addRecords(results, [fakeRun, fakeBaseline, ...ablations, ...fakeRecoveries(ablations, EPOCHS)]);
const live = results.recovery;
const WIDTH = 517;

describe("the scatter", () => {
  const layout = scatterLayout(live, WIDTH);
  test("holds every mark, and finds it again where it was drawn", () => {
    for (const curve of live.points) {
      const point = pointOf(curve)!;
      const at = { x: layout.x(point.x), y: layout.y(point.y) };
      expect(at.x).toBeGreaterThanOrEqual(layout.left);
      expect(at.x).toBeLessThanOrEqual(layout.right);
      expect(at.y).toBeGreaterThanOrEqual(layout.top);
      expect(at.y).toBeLessThanOrEqual(layout.bottom);
      expect(pointOf(markAt(layout, live.points, at)!)).toEqual(point);
    }
  });
  test("nothing is found far from all marks", () => {
    expect(markAt(layout, live.points, { x: layout.left, y: layout.top })).toBeNull();
  });
});

describe("the curves", () => {
  const layout = curvesLayout(live, WIDTH, (100 * fakeBaseline.correct) / fakeBaseline.samples);
  test("hold every accuracy, and round ends", () => {
    const [low, high] = layout.yDomain;
    expect(low % 5).toBe(0);
    expect(low).toBeLessThanOrEqual(live.accuracy[0]);
    expect(high).toBeGreaterThanOrEqual(live.accuracy[1]);
    expect(high).toBeLessThanOrEqual(100);
  });
  test("are found between epochs too, and epochs at their ticks", () => {
    const curve = live.arms.layer.byRow.get(5)!;
    const [one, two] = [curve.records[1]!, curve.records[2]!];
    const between = (100 * (one.correct + two.correct)) / 2 / one.samples;
    expect(curveAt(layout, [curve], { x: layout.x(1.5), y: layout.y(between) + 3 })).toBe(curve);
    expect(curveAt(layout, [curve], { x: layout.x(1.5), y: layout.y(between) + 30 })).toBeNull();
    expect([epochAt(layout, layout.x(3) + 5), epochAt(layout, 9999), epochAt(layout, -5)]).toEqual([3, EPOCHS, 0]);
  });
  test("of nothing yet have a scale", () => {
    const empty = curvesLayout(emptyResults(defaultStudy).recovery, WIDTH, null);
    expect(empty.yDomain[1]).toBeGreaterThan(empty.yDomain[0]);
    expect(Number.isFinite(empty.x(1))).toBe(true);
  });
});

describe("the comparison", () => {
  test("sets intact, damaged, recovered and control side by side, over all samples and by class", () => {
    const states = comparedStates(results, 11);
    expect(states.map(({ kind }) => kind)).toEqual(["intact", "damaged", "all", "after", "layer", "control"]);
    const [intact, damaged, all] = states;
    expect(intact!.accuracy).toBe(fakeBaseline.correct / 1000);
    expect(damaged!.accuracy).toBe(ablations[11]!.correct / 1000);
    expect(damaged!.recalls[3]).toBe(ablations[11]!.classCorrect[3]! / fakeBaseline.classSamples[3]!);
    expect(all!.interval.low).toBeLessThan(all!.accuracy);
    const { summary } = live.arms.all.byRow.get(11)!;
    expect(all!.fractionRegained).toBe(summary!.fractionRegained);
  });
  test("shows the classes that lost most where not all fit, in their order", () => {
    const states = comparedStates(results, 11);
    const drops = fakeBaseline.classCorrect.map((correct, index) => [
      (correct - ablations[11]!.classCorrect[index]!) / fakeBaseline.classSamples[index]!,
      index,
    ]) as [number, number][];
    const most = drops
      .sort(([a, i], [b, j]) => b - a || i - j)
      .slice(0, 3)
      .map(([, index]) => index);
    expect(classesShown(states, 3)).toEqual(most.sort((a, b) => a - b));
    expect(classesShown(states, 99).length).toBe(10);
    expect([classAt(500, 10, 46), classAt(500, 10, 491), classAt(500, 10, 10)]).toEqual([0, 9, null]);
  });
  test("an ablation that is not recovered is damaged, beside the control", () => {
    const more = emptyResults(defaultStudy);
    addRecords(more, [fakeRun, fakeBaseline, ...ablations]);
    expect(comparedStates(more, 2).map(({ kind }) => kind)).toEqual(["intact", "damaged"]);
  });
});
