/** Adaptive sweeps that would save nothing are refused before anything runs. */
import { expect, test } from "vitest";
import { openStudy } from "../open-study.ts";
import { assertAdaptive } from "./adaptive-sweep.ts";

const files = { available: [], bytesOf: () => Promise.reject(new Error("the study names no file")) };

async function refusalOf(adaptive: object, sweep: object = {}) {
  const opened = await openStudy(
    {
      version: 1,
      name: "adaptive",
      model: { build: { layers: [{ units: 8 }, { units: 6 }, { units: 10 }] } },
      data: { set: "digits", limit: 20 },
      sweeps: [{ ablate: "whole-layer" }, { ablate: "each-unit", ...sweep, adaptive }],
    },
    files,
  );
  try {
    assertAdaptive(opened);
  } catch (thrown) {
    return thrown;
  }
  return null;
}

test.each([
  ["as many as there are", { top: 14 }, {}],
  ["more than a layer has, by default", {}, { layers: [0] }],
  [
    "as many as two replacements make",
    { top: 16 },
    { layers: [0], replacements: ["zero", { kind: "constant", value: 1 }] },
  ],
])("the most damaging of all: %s", async (_, adaptive, sweep) => {
  expect(await refusalOf(adaptive, sweep)).toMatchObject({
    code: "bad-study",
    where: "sweeps[1].adaptive.top",
    fix: expect.stringMatching(/^Ask for fewer than \d+/),
  });
});

test("replacements that take all samples to know", async () => {
  expect(await refusalOf({ top: 2 }, { replacement: "mean" })).toMatchObject({
    code: "unsupported",
    where: "sweeps[1]",
  });
});

test("one unit fewer than there are is a choice", async () => {
  expect(await refusalOf({ top: 13 })).toBeNull();
});
