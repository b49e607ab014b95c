/** Resizing against values worked out by hand and against Pillow's, and parts of an image against the whole. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Pixels, resized } from "./resize.ts";

const grey = (width: number, height: number, values: number[]): Pixels => ({
  width,
  height,
  channels: 1,
  values: Uint8Array.from(values),
});
const whole = (width: number, height: number) => ({ left: 0, top: 0, width, height });

describe("resized", () => {
  test("halving weighs four pixels, 1 : 3 : 3 : 1, fewer at the borders", () => {
    const row = resized(grey(6, 1, [8, 16, 80, 160, 0, 240]), 3, 1, whole(3, 1));
    // Border: weights 3, 3, 1 of 7; middle: (16 + 3 * 80 + 3 * 160 + 0) / 8 = 92.
    expect([...row.values]).toEqual([(3 * 8 + 3 * 16 + 80) / 7, 92, (160 + 3 * 0 + 3 * 240) / 7].map(Math.round));
  });

  test("doubling weighs neighbours 3 : 1", () => {
    const column = resized(grey(1, 2, [0, 100]), 1, 4, whole(1, 4));
    expect([...column.values]).toEqual([0, 25, 75, 100]);
  });

  // Images of (i^2 13 + 7 i + 101 floor(i / 8)) mod 256, resized by Pillow 12.3 with Image.BILINEAR.
  test.each<[number, number, number, number, number, number[]]>([
    [5, 4, 1, 3, 2, [105, 128, 191, 135, 140, 165]],
    [
      3,
      2,
      1,
      7,
      5,
      [
        0, 3, 11, 20, 40, 59, 66, 14, 18, 29, 42, 54, 65, 70, 69, 78, 103, 128, 110, 91, 85, 124, 137, 176, 214, 165,
        117, 100, 138, 152, 194, 236, 179, 123, 104,
      ],
    ],
    [
      11,
      7,
      3,
      4,
      3,
      [
        149, 116, 154, 125, 125, 152, 151, 127, 124, 100, 149, 111, 150, 125, 131, 133, 136, 101, 150, 120, 126, 121,
        96, 129, 164, 134, 134, 137, 143, 128, 148, 126, 143, 106, 122, 172,
      ],
    ],
    [40, 3, 1, 2, 3, [146, 153, 121, 139, 102, 122]],
    [
      2,
      9,
      3,
      2,
      4,
      [
        111, 99, 157, 146, 181, 178, 108, 143, 151, 168, 176, 152, 124, 135, 139, 202, 106, 158, 161, 70, 167, 129, 101,
        115,
      ],
    ],
  ])("is Pillow's BILINEAR: %i x %i x %i to %i x %i", (width, height, channels, toWidth, toHeight, expected) => {
    const values = Uint8Array.from(
      { length: width * height * channels },
      (_, i) => i * i * 13 + i * 7 + Math.floor(i / 8) * 101,
    );
    const found = resized({ width, height, channels, values }, toWidth, toHeight, whole(toWidth, toHeight));
    expect([...found.values]).toEqual(expected);
  });

  test("gives a part of an image as the whole has it, and flat images as they were", () => {
    const size = fc.integer({ min: 1, max: 24 });
    const anything = fc.record({ width: size, height: size, toWidth: size, toHeight: size, seed: fc.nat(999) });
    fc.assert(
      fc.property(anything, fc.nat(), fc.nat(), ({ width, height, toWidth, toHeight, seed }, a, b) => {
        const values = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i + seed) * (i + 91));
        const image = { width, height, channels: 3, values };
        const all = resized(image, toWidth, toHeight, whole(toWidth, toHeight));
        const [left, top] = [a % toWidth, b % toHeight];
        const part = { left, top, width: toWidth - left, height: toHeight - top };
        const expected: number[] = [];
        for (let y = top; y < toHeight; y++) {
          expected.push(...all.values.subarray((y * toWidth + left) * 3, (y + 1) * toWidth * 3));
        }
        expect([...resized(image, toWidth, toHeight, part).values]).toEqual(expected);
        const flat = { ...image, values: values.map(() => seed % 256) };
        expect(new Set(resized(flat, toWidth, toHeight, whole(toWidth, toHeight)).values)).toEqual(
          new Set([seed % 256]),
        );
      }),
      { seed: 1337 },
    );
  });
});
