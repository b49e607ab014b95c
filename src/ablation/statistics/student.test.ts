import { expect, test } from "vitest";
import { normalQuantile } from "./normal.ts";
import { studentQuantile, studentTail } from "./student.ts";

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
