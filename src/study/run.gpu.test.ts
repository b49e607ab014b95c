/** What a run gives, in which order, and what it computes no more once it is cancelled. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { countBits } from "../core/bitset.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import type { BaselineRecord } from "./records.ts";
import { run } from "./run.fixture.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu[Symbol.dispose]());

test("bits come before the record that speaks of them, the intact network's too", async () => {
  const study = {
    model: { build: { layers: [{ units: 3 }, { units: 10 }] }, train: { epochs: 1, limit: 50 } },
    data: { set: "digits", limit: 50 },
    sweeps: [{ ablate: "each-unit" }],
  };
  const { records, baselineBits } = await run(gpu, study);
  const { correct } = records.find(({ type }) => type === "baseline") as BaselineRecord;
  expect(records[baselineBits!.after]?.type).toBe("baseline");
  expect(countBits(baselineBits!.words)).toBe(correct);
});

test.each([
  ["a chain", [{ units: 7 }, { units: 10 }], 784],
  ["a graph", [{ conv: 3 }, { units: 10 }], [28, 28, 1]],
])("%s that is cancelled while its time is predicted is not swept, and has no baseline", async (_, layers, input) => {
  const study = {
    name: "cancelled",
    model: { build: { input, layers }, train: { epochs: 1, limit: 50 } },
    data: { set: "digits", limit: 50 },
    sweeps: [{ ablate: "each-unit" }],
  };
  const { records, phases, end, error } = await run(gpu, study, {
    until: (given) => given.phases.at(-1) === "planning",
  });
  expect(error).toBeNull();
  expect(end).toMatchObject({ state: "cancelled", ablations: 0, macs: 0 });
  expect(records.map(({ type }) => type)).toEqual(["run", "train", "end"]);
  expect(phases).not.toContain("baseline");
});
