/** Parts of a data set: views of the first samples, counts by class. */
import { describe, expect, test } from "vitest";
import { memoryDataset } from "./dataset.ts";
import { classSamples, firstSamples } from "./subset.ts";

const DATA = memoryDataset({
  name: "five",
  shape: [3, 1],
  values: Uint8Array.from({ length: 15 }, (_, i) => i),
  labels: Uint16Array.of(2, 0, 2, 3, 2),
  classes: 5,
  classNames: ["a", "b", "c", "d", "e"],
});

describe("firstSamples", () => {
  test("views the first samples and keeps the classes", async () => {
    const first = firstSamples(DATA, 2);
    const values = await first.read(0, first.samples);
    expect([first.samples, [...values], [...first.labels], first.classes]).toEqual([2, [0, 1, 2, 3, 4, 5], [2, 0], 5]);
    expect(values.buffer).toBe(DATA.values.buffer);
  });

  test.each([null, 5, 6])("gives all for a limit of %s", (limit) => {
    expect(firstSamples(DATA, limit)).toBe(DATA);
  });

  test.each([0, -3, 1.5, Number.NaN])("refuses a limit of %d", (limit) => {
    expect(() => firstSamples(DATA, limit)).toThrow(
      expect.objectContaining({
        code: "bad-study",
        where: "data.limit",
        message: expect.stringContaining(String(limit)),
      }),
    );
  });
});

test("classSamples counts each class, those without samples too", () => {
  expect(classSamples(DATA)).toEqual([1, 0, 3, 1, 0]);
});
