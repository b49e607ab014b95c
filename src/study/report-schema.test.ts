/** A study's "report": defaults, and mistakes in measures told where they are. */
import * as v from "valibot";
import { expect, test } from "vitest";
import { report } from "./report-schema.ts";

test("defaults are filled in", () => {
  const value = { what: "drop(dense_0: 11)", value: 47.87, source: "Meyes et al. 2019, fig. 3" };
  expect(v.parse(report, {})).toEqual({ title: null, notes: [], published: [] });
  expect(v.parse(report, { published: [value] }).published).toEqual([{ ...value, within: 0, note: null }]);
});

test.each([
  [{ published: [{ what: "dorp(0: 1)", value: 1, source: "s" }] }, "published.0.what", 'no measure "dorp"'],
  [{ published: [{ what: "R(0: 1", value: 1, source: "s" }] }, "published.0.what", '")" is missing at column 7'],
  [{ published: [{ what: "count == 2", value: 1, source: "s" }] }, "published.0.what", "something follows the measure"],
  [{ published: [{ what: "count", value: 1, within: -1, source: "s" }] }, "published.0.within", "at least 0"],
  [{ published: [{ what: "count", value: 1, source: "" }] }, "published.0.source", "where it was published"],
  [{ notes: "one" }, "notes", "an array of paragraphs"],
  [{ titel: "T" }, "titel", '"title"'],
])("%j is wrong at %s", (value, path, message) => {
  const { issues } = v.safeParse(report, value);
  const found = issues!.map((issue) => [v.getDotPath(issue), issue.message] as const);
  expect(found.find(([at]) => at === path)?.[1]).toContain(message);
});
