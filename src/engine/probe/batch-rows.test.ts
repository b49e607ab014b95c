import { expect, test } from "vitest";
import { mostRows, rowsInTime } from "./batch-rows.ts";

test("as many rows as fit, and 1 where none does", () => {
  expect(mostRows(100, (rows) => rows <= 37)).toBe(37);
  expect(mostRows(100, () => true)).toBe(100);
  expect(mostRows(100, () => false)).toBe(1);
  expect(mostRows(1, () => false)).toBe(1);
});

test("as many rows as take half a second on a processor, a tenth of one on a GPU", () => {
  // A processor is taken to do 2e9 multiply-accumulates a second, a GPU 1e12.
  expect(rowsInTime({ isProcessor: true }, 1e8)).toBe(10);
  expect(rowsInTime({ isProcessor: false }, 1e8)).toBe(1000);
  expect(rowsInTime({ isProcessor: true }, 2e10)).toBe(1);
  expect(rowsInTime({ isProcessor: true }, 0)).toBe(1e9);
});
