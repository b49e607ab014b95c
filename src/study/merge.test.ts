import { describe, expect, test } from "vitest";
import { LesionError } from "../core/errors.ts";
import { mergeRuns, type Shard } from "./merge.ts";
import type { LesionRecord, RecoveryRecord } from "./records.ts";
import {
  sampleAblations,
  sampleBaseline,
  sampleEnd,
  sampleRecords,
  sampleRecoveries,
  sampleRun,
} from "./sample-run.test-support.ts";
import { parseStudy } from "./schema.ts";

const shard = (
  name: string,
  rows: readonly number[],
  more: Partial<typeof sampleRun> = {},
  recoveries: readonly RecoveryRecord[] = [],
): Shard => {
  const ablations = rows.map((row) => sampleAblations[row]!);
  return { name, records: [{ ...sampleRun, ...more }, sampleBaseline, ...ablations, ...recoveries, sampleEnd] };
};
const failure = (shards: readonly Shard[]): LesionError => {
  try {
    mergeRuns(shards);
  } catch (error) {
    if (error instanceof LesionError) return error;
    throw error;
  }
  throw new Error("it was accepted");
};

test("shards make the run that was split", () => {
  const { records, rows, missing } = mergeRuns([shard("a", [1, 3]), shard("b", [0, 2])]);
  expect(records.slice(0, -1)).toEqual(sampleRecords.slice(0, -1));
  expect(records.at(-1)).toMatchObject({
    type: "end",
    state: "done",
    ablations: 4,
    ms: 24,
    macs: 200,
    macsSaved: 1800,
  });
  expect(rows).toEqual([
    [1, 3],
    [0, 2],
  ]);
  expect(missing).toBe(0);
});

test("rows that both measured alike are taken from the first", () => {
  expect(mergeRuns([shard("a", [0, 1]), shard("b", [1, 2])]).rows).toEqual([[0, 1], [2]]);
});

test("with rows missing the run has no end, and can be resumed", () => {
  const { records, missing } = mergeRuns([shard("a", [0]), shard("b", [3])]);
  expect(missing).toBe(2);
  expect(records.map(({ type }) => type)).toEqual(["run", "baseline", "ablation", "ablation"]);
});

test("a failure counts unless another shard has the row", () => {
  const error = { code: "gpu-error", message: "m" } as const;
  const failures = [1, 2].map((row) => ({ type: "failure", row, error }) as const);
  const a: Shard = { name: "a", records: [sampleRun, sampleBaseline, sampleAblations[0]!, ...failures] };
  const { records } = mergeRuns([a, shard("b", [2, 3])]);
  expect(records.filter(({ type }) => type === "failure")).toEqual([failures[0]]);
});

test("recoveries come together, and are analysed together", () => {
  const [control, ofFirst] = [sampleRecoveries.slice(0, 2), sampleRecoveries.slice(2)];
  const ofThird = ofFirst.map((record) => ({ ...record, row: 2, index: 2 }));
  const a = shard("a", [0, 1], {}, [...control, ...ofFirst]);
  const b = shard("b", [2, 3], {}, [...control, ...ofThird]);
  const { records } = mergeRuns([a, b]);
  expect(records.filter(({ type }) => type === "recovery")).toEqual([...control, ...ofFirst, ...ofThird]);
  expect(records.filter(({ type }) => type === "analysis")).toMatchObject([{ arm: "all", n: 2 }]);
  expect(records.at(-1)?.type).toBe("end");
  const interrupted = { ...b, records: b.records.slice(0, -1) };
  expect(mergeRuns([a, interrupted]).records.at(-1)?.type).toBe("recovery");
});

describe("refused", () => {
  test.each([
    ["bad-study", shard("b", [1], { study: "e".repeat(64) })],
    ["bad-model", shard("b", [1], { model: "e".repeat(64) })],
    ["bad-data", shard("b", [1], { data: "e".repeat(64) })],
    ["bad-file", { name: "b", records: [sampleRun, { ...sampleBaseline, correct: 7 }] }],
    ["bad-file", { name: "b", records: [sampleRun, sampleBaseline, { ...sampleAblations[0]!, correct: 7 }] }],
    ["bad-file", { name: "b", records: [sampleRun] }],
  ] as const)("%s", (code, other) => {
    const error = failure([shard("a", [0]), other]);
    expect(error.code).toBe(code);
    expect(error.where).toContain("b");
    expect(error.fix).toBeTruthy();
  });

  test("nothing", () => {
    expect(failure([]).code).toBe("usage");
  });
});

describe("a study that goes on after its sweeps", () => {
  const order = {
    type: "analysis",
    name: "order",
    layer: "dense_0",
    layerIndex: 0,
    sweep: 0,
    by: "measured",
    path: 0,
  } as const;
  const found = { ...order, units: [2, 0, 1], scores: [3, 1, 0], complete: true, n: 10 } as const;
  const including = (each: Shard, ...more: LesionRecord[]): Shard => ({
    ...each,
    records: [...each.records.slice(0, -1), ...more, sampleEnd],
  });
  const [a, b] = [shard("a", [1, 3]), shard("b", [0, 2])];
  const adaptive = { ablate: "each-unit", adaptive: {} };

  test.each<[string, object]>([
    ["analyses", { sweeps: [{ ablate: "each-unit" }], analyses: ["depth"] }],
    ["an adaptive sweep", { sweeps: [adaptive] }],
  ])("has no end after %s were left out, and is to be resumed", (_, study) => {
    const { records, missing } = mergeRuns([a, b], parseStudy(study));
    expect(missing).toBe(0);
    expect(records.map(({ type }) => type)).toEqual(["run", "baseline", ...Array(4).fill("ablation")]);
  });

  test("has its recoveries summed up by the run that goes on, once all of them are there", () => {
    const recovering = shard("a", [1, 3], {}, sampleRecoveries);
    const analysed = parseStudy({ sweeps: [{ ablate: "each-unit" }], analyses: ["depth"] });
    expect(mergeRuns([recovering, b], analysed).records.at(-1)?.type).toBe("recovery");
    expect(mergeRuns([recovering, shard("b", [0])]).records.at(-1)?.type).toBe("recovery");
  });

  test("without any it is finished", () => {
    expect(mergeRuns([a, b], parseStudy({ sweeps: [{ ablate: "each-unit" }] })).records.at(-1)?.type).toBe("end");
  });

  test("keeps what its rows are made of, once", () => {
    const { records } = mergeRuns([including(a, found), including(b, { ...found, scores: [3.0001, 1, 0] })]);
    expect(records.filter(({ type }) => type === "analysis")).toEqual([found]);
  });

  test("is refused where the shards' rows are of other units", () => {
    const error = failure([including(a, found), including(b, { ...found, units: [0, 2, 1] })]);
    expect(error).toMatchObject({ code: "bad-file", message: expect.stringContaining("contradict") });
  });
});
