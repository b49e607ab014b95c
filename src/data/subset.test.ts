/** Parts of a data set: views of the first samples, counts by class. */
import { describe, expect, test } from "vitest";
import { memoryDataset } from "./dataset.ts";
import { classSamples, firstSamples, reordered } from "./subset.ts";

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

describe("reordered", () => {
  test("reads samples and labels in the order, a range at a time", async () => {
    const data = reordered(DATA, Uint32Array.of(4, 0, 3));
    expect([data.samples, [...data.labels], data.classes, data.shape]).toEqual([3, [2, 2, 3], 5, [3, 1]]);
    expect([...(await data.read(0, 3))]).toEqual([12, 13, 14, 0, 1, 2, 9, 10, 11]);
    expect([...(await data.read(1, 2))]).toEqual([0, 1, 2, 9, 10, 11]);
    expect(await data.read(2, 0)).toEqual(new Uint8Array(0));
    expect(classSamples(data)).toEqual([0, 0, 2, 1, 0]);
  });

  test("of floats gives floats, and leaves the set as it is", async () => {
    const floats = memoryDataset({ ...DATA, values: Float32Array.from(DATA.values, (value) => value / 2) });
    const data = reordered(floats, [1, 0, 2, 3, 4]);
    expect(await data.read(0, 2)).toEqual(Float32Array.of(1.5, 2, 2.5, 0, 0.5, 1));
    expect([...floats.labels]).toEqual([2, 0, 2, 3, 2]);
  });

  test("twice is the order of the order", async () => {
    const twice = reordered(reordered(DATA, [1, 2, 3, 4, 0]), [4, 0]);
    expect([...twice.labels]).toEqual([2, 0]);
    expect([...(await twice.read(0, 2))]).toEqual([0, 1, 2, 3, 4, 5]);
  });
});
