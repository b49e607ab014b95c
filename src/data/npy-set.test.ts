/** Two arrays as a data set: names, shapes that fit each other or are refused with both, values kept as they are. */
import { describe, expect, test } from "vitest";
import { findNpy, openNpySet, readNpySet } from "./npy-set.ts";
import { writeNpy } from "./npy-values.ts";

const source = { path: "d", split: "test" } as const;

describe("findNpy", () => {
  test.each([
    ["x and y", ["d/x_train.npy", "d/y_train.npy", "d/X_test.npy", "d/y_test.npy"], ["d/X_test.npy", "d/y_test.npy"]],
    ["images and labels", ["d/test-images.npy", "d/test-labels.npy"], ["d/test-images.npy", "d/test-labels.npy"]],
    ["a pair without a split", ["d/images.npy", "d/labels.npy", "d/notes.txt"], ["d/images.npy", "d/labels.npy"]],
    ["a folder below", ["d/a/x.npy", "d/b/y.npy", "d/a/y.npy"], ["d/a/x.npy", "d/a/y.npy"]],
  ])("finds %s", (_, available, [images, labels]) => {
    expect(findNpy(source, available)).toEqual({ images, labels });
  });

  test.each([
    [
      "none",
      ["d/x.npy", "e/y.npy"],
      "not-found",
      /no pair of arrays for the test split of npy: in d there are d\/x\.npy/,
    ],
    ["the other split", ["d/x_train.npy", "d/y_train.npy"], "not-found", /no pair/],
    ["words within words", ["d/xenon.npy", "d/yttrium.npy"], "not-found", /no pair/],
    ["two", ["d/x.npy", "d/images.npy", "d/y.npy"], "bad-study", /2 pairs.*d\/x\.npy with d\/y\.npy/],
  ])("refuses %s", (_, available, code, message) => {
    expect(() => findNpy(source, available)).toThrow(
      expect.objectContaining({ code, where: "data.path", message: expect.stringMatching(message) }),
    );
  });
});

/** A u1 array, which writeNpy does not make: an i8 one, its header changed and its values cut to bytes. */
function bytesArray(dims: number[], values: number[]): Uint8Array {
  const wide = writeNpy({ dtype: "i8", dims, values });
  const header = Uint8Array.from(
    new TextEncoder().encode(
      new TextDecoder("latin1").decode(wide.subarray(10, wide.length - 8 * values.length)).replace("<i8", "|u1"),
    ),
  );
  return Uint8Array.of(...wide.subarray(0, 10), ...header, ...values);
}
const floats = (dims: number[], values: number[]) => writeNpy({ dtype: "f4", dims, values });
const integers = (dims: number[], values: number[]) => writeNpy({ dtype: "i8", dims, values });

describe("openNpySet", () => {
  test("keeps bytes, gives planes a channel, and takes a limit", async () => {
    const files: Record<string, Uint8Array> = {
      "x.npy": bytesArray([3, 1, 2], [1, 2, 3, 4, 5, 6]),
      "y.npy": integers([3, 1], [0, 4, 1]),
    };
    const set = await openNpySet(
      { path: null, split: "train", limit: 2 },
      async (path) => files[path]!,
      Object.keys(files),
    );
    expect(set).toMatchObject({ name: "npy train", samples: 2, shape: [1, 2, 1], stored: "bytes", classes: 5 });
    expect([[...set.labels], await set.read(1, 1)]).toEqual([[0, 4], Uint8Array.of(3, 4)]);
  });
});

describe("readNpySet", () => {
  const read = (images: Uint8Array, labels: Uint8Array) =>
    readNpySet(images, labels, { images: "x.npy", labels: "y.npy" }, "test");

  test("keeps floats and other shapes", () => {
    const set = read(floats([2, 3], [1, 2, 3, 4, 5, 0.5]), integers([2], [1, 0]));
    expect([set.shape, set.stored, set.values]).toEqual([[3], "floats", Float32Array.of(1, 2, 3, 4, 5, 0.5)]);
    expect(read(floats([1, 1, 1, 3], [1, 2, 3]), integers([1], [0])).shape).toEqual([1, 1, 3]);
  });

  test.each([
    [
      "fewer labels than images",
      floats([2, 1], [1, 2]),
      integers([1], [0]),
      /\(2, 1\), and y\.npy \(1,\); labels are \(2,\)/,
    ],
    ["labels of two axes", floats([1, 1], [1]), integers([1, 10], [1, 0, 0, 0, 0, 0, 0, 0, 0, 0]), /\(1, 10\)/],
    ["images without an axis", floats([1], [1]), integers([1], [0]), /x\.npy has the shape \(1,\)/],
    ["no images", floats([0, 2], []), integers([0], []), /\(0, 2\)/],
    ["a label below 0", floats([2, 1], [1, 2]), integers([2], [0, -1]), /sample 1 the label -1/],
    ["a label beyond 16 bits", floats([1, 1], [1]), integers([1], [65_536]), /label 65536/],
    ["labels of floats", floats([1, 1], [1]), floats([1], [0]), /y\.npy holds floating-point numbers/],
    [
      "a value that is not finite",
      floats([2, 2], [1, 2, 3, Number.NaN]),
      integers([2], [0, 1]),
      /value NaN in sample 1/,
    ],
  ])("refuses %s", (_, images, labels, message) => {
    expect(() => read(images, labels)).toThrow(
      expect.objectContaining({ code: "bad-data", message: expect.stringMatching(message), fix: expect.any(String) }),
    );
  });
});
