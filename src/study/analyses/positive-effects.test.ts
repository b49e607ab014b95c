import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pairedDifference } from "../../ablation/statistics/paired-difference.ts";
import { random } from "../../core/random.ts";
import { type Ablated, EACH_UNIT, inputOf } from "./input.test-support.ts";
import { MOST_EFFECTS, positiveEffects } from "./positive-effects.ts";

const LABELS = Array.from({ length: 40 }, (_, n) => (n < 20 ? 0 : 1));
const INTACT = "1".repeat(10) + "0".repeat(10) + "1".repeat(20);
const options = { analyse: "positive-effects", rate: 0.05 } as const;
const of = (ablations: readonly Ablated[]) =>
  positiveEffects(inputOf(LABELS, INTACT, [{ sweep: EACH_UNIT, ablations }]), options);

/** Gains eight of class 0 and loses one; loses three of class 1. */
const HELPS = `0${"1".repeat(17)}00${"0".repeat(3)}${"1".repeat(17)}`;

describe("positive effects", () => {
  const ablations: Ablated[] = [
    { sites: [[0, 0]], right: HELPS },
    { sites: [[0, 1]], right: INTACT, more: { noop: "exact" } },
    { sites: [[0, 2]], right: INTACT },
    { sites: [[0, 3]], right: `${"1".repeat(10)}1${"0".repeat(9)}${"1".repeat(20)}` },
  ];

  test("worked by hand", () => {
    const [record, ...others] = of(ablations);
    expect(others).toEqual([]);
    // Tested: row 0 in all (4 lost, 8 gained), in class 0 (1, 8), in class 1 (3, 0); row 3 in all and class 0 (0, 1).
    expect(record).toMatchObject({ sweep: 0, tested: 5, rate: 0.05, rises: 4, exactNoops: 1, unmeasured: 1 });
    const [best] = record!.effects;
    expect(best).toMatchObject({ row: 0, classIndex: 0, lost: 1, gained: 8, n: 20, gainPp: 35 });
    // Twice (1 + 9) / 2^9; the smallest of five.
    expect(best!.p).toBeCloseTo(20 / 512, 12);
    expect(best!.q).toBeCloseTo((5 * 20) / 512, 12);
    expect(record!.effects.map(({ row, classIndex }) => [row, classIndex])).toEqual([
      [0, 0],
      [0, null],
      [3, 0],
      [3, null],
    ]);
    const { low, high } = pairedDifference(1, 8, 20);
    expect(best!.interval).toEqual([100 * low, 100 * high]);
  });

  test("counts of the record are as good as bits, and without either the ablation is left out", () => {
    const counts = { classLost: [1, 3], classGained: [8, 0], status: { kept: 26, lost: 4, gained: 8, wrong: 2 } };
    const known: Ablated[] = ablations.map((ablated, i) =>
      i === 0 ? { ...ablated, bitless: true, more: counts } : ablated,
    );
    expect(of(known)).toEqual(of(ablations));
    expect(of(ablations.map((ablated) => ({ ...ablated, bitless: true })))).toMatchObject([{ tested: 0, rises: 0 }]);
    expect(of([])).toEqual([]);
  });

  test("those within the rate are counted before the list is cut", () => {
    const gains = Array.from({ length: 600 }, (_, unit): Ablated => ({ sites: [[0, unit]], right: "1".repeat(40) }));
    const [record] = of(gains);
    // Of each both all classes and class 0 gain ten samples, twice 2^-10; class 1 does not change.
    expect(record).toMatchObject({ tested: 1200, rises: 1200, significant: 1200 });
    expect(record!.effects).toHaveLength(MOST_EFFECTS);
    expect(of(ablations)).toMatchObject([{ rises: 4, significant: 0 }]);
  });

  test("an exact no-op against a baseline on other data is not tested", () => {
    const [record] = of([{ sites: [[0, 1]], right: "1".repeat(40), more: { noop: "exact" } }]);
    expect(record).toMatchObject({ tested: 0, effects: [], exactNoops: 1, unmeasured: 0 });
  });

  test("q is over all that was tested: of pure chance nothing is significant, though p often is", () => {
    const draw = random(1, "chance");
    const labels = Array.from({ length: 400 }, (_, n) => n % 4);
    const intact = labels.map((_, n) => (n % 8 < 4 ? "1" : "0")).join("");
    // A fifth of the samples change sides, of each class as many right as wrong ones.
    const flipped = () =>
      Array.from(intact, (right) => (draw.below(5) > 0 ? right : right === "1" ? "0" : "1")).join("");
    const chance = Array.from({ length: 300 }, (_, unit): Ablated => ({ sites: [[0, unit]], right: flipped() }));
    const [record] = positiveEffects(inputOf(labels, intact, [{ sweep: EACH_UNIT, ablations: chance }]), options);
    expect(record!.tested).toBe(300 * 5);
    expect(record!.effects.filter(({ p }) => p <= 0.05).length).toBeGreaterThan(5);
    expect(record!.effects.filter(({ q }) => q <= 0.05)).toEqual([]);
  });
});

describe("the interval of a paired difference", () => {
  test("is Wald's of the table with half a sample added to each cell", () => {
    // Kept 40, lost 3, gained 9, wrong 48: proportions of 102, from their definition.
    const [lost, gained] = [3.5 / 102, 9.5 / 102];
    const half = 1.959963984540054 * Math.sqrt((lost + gained - (gained - lost) ** 2) / 102);
    expect(pairedDifference(3, 9, 100).low).toBeCloseTo(gained - lost - half, 12);
    expect(pairedDifference(3, 9, 100).high).toBeCloseTo(gained - lost + half, 12);
    expect(pairedDifference(0, 0, 0)).toEqual({ low: -1, high: 1 });
  });

  test("mirrors, holds 0 where as many are lost as gained, and stays within -1 and 1", () => {
    fc.assert(
      fc.property(fc.nat(50), fc.nat(50), fc.nat(50), (lost, gained, rest) => {
        const { low, high } = pairedDifference(lost, gained, lost + gained + rest);
        const mirrored = pairedDifference(gained, lost, lost + gained + rest);
        expect(mirrored.low).toBeCloseTo(-high, 12);
        expect(low).toBeGreaterThanOrEqual(-1);
        expect(high).toBeLessThanOrEqual(1);
        if (lost === gained) expect(low < 0 && high > 0).toBe(true);
      }),
    );
  });
});
