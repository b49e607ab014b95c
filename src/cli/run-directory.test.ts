import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RunEvent } from "../../workers/protocol.ts";
import { bitsOffset } from "../study/journal.ts";
import { resultsOf } from "../study/results.ts";
import { parseStudyText } from "../study/schema.ts";
import { RunDirectory, readRun } from "./run-directory.ts";
import {
  ablationRecord,
  analysisRecord,
  baselineRecord,
  bitsOf,
  endRecord,
  recoveryRecord,
  runRecord,
  SAMPLES,
  sampleStudy,
  trainRecord,
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

  test("has of a failure that a resumed run mends what the journal has when it is read anew: nothing", async () => {
    const failure = { type: "failure", row: 5, error: { code: "gpu-error", message: "refused" } } as const;
    await write(false, [head, { kind: "records", records: [failure, endRecord("failed")], bits: null }]);
    await using directory = await RunDirectory.prepare(folder, sampleStudy, true);
    expect(directory.records.map(({ type }) => type)).toEqual(["run", "baseline", "failure", "end"]);
    await directory.take(rows(5));
    await directory.finish(endRecord("done"));
    expect(resultsOf(directory.records)).toMatchObject({ failures: [], end: { state: "done" } });
    expect(directory.records).toEqual((await readRun(folder)).records);
  });

  test("hands a resumed run its journal, its states, and its trained networks if it has both", async () => {
    const artifact = (name: string): RunEvent => ({ kind: "artifact", name, bytes: new Uint8Array([1]) });
    const page = { share: (path: string) => `at ${relative(folder, path)}` };
    const state = "checkpoint-recovery-after-conv_0-0.safetensors";
    await write(false, [head, rows(3), artifact("trained.onnx"), artifact("trained.safetensors"), artifact(state)]);
    await writeFile(join(folder, "checkpoint-train-4.safetensors.part"), "half of one");
    const once = await RunDirectory.prepare(folder, sampleStudy, true);
    const journal = { url: "at results.ndjson" };
    const checkpoints = { [state]: { url: `at ${state}` } };
    const journalBits = { url: "at bits.bin" };
    const network = (name: string) => ({ [name]: { url: `at ${name}` } });
    const kept = { journal, journalBits, checkpoints };
    expect(await once.resumption(page)).toEqual({ ...kept, networks: network("trained.onnx") });
    await write(true, [artifact("untrained.onnx")]);
    expect(await once.resumption(page)).toEqual({
      ...kept,
      networks: { ...network("trained.onnx"), ...network("untrained.onnx") },
      trained: { trained: { url: "at trained.onnx" }, untrained: { url: "at untrained.onnx" } },
    });
  });

  test("counts an epoch of a network once, and of a recovery in each arm", async () => {
    const train = (network: number, epoch: number) => ({ ...trainRecord(epoch), network });
    const arms = (["all", "layer"] as const).map((arm) => recoveryRecord(3, arm, 1));
    const control = recoveryRecord(null, "control", 1);
    const told = [train(0, 1), train(1, 1), ...arms, control, analysisRecord("all"), analysisRecord("layer")];
    await write(false, [head, { kind: "records", records: told, bits: null }]);
    const more = [train(1, 2), recoveryRecord(3, "all", 2)];
    await write(true, [head, { kind: "records", records: [...told, ...more], bits: null }]);
    expect((await readFile(join(folder, "results.ndjson"), "utf8")).trimEnd().split("\n").length).toBe(2 + 7 + 2);
    expect((await readRun(folder)).records.slice(2)).toEqual([...told, ...more]);
  });

  test("keeps a file that comes in pieces whole, or leaves what was there", async () => {
    await using directory = await RunDirectory.prepare(folder, sampleStudy, false);
    const pieces = (torn: boolean) =>
      Readable.from(
        (function* () {
          yield new Uint8Array([1, 2]);
          if (torn) throw new Error("broken off");
          yield new Uint8Array([3]);
        })(),
      );
    await directory.keep("trained.architecture.json", pieces(false));
    await expect(directory.keep("trained.architecture.json", pieces(true))).rejects.toMatchObject({
      code: "cannot-write",
      message: expect.stringContaining("broken off"),
    });
    expect([...(await readFile(join(folder, "trained.architecture.json")))]).toEqual([1, 2, 3]);
    expect((await readdir(folder)).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  test("keeps a file that comes in parts once all are there, and none that do not follow", async () => {
    await using directory = await RunDirectory.prepare(folder, sampleStudy, false);
    const part = (start: number, end: number) =>
      directory.keep(
        "trained.onnx",
        Uint8Array.from({ length: end - start }, (_, i) => start + i),
        {
          start,
          end,
          size: 7,
        },
      );
    await part(0, 3);
    expect(await readdir(folder)).not.toContain("trained.onnx");
    await part(3, 6);
    await part(6, 7);
    expect([...(await readFile(join(folder, "trained.onnx")))]).toEqual([0, 1, 2, 3, 4, 5, 6]);
    await part(0, 3);
    await expect(part(5, 7)).rejects.toMatchObject({ message: expect.stringContaining("has 3 bytes so far, not 5") });
    expect([...(await readFile(join(folder, "trained.onnx")))].length).toBe(7);
    expect((await readdir(folder)).filter((name) => name.endsWith(".part"))).toEqual([]);
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

  test.each(["../x.onnx", "..", ".lock", "a/b.onnx", "a\\b.onnx", "lock", ""])(
    "refuses an artifact named %j",
    async (name) => {
      const artifact: RunEvent = { kind: "artifact", name, bytes: new Uint8Array(1) };
      await expect(write(false, [artifact])).rejects.toMatchObject({ code: "internal" });
      expect(await readdir(parent)).toEqual([]);
    },
  );
});

describe("readRun", () => {
  test("names a folder without a run", async () => {
    await expect(readRun(parent)).rejects.toMatchObject({ code: "not-found", where: join(parent, "results.ndjson") });
  });

  test("says what else keeps it from reading, and not that there is no run", async () => {
    await mkdir(join(parent, "results.ndjson"));
    await expect(readRun(parent)).rejects.toMatchObject({
      code: "bad-file",
      message: expect.stringMatching(/results\.ndjson cannot be read: EISDIR/),
    });
  });

  test("reads in pieces of any size", async () => {
    await write(false, [head, rows(0, 1)]);
    await appendFile(join(folder, "results.ndjson"), '{"type":"ablation","sw');
    const whole = await readRun(folder);
    expect(whole.records).toEqual([runRecord, baselineRecord, ablationRecord(0), ablationRecord(1)]);
    for (const size of [1, 100, 4096]) expect(await readRun(folder, size)).toEqual(whole);
  });
});
