/** Rows and bits of this execution and of an earlier one, as analyses find them. */
import { expect, test } from "vitest";
import { type KeptOfRows, keptOfRows, MeasuredRows } from "./measured-rows.ts";
import { sampleAblations, sampleRecords } from "./sample-run.test-support.ts";
import { parseStudy } from "./schema.ts";

const bits = (rows: readonly number[], words: readonly number[]) => ({
  rows,
  wordsPerRow: words.length / rows.length,
  words: Uint32Array.from(words),
});

test("rows of a journal have records and no bits until these are brought", () => {
  const measured = new MeasuredRows("bits", sampleRecords);
  expect([...measured.ablations.keys()]).toEqual([0, 1, 2, 3]);
  expect(measured.without).toEqual([0, 1, 2, 3]);
  expect(measured.bitsOf(2)).toBeNull();
  measured.add([], bits([3, 0], [7, 8, 1, 2]));
  expect(measured.without).toEqual([1, 2]);
  expect([measured.bitsOf(3), measured.bitsOf(0)]).toEqual([Uint32Array.of(7, 8), Uint32Array.of(1, 2)]);
});

test("what is kept is a copy: the words that came may leave through a port", () => {
  const measured = new MeasuredRows("bits", []);
  const found = bits([1], [5, 6]);
  measured.add(sampleAblations.slice(1, 2), found);
  found.words.fill(0);
  expect(measured.bitsOf(1)).toEqual(Uint32Array.of(5, 6));
  expect(measured.ablations.get(1)).toBe(sampleAblations[1]);
  expect(measured.without).toEqual([]);
});

test.each([
  ["nothing", 0],
  ["records", 4],
] as const)("%s: no more is kept, and no bits are asked for", (kept, records) => {
  const measured = new MeasuredRows(kept, sampleRecords);
  measured.add(sampleAblations, bits([0], [1]));
  expect([measured.ablations.size, measured.without, measured.bitsOf(0)]).toEqual([records, [], null]);
});

test.each<[string, object, KeptOfRows]>([
  ["no analysis", {}, "nothing"],
  ["counts by class", { analyses: ["class-damage", "positive-effects", "embedding"] }, "records"],
  ["which samples", { analyses: ["embedding", { analyse: "overlap" }] }, "bits"],
  ["pairs", { analyses: ["redundancy"] }, "bits"],
  ["interactions", { analyses: ["interactions"] }, "bits"],
  ["rises without their counts", { analyses: ["positive-effects"], measure: ["accuracy"] }, "bits"],
  ["rises from another baseline", { analyses: ["positive-effects"], baselineData: { threshold: 3 } }, "bits"],
])("of rows is kept what analyses ask for: %s", (_, asked, kept) => {
  const study = { version: 1, name: "kept", sweeps: [{ ablate: "each-unit" }], data: { set: "digits" }, ...asked };
  expect(keptOfRows(parseStudy(study))).toBe(kept);
});
