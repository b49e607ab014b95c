import { expect, test } from "vitest";
import { random } from "../../core/random.ts";
import { normalQuantile } from "./normal.ts";
import { studentInterval, studentQuantile, studentTail } from "./student.ts";

// Tables of Student's t, and closed forms for one and two degrees of freedom.
test.each([
  [0.025, 1, 12.706204736],
  [0.025, 10, 2.228138852],
  [0.005, 3, 5.84090931],
  [0.0005, 30, 3.645958635],
  [0.05, 5, 2.015048373],
])("the %f tail of %i degrees of freedom begins at %f", (tail, freedom, t) => {
  expect(studentQuantile(tail, freedom)).toBeCloseTo(t, 7);
  expect(studentTail(t, freedom)).toBeCloseTo(tail, 9);
});

test("closed forms of one and two degrees of freedom", () => {
  for (const t of [0, 0.3, 1, 4, 50]) {
    expect(studentTail(t, 1)).toBeCloseTo(0.5 - Math.atan(t) / Math.PI, 12);
    expect(studentTail(t, 2)).toBeCloseTo(0.5 - t / (2 * Math.sqrt(2 + t * t)), 12);
  }
});

test("many degrees of freedom are a normal distribution", () => {
  expect(studentQuantile(1e-4, 1e7)).toBeCloseTo(normalQuantile(1 - 1e-4), 4);
  expect(studentQuantile(0, 5)).toBe(Number.POSITIVE_INFINITY);
});

test("the interval of a mean, by hand", () => {
  // Of 1, 2, 6: mean 3, s^2 = 7, t of two degrees 4.302653.
  const half = 4.30265273 * Math.sqrt(7 / 3);
  expect(studentInterval([1, 2, 6])).toEqual([expect.closeTo(3 - half, 6), expect.closeTo(3 + half, 6)]);
  expect(studentInterval([1, 2, 6], { least: 0, most: 6 })).toEqual([0, 6]);
  expect(studentInterval([4, 4])).toEqual([4, 4]);
  expect(studentInterval([4])).toBeNull();
  expect(studentInterval([])).toBeNull();
});

test.each([2, 3, 5, 20])("the interval of %i values holds the mean in 95 of 100 cases", (n) => {
  const { normal } = random(11, `student ${n}`);
  const cases = 4000;
  let held = 0;
  for (let i = 0; i < cases; i++) {
    const [low, high] = studentInterval(Array.from({ length: n }, () => 3 + 2 * normal()))!;
    if (low <= 3 && 3 <= high) held++;
  }
  // Four standard errors of the share about 0.95.
  expect(Math.abs(held / cases - 0.95)).toBeLessThan(4 * Math.sqrt((0.95 * 0.05) / cases));
});
