import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RunEvent } from "../../workers/protocol.ts";
import { bitsOffset } from "../study/journal.ts";
import { parseStudyText } from "../study/schema.ts";
import { RunDirectory, readRun } from "./run-directory.ts";
import {
  ablationRecord,
  baselineRecord,
  bitsOf,
  endRecord,
  runRecord,
  SAMPLES,
  sampleStudy,
} from "./sample-run.test-support.ts";

let parent: string;
let folder: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "lesion-run-"));
  folder = join(parent, "a/b");
});
afterEach(() => rm(parent, { recursive: true }));

const rows = (...numbers: number[]): RunEvent => ({
  kind: "records",
  records: numbers.map(ablationRecord),
  bits: { rows: numbers, wordsPerRow: 2, words: new Uint32Array(numbers.flatMap((row) => [...bitsOf(row)])) },
});
const head: RunEvent = { kind: "records", records: [runRecord, baselineRecord], bits: null };

async function write(resume: boolean, events: readonly RunEvent[]): Promise<void> {
  await using directory = await RunDirectory.prepare(folder, sampleStudy, resume);
  for (const event of events) await directory.take(event);
}

describe("RunDirectory", () => {
  test("writes nothing before the first record", async () => {
    await write(false, [{ kind: "warning", message: "" }]);
    expect(await readdir(parent)).toEqual([]);
  });

  test("keeps records, bits in their rows, artifacts and the study as it was written", async () => {
    const artifact: RunEvent = { kind: "artifact", name: "trained.onnx", bytes: new Uint8Array([8, 7]) };
    await write(false, [head, { kind: "baseline-bits", words: bitsOf(0) }, rows(5, 2), artifact]);
    expect((await readdir(folder)).sort()).toEqual([
      "baseline-bits.bin",
      "bits.bin",
      "results.ndjson",
      "study.json",
      "trained.onnx",
    ]);
    expect(await readFile(join(folder, "study.json"), "utf8")).toBe(sampleStudy.text);
    expect((await readRun(folder)).records).toEqual([runRecord, baselineRecord, ablationRecord(5), ablationRecord(2)]);
    const bits = await readFile(join(folder, "bits.bin"));
    expect(bits.readUInt32LE(bitsOffset(5, SAMPLES))).toBe(bitsOf(5)[0]);
    expect(bits.readUInt32LE(bitsOffset(2, SAMPLES) + 4)).toBe(2);
    expect(bits.length).toBe(bitsOffset(6, SAMPLES));
    expect([...(await readFile(join(folder, "trained.onnx")))]).toEqual([8, 7]);
  });

  test("goes on after a torn line and counts nothing twice", async () => {
    await write(false, [head, rows(0, 1)]);
    await appendFile(join(folder, "results.ndjson"), '{"type":"ablation","sw');
    await write(true, [head, rows(1, 2), { kind: "records", records: [endRecord("done")], bits: null }]);
    const lines = (await readFile(join(folder, "results.ndjson"), "utf8")).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line).row ?? JSON.parse(line).type)).toEqual([
      "run",
      "baseline",
      0,
      1,
      2,
      "end",
    ]);
  });

  test("hands a resumed run its journal and its trained networks, if it has both", async () => {
    const artifact = (name: string): RunEvent => ({ kind: "artifact", name, bytes: new Uint8Array([1]) });
    await write(false, [head, rows(3), artifact("trained.onnx")]);
    const once = await RunDirectory.prepare(folder, sampleStudy, true);
    expect(await once.resumption()).toEqual({ journal: [runRecord, baselineRecord, ablationRecord(3)] });
    await write(true, [artifact("untrained.onnx")]);
    const { trained } = await once.resumption();
    expect([trained?.trained.length, trained?.untrained.length]).toEqual([1, 1]);
  });

  test("refuses a folder with something in it, and leaves it as it was", async () => {
    await writeFile(join(parent, "thesis.txt"), "x");
    await expect(RunDirectory.prepare(parent, sampleStudy, false)).rejects.toMatchObject({
      code: "usage",
      message: expect.stringContaining("not empty"),
      fix: expect.stringContaining("--resume"),
    });
    expect(await readdir(parent)).toEqual(["thesis.txt"]);
  });

  test("refuses to resume with another study, and another model", async () => {
    await write(false, [head]);
    const other = { ...sampleStudy, study: parseStudyText(sampleStudy.text.replace("[0]", "[1]")) };
    await expect(RunDirectory.prepare(folder, other, true)).rejects.toMatchObject({ code: "bad-study" });
    const changed: RunEvent = { kind: "records", records: [{ ...runRecord, model: "changed" }], bits: null };
    await expect(write(true, [changed])).rejects.toMatchObject({ code: "bad-model" });
  });

  test("refuses a folder that a running process writes, but not one whose process was killed", async () => {
    await write(false, [head]);
    await writeFile(join(folder, "lock"), String(process.ppid));
    await expect(RunDirectory.prepare(folder, sampleStudy, true)).rejects.toThrow(`process ${process.ppid}`);
    await writeFile(join(folder, "lock"), "4194305");
    await expect(RunDirectory.prepare(folder, sampleStudy, true)).resolves.toBeDefined();
  });

  test("says so where the folder cannot be made", async () => {
    await using directory = await RunDirectory.prepare(folder, sampleStudy, false);
    await writeFile(join(parent, "a"), "a file where a folder should be");
    await expect(directory.take(head)).rejects.toMatchObject({ code: "cannot-write", where: folder });
  });

  test("refuses an artifact that would leave the folder", async () => {
    await expect(
      write(false, [{ kind: "artifact", name: "../x.onnx", bytes: new Uint8Array(1) }]),
    ).rejects.toMatchObject({
      code: "internal",
    });
  });
});

test("readRun names a folder without a run", async () => {
  await expect(readRun(parent)).rejects.toMatchObject({ code: "not-found", where: join(parent, "results.ndjson") });
});
