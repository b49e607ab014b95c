/** Sizes and offsets as torchvision has them, channels in order, and images that give no sample. */
import { describe, expect, test } from "vitest";
import { centre, fitted, sampleShape, scaledSize } from "./fit.ts";

describe("scaledSize", () => {
  test.each([
    [{ width: 500, height: 375 }, 256, { width: 341, height: 256 }],
    [{ width: 375, height: 500 }, 256, { width: 256, height: 341 }],
    [{ width: 100, height: 100 }, 224, { width: 224, height: 224 }],
    [{ width: 300, height: 256 }, 256, { width: 300, height: 256 }],
    [{ width: 300, height: 256 }, null, { width: 300, height: 256 }],
    [{ width: 3, height: 5 }, 4, { width: 4, height: 6 }],
  ])("%j with a short side of %s", (size, resize, expected) => {
    expect(scaledSize(size, resize)).toEqual(expected);
  });
});

test("the centre's offsets are rounded, halves to even", () => {
  const offsets = [224, 225, 226, 227, 228, 229, 231].map((width) => centre({ width, height: 300 }, 224).left);
  expect(offsets).toEqual([0, 0, 1, 2, 2, 2, 4]);
  expect(centre({ width: 9, height: 5 }, null)).toEqual({ left: 0, top: 0, width: 9, height: 5 });
});

describe("fitted", () => {
  // Red is the column, green the row; blue and alpha are constant.
  const size = { width: 5, height: 4 };
  const rgba = Uint8Array.from({ length: 80 }, (_, i) => [(i >> 2) % 5, Math.floor((i >> 2) / 5), 200, 3][i % 4]!);

  test("cuts the middle out and orders channels", () => {
    const cut = fitted(rgba, size, { resize: null, crop: 2, channels: "bgr" }, "a");
    // Offsets: round(3 / 2) = 2 and 2 / 2 = 1.
    expect([...cut.values]).toEqual([200, 1, 2, 200, 1, 3, 200, 2, 2, 200, 2, 3]);
    expect(fitted(rgba, size, { resize: null, crop: null, channels: "rgb" }, "a").values.slice(-3)).toEqual(
      Uint8Array.of(4, 3, 200),
    );
  });

  test("turns colours into luma as Pillow does", () => {
    const colours = Uint8Array.of(255, 0, 0, 0, 0, 255, 0, 0, 0, 0, 255, 0, 10, 200, 30, 0, 77, 77, 77, 0);
    const found = fitted(colours, { width: 5, height: 1 }, { resize: null, crop: null, channels: "gray" }, "a");
    expect([...found.values]).toEqual([76, 150, 29, 124, 77]);
  });

  test("scales, then cuts", () => {
    const found = fitted(rgba, size, { resize: 2, crop: 1, channels: "rgb" }, "a");
    expect([found.width, found.height, found.values[2]]).toEqual([1, 1, 200]);
  });

  test.each([
    [
      { width: 300, height: 200 },
      { resize: null, crop: 224 },
      /b\.png has 300 x 200 pixels; data\.crop cuts 224 x 224/,
    ],
    [{ width: 300, height: 200 }, { resize: 128, crop: 224 }, /scaled 192 x 128; data\.crop/],
    [{ width: 1, height: 60_000 }, { resize: 8000, crop: null }, /scaled 8000 x 480000000; at most/],
  ])("refuses %j with %j", (refused, options, message) => {
    expect(() => sampleShape(refused, { ...options, channels: "rgb" }, "b.png")).toThrow(
      expect.objectContaining({ code: "bad-data", where: "b.png", message: expect.stringMatching(message) }),
    );
  });
});
