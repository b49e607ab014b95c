import { describe, expect, test } from "vitest";
import type { Sweep } from "../study.ts";
import { areaUnder, degradation, halfDamageShare } from "./degradation.ts";
import { type Ablated, EACH_UNIT, inputOf } from "./input.test-support.ts";

/** Twenty samples, ten each of two classes, all right intact. */
const LABELS = Array.from({ length: 20 }, (_, n) => n % 2);
const right = (count: number) => "1".repeat(count) + "0".repeat(20 - count);
const CUMULATIVE: Sweep = {
  ablate: "cumulative",
  layers: "all",
  order: "random",
  from: "most",
  draws: 3,
  points: null,
};
const options = { analyse: "degradation" } as const;

/** A draw of the first layer's four units, right after 1, 2, 3, 4 are off; null: not measured. */
const draw = (units: readonly number[], counts: readonly (number | null)[]): Ablated[] =>
  counts.flatMap((count, i) =>
    count === null
      ? []
      : [{ sites: [[0, ...units.slice(0, i + 1).sort((a, b) => a - b)]], right: right(count), bitless: true }],
  );
const of = (ablations: readonly Ablated[], sweep: Sweep = CUMULATIVE) =>
  degradation(inputOf(LABELS, right(20), [{ sweep, ablations }]), options);

describe("a curve of three draws", () => {
  const ablations = [
    ...draw([0, 1, 2, 3], [20, 18, 12, 10]),
    ...draw([2, 0, 3, 1], [18, 16, 10, 10]),
    ...draw([3, 2, 1, 0], [16, 14, 14, 10]),
  ];
  const [record, ...others] = of(ablations);

  test("worked by hand", () => {
    expect(others).toEqual([]);
    expect(record).toMatchObject({
      layer: "first",
      order: "random",
      replacement: "zero",
      units: 4,
      ablated: [0, 1, 2, 3, 4],
      draws: 3,
      chance: 0.5,
      baseline: 1,
      n: 20,
    });
    const expected = [1, 0.9, 0.8, 0.6, 0.5];
    record!.accuracy.forEach((accuracy, i) => {
      expect(accuracy).toBeCloseTo(expected[i]!, 12);
    });
    expect(record!.auc).toBeCloseTo((0.5 + 0.9 + 0.8 + 0.6 + 0.25) / 4, 12);
    // Half of what is above chance is at 0.75, a quarter of the way from two units to three.
    expect(record!.halfDamage).toBeCloseTo(2.25 / 4, 12);
  });

  test("has Student's intervals over draws, and Wilson's of the baseline", () => {
    expect(record!.interval[0]![1]).toBe(1);
    expect(record!.interval[0]![0]).toBeCloseTo(20 / (20 + 1.959963984540054 ** 2), 10);
    // Of 1, 0.9 and 0.8 s is 0.1, of 0.6, 0.5 and 0.7 too; t of two degrees is 4.302653. No accuracy is above 1.
    const half = (4.30265273 * 0.1) / Math.sqrt(3);
    expect(record!.interval[1]).toEqual([expect.closeTo(0.9 - half, 8), 1]);
    expect(record!.interval[3]).toEqual([expect.closeTo(0.6 - half, 8), expect.closeTo(0.6 + half, 8)]);
    expect(record!.interval[4]).toEqual([0.5, 0.5]);
    // Areas of the three: 3.25 / 4, 2.95 / 4 and 2.95 / 4.
    const area = (4.30265273 * Math.sqrt(0.03)) / Math.sqrt(3) / 4;
    expect(record!.aucInterval).toEqual([expect.closeTo(3.05 / 4 - area, 8), expect.closeTo(3.05 / 4 + area, 8)]);
    expect(of(ablations)).toEqual([record]);
  });

  test("half damage lies where intervals do not refute it", () => {
    const half = (4.30265273 * 0.1) / Math.sqrt(3);
    // The lower end falls from 1 to 0.9 - h at a quarter of the units; the upper from 0.6 + h at three quarters to 0.5 at all.
    expect(record!.halfDamageInterval).toEqual([
      expect.closeTo(0.25 * (0.25 / (0.1 + half)), 8),
      expect.closeTo(0.75 + 0.25 * ((0.6 + half - 0.75) / (0.1 + half)), 8),
    ]);
  });

  test("keeps its points where rows are missing", () => {
    const [missing] = of([
      ...draw([0, 1, 2, 3], [20, null, 12, 10]),
      ...draw([2, 0, 3, 1], [18, null, 10, 10]),
      ...draw([3, 2, 1, 0], [16, null, 14, null]),
    ]);
    expect(missing).toMatchObject({ ablated: [0, 1, 3, 4], draws: 3 });
    const expected = [1, 0.9, 0.6, 0.5];
    missing!.accuracy.forEach((accuracy, i) => {
      expect(accuracy).toBeCloseTo(expected[i]!, 12);
    });
    expect(missing!.interval.every((interval) => interval !== null)).toBe(true);
    // Two draws have all points.
    expect(missing!.aucInterval![0]).toBeLessThan(missing!.aucInterval![1]);
  });
});

