/** The bit patterns of IEEE 754-2019, table 3.5, and of the upper halves of f32. */
import { expect, test } from "vitest";
import { bfloatsToFloats, floatToHalf, halfToFloat } from "./half-float.ts";

test.each([
  [0x3c00, 1],
  [0xc000, -2],
  [0x7bff, 65504],
  [0x0400, 2 ** -14],
  [0x0001, 2 ** -24],
  [0x83ff, -1023 * 2 ** -24],
  [0x3555, 0.333251953125],
  [0x8000, -0],
  [0x7c00, Number.POSITIVE_INFINITY],
  [0xfc00, Number.NEGATIVE_INFINITY],
  [0x7e00, Number.NaN],
])("half %d is %d", (bits, value) => {
  expect(halfToFloat(bits)).toBe(value);
});

test("every half becomes its own bits again", () => {
  const numbers = Array.from({ length: 0x10000 }, (_, bits) => bits).filter((bits) => (bits & 0x7fff) <= 0x7c00);
  expect(numbers.filter((bits) => floatToHalf(halfToFloat(bits)) !== bits)).toEqual([]);
  expect(halfToFloat(floatToHalf(Number.NaN))).toBeNaN();
});

test.each([
  ["to the nearest", 1 + 3 * 2 ** -12, 0x3c01],
  ["to the even one of two", 1 + 2 ** -11, 0x3c00],
  ["to the even one of two, upwards", 1 + 3 * 2 ** -11, 0x3c02],
  ["up to the next power of two", 2 - 2 ** -12, 0x4000],
  ["below the least", 2 ** -25, 0],
  ["to the least", 1.1 * 2 ** -25, 1],
  ["from below the normal ones", 2 ** -14 - 2 ** -26, 0x0400],
  ["to the greatest", -65519, 0xfbff],
  ["to infinity", 65520, 0x7c00],
])("a float is rounded %s", (_, value, bits) => {
  expect(floatToHalf(value)).toBe(bits);
});

test("bfloat16 is the upper half of an f32", () => {
  const values = Float32Array.of(1, -2.5, 3.389531389251535e38, 2 ** -133, 0);
  const bits = Uint16Array.from(new Uint32Array(values.buffer), (word) => word >>> 16);
  expect(bfloatsToFloats(bits)).toEqual(values);
});
