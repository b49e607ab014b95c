import { expect, test } from "vitest";
import { DEFAULT_SORT, hashOf, viewOf } from "./view-hash.ts";

const columns = ["unit", "drop", "lost"];

test("a view survives the address", () => {
  for (const view of [
    { sort: DEFAULT_SORT, selected: null },
    { sort: { column: "lost", descending: false }, selected: 0 },
    { sort: { column: "unit", descending: true }, selected: 100_003 },
  ]) {
    expect(viewOf(hashOf(view), columns)).toEqual(view);
  }
  expect(hashOf({ sort: { column: "lost", descending: false }, selected: 11 })).toBe("#sort=lost:asc&row=11");
  expect(hashOf({ sort: DEFAULT_SORT, selected: null })).toBe("");
});

test("what does not parse is left at its default", () => {
  expect(viewOf("#sort=evil:desc&row=-1", columns)).toEqual({ sort: DEFAULT_SORT, selected: null });
  expect(viewOf("#%%%=&row=1e9", columns)).toEqual({ sort: DEFAULT_SORT, selected: null });
});
