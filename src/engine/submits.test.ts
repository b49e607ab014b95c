import { expect, test } from "vitest";
import type { Gpu } from "../gpu/device.ts";
import { recordInPieces } from "./submits.ts";

/** What is recorded, and where it is submitted. */
function recorded(isProcessor: boolean, dispatches: number, macs: number): string {
  let log = "";
  const gpu = { isProcessor, recorder: { submit: () => (log += "|") } } as unknown as Gpu;
  recordInPieces(
    gpu,
    Array.from({ length: dispatches }, () => () => (log += ".")),
    macs,
  );
  return log;
}

test.each([
  // A GPU is taken to do 1e9 multiply-accumulates a millisecond, a processor 2e6.
  ["half a tenth of a second", false, 6, 5e10, "......"],
  ["less than two tenths", false, 6, 1.9e11, "......"],
  ["three tenths", false, 6, 3e11, "..|..|.."],
  ["pieces that are not equal", false, 7, 3e11, "...|...|."],
  ["more than there are dispatches", false, 3, 1e13, ".|.|."],
  ["three tenths on a processor", true, 6, 6e8, "..|..|.."],
  ["nothing", false, 0, 1e12, ""],
  ["work that is not known", true, 4, 0, "...."],
])("%s", (_, isProcessor, dispatches, macs, wanted) => {
  expect(recorded(isProcessor, dispatches, macs)).toBe(wanted);
});
