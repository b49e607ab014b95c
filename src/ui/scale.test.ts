import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { endDigits, linear, niceCeiling, ticks } from "./scale.ts";

describe("linear", () => {
  test("takes the ends of the domain to the ends of the range, also upside down", () => {
    const y = linear([-5, 45], [120, 0]);
    expect([y(-5), y(45), y(20)]).toEqual([120, 0, 60]);
  });
  test("an empty domain goes to the middle", () => {
    expect(linear([3, 3], [0, 10])(3)).toBe(5);
  });
});

describe("niceCeiling", () => {
  test.each([
    [0, 1],
    [-3, 1],
    [Number.NaN, 1],
    [0.07, 0.08],
    [0.1, 0.1],
    [1.01, 1.2],
    [47.87, 50],
    [50, 50],
    [51, 60],
    [71, 80],
  ])("%d becomes %d", (value, wanted) => {
    expect(niceCeiling(value)).toBe(wanted);
  });
  test("is never below the value and never more than 1.34 times it", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), (value) => {
        const ceiling = niceCeiling(value);
        expect(ceiling).toBeGreaterThanOrEqual(value * (1 - 1e-9));
        expect(ceiling).toBeLessThanOrEqual(value * 1.34);
      }),
    );
  });
});

describe("ticks", () => {
  test("are round, ascending and inside", () => {
    expect(ticks(-7, 47, 5)).toEqual([0, 20, 40]);
    expect(ticks(0, 0.5, 5)).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5]);
  });
  test("zero is written without a sign", () => {
    expect(ticks(-1, 1, 2).some((tick) => Object.is(tick, -0))).toBe(false);
  });
});

test.each([
  [0, "1"],
  [87, "100"],
  [13, "15"],
  [2.3, "2.5"],
  [1.1, "1.2"],
  [0.28, "0.3"],
  [0.11, "0.12"],
  [0.0023, "0.0025"],
])("the end of a scale up to %d is written %s", (value, text) => {
  const end = niceCeiling(value);
  expect(end.toFixed(endDigits(end))).toBe(text);
});
