/** Images and labels together: MNIST itself where it is at hand, and each way two files may not fit each other. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { sharedData } from "../../e2e/shared-data.ts";
import { LesionError } from "../core/errors.ts";
import type { IdxValues } from "./idx.ts";
import { readIdxPair } from "./idx-pair.ts";
import { writeIdx } from "./idx-writer.ts";
import { classSamples } from "./subset.ts";

const NAMES = { dataset: "three", images: "i", labels: "l" };

function pair(shape: readonly number[], values: IdxValues, labels: IdxValues, classes?: number) {
  const images = writeIdx({ shape, values });
  return readIdxPair(images, writeIdx({ shape: [labels.length], values: labels }), NAMES, classes);
}

describe("readIdxPair", () => {
  test("adds a channel axis to planes and keeps bytes", () => {
    const values = Uint8Array.from({ length: 3 * 2 * 5 }, (_, i) => i);
    expect(pair([3, 2, 5], values, Uint8Array.of(2, 0, 4))).toMatchObject({
      stored: "bytes",
      name: "three",
      samples: 3,
      shape: [2, 5, 1],
      values,
      labels: Uint16Array.of(2, 0, 4),
      classes: 5,
      classNames: ["0", "1", "2", "3", "4"],
    });
  });

  test("keeps features and channels as they are", () => {
    expect(pair([2, 3], new Uint8Array(6), Uint8Array.of(0, 1)).shape).toEqual([3]);
    expect(pair([1, 2, 2, 3], new Uint8Array(12), Uint8Array.of(0)).shape).toEqual([2, 2, 3]);
  });

  test("turns other numbers into f32 and takes labels of any integer type", () => {
    const { values, labels, classes } = pair([2, 2], Int16Array.of(-300, 1, 2, 3), Int32Array.of(7, 300), 400);
    expect(values).toEqual(Float32Array.of(-300, 1, 2, 3));
    expect([...labels, classes]).toEqual([7, 300, 400]);
  });

  const two = new Uint8Array(8);
  const labels = Uint8Array.of(0, 1);
  test.each<[string, () => unknown, RegExp, string]>([
    [
      "fewer labels than images",
      () => pair([2, 2, 2], two, Uint8Array.of(0)),
      /i has 2 images, and l has 1/,
      "l, byte 4",
    ],
    ["images of one dimension", () => pair([8], two, labels), /i has 1 dimensions \(8\)/, "i, byte 3"],
    ["images of five dimensions", () => pair([2, 1, 2, 1, 2], two, labels), /i has 5 dimensions/, "i, byte 3"],
    [
      "no images",
      () => pair([0, 2, 2], new Uint8Array(0), new Uint8Array(0)),
      /holds no images.*0 x 2 x 2/,
      "i, byte 4",
    ],
    ["images without pixels", () => pair([2, 0, 2], new Uint8Array(0), labels), /holds no images/, "i, byte 8"],
    [
      "a label beyond the classes",
      () => pair([2, 4], two, Uint8Array.of(9, 10), 10),
      /sample 1 the label 10; labels are 0 to 9/,
      "l, byte 9",
    ],
    ["a negative label", () => pair([2, 4], two, Int16Array.of(3, -1)), /sample 1 the label -1/, "l, byte 10"],
    [
      "a label beyond 16 bits",
      () => pair([2, 4], two, Int32Array.of(70000, 0)),
      /label 70000; labels are 0 to 65535/,
      "l, byte 8",
    ],
    ["labels that are floats", () => pair([2, 4], two, Float32Array.of(0, 1)), /l holds floating-point/, "l, byte 2"],
    [
      "a pixel that is no number",
      () => pair([2, 1], Float32Array.of(1, Number.NaN), labels),
      /value NaN in sample 1/,
      "i, byte 16",
    ],
    [
      "a pixel beyond f32",
      () => pair([2, 1], Float64Array.of(1e300, 0), labels),
      /value 1e\+300 in sample 0/,
      "i, byte 12",
    ],
  ])("refuses %s", (_, read, message, where) => {
    expect(read).toThrow(
      expect.objectContaining({
        code: "bad-data",
        message: expect.stringMatching(message),
        where,
        fix: expect.any(String),
      }),
    );
  });

  test("refuses labels of two dimensions, as when the files are swapped", () => {
    const images = writeIdx({ shape: [2, 2, 2], values: two });
    const thrown = (() => {
      try {
        return readIdxPair(images, images, NAMES);
      } catch (error) {
        return error as LesionError;
      }
    })();
    expect(thrown).toBeInstanceOf(LesionError);
    expect(thrown).toMatchObject({
      code: "bad-data",
      where: "l, byte 3",
      fix: "Check that i holds the images and l the labels.",
    });
  });

  const mnist = sharedData("mnist");
  test.skipIf(mnist === null)("reads MNIST's test and training sets", () => {
    const read = (name: string) => readFileSync(`${mnist}/${name}-ubyte.gz`);
    const t10k = readIdxPair(read("t10k-images-idx3"), read("t10k-labels-idx1"), NAMES, 10);
    expect([t10k.samples, t10k.shape, t10k.classes]).toEqual([10_000, [28, 28, 1], 10]);
    expect([...t10k.labels.subarray(0, 10)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
    expect(classSamples(t10k)).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    const train = readIdxPair(read("train-images-idx3"), read("train-labels-idx1"), NAMES, 10);
    expect(train.samples).toBe(60_000);
    expect(classSamples(train)).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    // The published mean of the training pixels, 0.1307.
    expect((train.values as Uint8Array).reduce((sum, value) => sum + value, 0) / train.values.length / 255).toBeCloseTo(
      0.1307,
      4,
    );
  });
});
