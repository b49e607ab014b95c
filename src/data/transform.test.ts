/** Transforms: the formula in float64 rounded once, the tables equal to it, and each wrong constant refused by its key. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Dataset, memoryDataset, type Transform } from "./dataset.ts";
import { channelsOf, isUniform, levels, transformed, transformOf } from "./transform.ts";

function dataset(values: Uint8Array | Float32Array, shape: readonly number[]): Dataset {
  const samples = values.length / shape.reduce((product, size) => product * size, 1);
  return memoryDataset({ name: "d", shape, values, labels: new Uint16Array(samples), classes: 1, classNames: ["0"] });
}

const options = { scale: 255, normalize: { mean: [0.5], std: [0.5] }, threshold: null };

describe("transformed", () => {
  test("gives -1 .. 1 for mean and std of a half", async () => {
    const data = dataset(Uint8Array.of(0, 51, 255, 204), [2, 1]);
    expect([...(await transformed(data, transformOf(options, 1), 0, 2))]).toEqual([-1, -0.6, 1, 0.6].map(Math.fround));
  });

  test("gives only the samples asked for", async () => {
    const data = dataset(
      Uint8Array.from({ length: 15 }, (_, i) => i),
      [3],
    );
    const identity = transformOf({ scale: 1, normalize: { mean: [0], std: [1] }, threshold: null }, 3);
    expect([...(await transformed(data, identity, 1, 3))]).toEqual([3, 4, 5, 6, 7, 8]);
    expect(await transformed(data, identity, 2, 2)).toHaveLength(0);
  });

  test("binarises at a threshold: above it becomes scale, the rest 0", async () => {
    const data = dataset(Uint8Array.of(0, 10, 11, 255), [4]);
    const transform = transformOf({ ...options, threshold: 10 }, 4);
    expect([...(await transformed(data, transform, 0, 1))]).toEqual([-1, -1, 1, 1]);
  });

  test("takes bytes and f32 to the same numbers, those of the formula", async () => {
    const constant = fc.double({ min: -3, max: 3, noNaN: true });
    const positive = fc.double({ min: 0.01, max: 3, noNaN: true });
    const channels = fc.constantFrom(1, 3);
    const anything = channels.chain((count) =>
      fc.record({
        count: fc.constant(count),
        pixels: fc.array(fc.nat(255), { minLength: 2 * count, maxLength: 2 * count }),
        mean: fc.oneof(fc.tuple(constant), fc.array(constant, { minLength: count, maxLength: count })),
        std: fc.oneof(fc.tuple(positive), fc.array(positive, { minLength: count, maxLength: count })),
        threshold: fc.option(fc.nat(255)),
      }),
    );
    await fc.assert(
      fc.asyncProperty(anything, async ({ count, pixels, mean, std, threshold }) => {
        const transform: Transform = { scale: 255, mean, std, threshold };
        const expected = pixels.map((pixel, i) => {
          const kept = threshold === null ? pixel : pixel > threshold ? 255 : 0;
          return Math.fround((kept / 255 - (mean[i % count] ?? mean[0]!)) / (std[i % count] ?? std[0]!));
        });
        const shape = [2, 1, count];
        expect([...(await transformed(dataset(Uint8Array.from(pixels), shape), transform, 0, 1))]).toEqual(expected);
        expect([...(await transformed(dataset(Float32Array.from(pixels), shape), transform, 0, 1))]).toEqual(expected);
      }),
      { seed: 3 },
    );
  });
});

describe("levels", () => {
  test("has one entry a byte, per channel", () => {
    const transform = transformOf(
      { scale: 1, normalize: { mean: [103.939, 116.779, 123.68], std: [1] }, threshold: null },
      3,
    );
    const table = levels(transform, 2);
    expect(table).toHaveLength(256);
    expect([table[0], table[200]]).toEqual([Math.fround(-123.68), Math.fround(200 - 123.68)]);
    expect([isUniform(transform), isUniform(transformOf(options, 3))]).toEqual([false, true]);
  });
});

describe("transformOf", () => {
  test("keeps the constants", () => {
    expect(transformOf({ ...options, threshold: 10 }, 1)).toEqual({
      scale: 255,
      mean: [0.5],
      std: [0.5],
      threshold: 10,
    });
    expect(channelsOf(dataset(new Uint8Array(12), [2, 2, 3]))).toBe(3);
  });

  const normalize = (mean: readonly number[], std: readonly number[]) => ({ ...options, normalize: { mean, std } });
  test.each([
    ["data.scale", { ...options, scale: 0 }],
    ["data.scale", { ...options, scale: Number.NaN }],
    ["data.threshold", { ...options, threshold: Number.POSITIVE_INFINITY }],
    ["data.normalize.std[0]", normalize([0], [0])],
    ["data.normalize.std[2]", normalize([0], [1, 1, Number.NaN])],
    ["data.normalize.mean[0]", normalize([Number.NaN], [1])],
    ["data.normalize.mean", normalize([], [1])],
    ["data.normalize.mean", normalize([0, 0], [1])],
    ["data.normalize.std", normalize([0], [1, 1, 1, 1])],
  ])("refuses a wrong %s", (where, wrong) => {
    expect(() => transformOf(wrong, 3)).toThrow(
      expect.objectContaining({
        code: "bad-study",
        where,
        message: expect.stringContaining(where),
        fix: expect.any(String),
      }),
    );
  });
});
