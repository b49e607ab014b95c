import { expect, test } from "vitest";
import { bytes, count, duration, percent, short, signed } from "./format.ts";

test.each([
  [count(10000), "10,000"],
  [percent(0.9464), "94.64"],
  [signed(47.87), "+47.87"],
  [signed(-0.3), "\u22120.30"],
  [signed(-0.001), "0.00"],
  [short(950), "950"],
  [short(1234567), "1.23 M"],
  [short(2.5e18), "2.50e+3 P"],
  [bytes(0), "0 B"],
  [bytes(1536), "1.5 KiB"],
  [bytes(300 * 2 ** 20), "300 MiB"],
  [duration(421), "0.42 s"],
  [duration(9940), "9.9 s"],
  [duration(59_700), "1 min 00 s"],
  [duration(185_000), "3 min 05 s"],
  [duration(7_799_000), "2 h 10 min"],
])("%s is written %s", (text, wanted) => {
  expect(text).toBe(wanted);
});
