import { expect, test } from "vitest";
import { study } from "../../workers/runs.fixture.ts";
import { openGpu } from "../gpu/device.ts";
import { checkAgainst, float64Reference } from "../reference/check.ts";
import { checkRequestOf } from "./check-request.ts";

test("checkRequestOf a study of a dense chain: the oracle finds its logits and counts right", async () => {
  using gpu = await openGpu();
  const files = { available: [], bytesOf: () => Promise.reject(new Error("the study names no file")) };
  const given = {
    study,
    files,
    memoryBytes: null,
    journal: [],
    trained: null,
    checkpoints: { names: [], bytesOf: files.bytesOf },
    shard: null,
    tuning: {},
  };
  const request = await checkRequestOf(given, { samples: 101, ablations: 12 }, gpu);
  expect(request.samples).toBe(101);
  expect(request.reduced).toBeUndefined();
  expect(request.ablations.length).toBe(12);
  expect(request.ablations.map(({ replacement }) => replacement.kind)).not.toContain("noise");
  const report = await checkAgainst(request, float64Reference(request));
  expect(report).toMatchObject({ samples: 101, ablations: 12, countDifferences: [], agrees: true });
});