test("one draw has Wilson's intervals, two have Student's", () => {
  const [one] = of(draw([0, 1, 2, 3], [20, 18, 12, 10]));
  expect(one).toMatchObject({ draws: 1, aucInterval: null, halfDamageInterval: null });
  // Wilson's interval of 10 of 20 is symmetric about 0.5.
  expect(one!.interval[4]![0] + one!.interval[4]![1]).toBeCloseTo(1, 12);
  const [two] = of([...draw([0, 1, 2, 3], [20, 18, 12, 10]), ...draw([2, 0, 1, 3], [20, 18, 12, 10])]);
  expect(two!.interval.slice(1)).toEqual([1, 0.9, 0.6, 0.5].map((accuracy) => [accuracy, accuracy]));
  // Far apart: t of one degree is 12.706, and all that an accuracy can be is left.
  const [apart] = of([...draw([0, 1, 2, 3], [20, 18, 12, 10]), ...draw([2, 0, 1, 3], [10, 8, 4, 2])]);
  expect(apart!.interval[2]).toEqual([0, 1]);
});

test("layers and replacements are apart; keep-only orders say so; other sweeps have no curve", () => {
  const ablations: Ablated[] = [
    { sites: [[0, 0, 1]], right: right(12) },
    { sites: [[0, 0, 1, 2]], right: right(10) },
    { sites: [[1, 0]], right: right(15) },
    { sites: [[0, 0, 1]], right: right(16), replacement: "mean" },
    {
      sites: [
        [0, 0],
        [1, 0],
      ],
      right: right(1),
    },
  ];
  const keep: Sweep = { ablate: "keep-only", layers: "all", order: "taylor", keep: [1, 2], draws: 1 };
  const records = of(ablations, keep);
  expect(records.map(({ layer, order, replacement, ablated }) => [layer, order, replacement, ablated])).toEqual([
    ["first", "keep-taylor", "zero", [0, 2, 3]],
    ["second", "keep-taylor", "zero", [0, 1]],
    ["first", "keep-taylor", "mean", [0, 2]],
  ]);
  expect(records[0]!.auc).toBeCloseTo((0.8 * 0.5 + 0.55 * 0.25) / 0.75, 12);
  expect(of(ablations, EACH_UNIT)).toEqual([]);
  expect(of([], keep)).toEqual([]);
});

test("area and half damage leave out unknown points; a curve that holds has no half damage", () => {
  expect(areaUnder([0, 0.5, 1], [1, Number.NaN, 0])).toBeCloseTo(0.5, 12);
  expect(areaUnder([0], [0.7])).toBe(0.7);
  expect(halfDamageShare([0, 0.5, 1], [1, Number.NaN, 0], 0.25)).toBeCloseTo(0.75, 12);
  expect(halfDamageShare([0, 1], [1, 0.25], 0.25)).toBe(1);
  expect(halfDamageShare([0, 1], [1, 0.9], 0.5)).toBeNaN();
  // No better than chance to begin with.
  expect(halfDamageShare([0, 1], [0.5, 0.4], 0.5)).toBeNaN();
});

test("orders of single classes have the recall of their own class beside all", () => {
  const sweep: Sweep = { ...CUMULATIVE, order: "measured-class" };
  const ablations = [...draw([0, 1, 2, 3], [18, 10, 4, 0]), ...draw([3, 2, 1, 0], [16, 6, 5, 1])];
  const [all, own, ...others] = of(ablations, sweep);
  expect(others).toEqual([]);
  expect(all).toMatchObject({ order: "measured-class", measure: "accuracy", chance: 0.5, draws: 2 });
  expect(own).toMatchObject({
    order: "measured-class-own-class",
    measure: "own-class-recall",
    chance: 0.5,
    baseline: 1,
  });
  // Even samples are of class 0, the first order's: 9, 5, 2, 0 of 10; odd ones of class 1, the second's: 8, 3, 2, 0.
  expect(own!.accuracy.map((recall) => recall.toFixed(9))).toEqual(
    [1, 0.85, 0.4, 0.2, 0].map((recall) => recall.toFixed(9)),
  );
});
