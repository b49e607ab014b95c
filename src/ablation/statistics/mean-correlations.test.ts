import { expect, test } from "vitest";
import type { Correlations } from "./correlations.ts";
import { meanCorrelations } from "./mean-correlations.ts";

const of = (r: number | null): Correlations => ({
  n: 10,
  pearson: r,
  spearman: r,
  kendall: r === null ? null : r / 2,
  interval: { pearson: null, spearman: null, kendall: null },
});

test("a network with a coefficient of 1 counts once, as any other", () => {
  const mean = meanCorrelations([of(1), of(0.2), of(0.1)]);
  expect(mean).toMatchObject({ n: 3, spearman: expect.closeTo(1.3 / 3, 12), kendall: expect.closeTo(1.3 / 6, 12) });
  // s^2 = 0.2433, t of two degrees 4.3027: 1.2254 to either side, within what a correlation can be.
  expect(mean.interval.spearman).toEqual([expect.closeTo(1.3 / 3 - 1.22535, 4), 1]);
});

test("networks without a coefficient do not count; one alone has no interval, none has no mean", () => {
  expect(meanCorrelations([of(null), of(0.5), of(0.7)])).toMatchObject({ n: 2, pearson: 0.6 });
  expect(meanCorrelations([of(null), of(0.5)])).toMatchObject({ n: 1, pearson: 0.5, interval: { pearson: null } });
  expect(meanCorrelations([of(null)])).toMatchObject({ n: 0, pearson: null, kendall: null });
});
