import fc from "fast-check";
import { sampleCorrelation, sampleRankCorrelation } from "simple-statistics";
import { describe, expect, test } from "vitest";
import { benjaminiHochberg } from "./benjamini-hochberg.ts";
import { kendallTauB, pearson, ranks, spearman } from "./correlation.ts";
import { EXACT_LIMIT, mcnemar } from "./mcnemar.ts";
import { normalQuantile, normalTail } from "./normal.ts";
import { wilson } from "./wilson.ts";

describe("normal", () => {
  // 40-digit values of erfc(z / sqrt 2) / 2, rounded.
  test.each([
    [0, 0.5],
    [1, 0.15865525393145705],
    [1.959963984540054, 0.025],
    [2.5, 0.006209665325776132],
    [4, 3.167124183311992e-5],
    [8, 6.220960574271786e-16],
    [30, 4.906713927148187e-198],
  ])("P(Z > %f) is %d", (z, tail) => {
    expect(Math.abs(normalTail(z) / tail - 1)).toBeLessThan(1e-12);
    expect(normalTail(-z)).toBeCloseTo(1 - tail, 15);
  });

  test("the quantile undoes the tail", () => {
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 12);
    expect(normalQuantile(0)).toBe(Number.NEGATIVE_INFINITY);
    expect(normalQuantile(1)).toBe(Number.POSITIVE_INFINITY);
    expect(normalQuantile(1.1)).toBeNaN();
    fc.assert(
      fc.property(fc.double({ min: -7, max: 7, noNaN: true }), (z) => {
        expect(normalQuantile(normalTail(z))).toBeCloseTo(-z, z < -5 ? 3 : 8);
      }),
    );
  });
});

describe("wilson", () => {
  // Newcombe 1998, Stat. Med. 17:857, table I, method 3.
  test.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])("%i of %i: %f to %f", (correct, samples, low, high) => {
    const interval = wilson(correct, samples);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  test("holds the share, mirrors, and widens with the confidence", () => {
    expect(wilson(0, 0)).toEqual({ low: 0, high: 1 });
    expect(wilson(7, 7).high).toBe(1);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (samples, part) => {
        const correct = Math.round(part * samples);
        const { low, high } = wilson(correct, samples);
        const mirrored = wilson(samples - correct, samples);
        const wider = wilson(correct, samples, 0.99);
        expect(low).toBeLessThanOrEqual(correct / samples);
        expect(high).toBeGreaterThanOrEqual(correct / samples);
        expect(mirrored.low).toBeCloseTo(1 - high, 12);
        expect(wider.low).toBeLessThanOrEqual(low);
        expect(wider.high).toBeGreaterThanOrEqual(high);
      }),
    );
  });
});

describe("mcnemar", () => {
  test("exact: twice the binomial tail", () => {
    expect(mcnemar(0, 0)).toEqual({ p: 1, method: "exact", statistic: null });
    expect(mcnemar(5, 0).p).toBe(2 / 32);
    expect(mcnemar(1, 7).p).toBeCloseTo((2 * (1 + 8)) / 256, 15);
    expect(mcnemar(6, 6).p).toBe(1);
    expect(mcnemar(EXACT_LIMIT, 0).p).toBe(2 * 2 ** -EXACT_LIMIT);
  });

  test("chi-square: the corrected statistic of a textbook table", () => {
    // (|1200 - 1100| - 1)^2 / 2300
    const { p, statistic, method } = mcnemar(1200, 1100);
    expect(method).toBe("chi-square");
    expect(statistic).toBeCloseTo(9801 / 2300, 12);
    expect(p).toBeCloseTo(0.038985, 5);
    expect(mcnemar(600, 600).p).toBe(1);
  });

  test("both agree at the limit and do not mind which side is which", () => {
    const exact = mcnemar(540, EXACT_LIMIT - 540).p;
    expect(mcnemar(541, EXACT_LIMIT - 540).p / exact).toBeCloseTo(0.94, 1);
    expect(mcnemar(460, 540).p).toBe(exact);
  });
});

describe("benjaminiHochberg", () => {
  test("the fifteen p-values of the paper: four are significant at 0.05", () => {
    const p = [
      0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1,
    ];
    const adjusted = benjaminiHochberg(p);
    expect(adjusted.filter((q) => q <= 0.05)).toHaveLength(4);
    expect(adjusted[0]).toBeCloseTo(0.0015, 10);
    expect(adjusted[3]).toBeCloseTo((0.0095 * 15) / 4, 10);
    expect(adjusted[14]).toBe(1);
  });

  test("keeps the order given, never goes below p, skips NaN", () => {
    expect(Array.from(benjaminiHochberg([0.5, Number.NaN, 0.01]))).toEqual([0.5, Number.NaN, 0.02]);
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 31 }), (p) => {
        const adjusted = benjaminiHochberg(p);
        for (const [i, a] of p.entries()) {
          expect(adjusted[i]!).toBeGreaterThanOrEqual(a);
          expect(adjusted[i]!).toBeLessThanOrEqual(1);
          for (const [j, b] of p.entries()) if (a < b) expect(adjusted[i]!).toBeLessThanOrEqual(adjusted[j]!);
        }
      }),
    );
  });
});

describe("correlation", () => {
  const x = [1, 2, 2, 3, 5, 5, 5, 8, 9];
  const y = [3, 1, 4, 4, 4, 2, 8, 8, 7];

  test("worked values", () => {
    expect(Array.from(ranks(x))).toEqual([1, 2.5, 2.5, 4, 6, 6, 6, 8, 9]);
    expect(pearson(x, y)).toBeCloseTo(sampleCorrelation(x, y), 12);
    expect(pearson([1, 2, 3], [2, 4, 6])).toBeCloseTo(1, 12);
    // 7 concordant and 3 discordant pairs; then 4 concordant, 1 tied in x alone, 1 in y alone.
    expect(kendallTauB([1, 2, 3, 4, 5], [3, 1, 2, 5, 4])).toBeCloseTo(0.4, 12);
    expect(kendallTauB([1, 1, 2, 3], [1, 2, 3, 3])).toBeCloseTo(4 / Math.sqrt(5 * 5), 12);
    // 1 - 6 sum d^2 / (n (n^2 - 1)), without ties.
    expect(spearman([1, 2, 3, 4, 5], [3, 1, 2, 5, 4])).toBeCloseTo(1 - (6 * 8) / 120, 12);
  });

  test("without ties Spearman is that of simple-statistics", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer(), { minLength: 3, maxLength: 23 }), (values) => {
        const other = values.map((value) => (value * 7919) % 1009);
        fc.pre(new Set(other).size === other.length);
        expect(spearman(values, other)).toBeCloseTo(sampleRankCorrelation(values, other), 9);
      }),
    );
  });

  test("reversing one side turns the sign; ranks alone count for Spearman and Kendall", () => {
    const bent = x.map((value) => value ** 3);
    const turned = y.map((value) => -value);
    for (const measure of [pearson, spearman, kendallTauB]) {
      expect(measure(x, turned)).toBeCloseTo(-measure(x, y), 12);
      expect(measure(x, [1, 1, 1, 1, 1, 1, 1, 1, 1])).toBeNaN();
      expect(measure([1], [1])).toBeNaN();
      expect(() => measure([1, 2], [1])).toThrow("2 values with 1");
    }
    expect(spearman(bent, y)).toBeCloseTo(spearman(x, y), 12);
    expect(kendallTauB(bent, y)).toBeCloseTo(kendallTauB(x, y), 12);
  });
});
