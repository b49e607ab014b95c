import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { RunEvent } from "../../workers/protocol.ts";
import { browserLaunch } from "./browser.ts";
import { openHeadlessPage, shared } from "./headless-page.ts";
import { RunDirectory, readRun } from "./run-directory.ts";
import { runStudy } from "./run-study.ts";
import {
  ABLATIONS,
  ablationRecord,
  baselineRecord,
  endRecord,
  fakePage,
  runRecord,
  sampleStudy,
} from "./sample-run.test-support.ts";

/** An engine without a GPU: sends the sample run's rows one by one and skips what the journal has; `before(row)` may interfere. */
const engine = (before = "") => `
  let cancelled = false;
  const send = (records, bits = null) => lesionEvent({ kind: "records", records, bits });
  globalThis.lesion = {
    inspect: async (name, files) => ({ ok: { name, text: await (await fetch(files[name].url)).text() } }),
    plan: async () => ({ error: { code: "bad-model", message: "no such layer", where: "node 3", fix: "Look." } }),
    cancel: async () => { cancelled = true; return {}; },
    run: async (request, artifacts) => {
      const journal = request.journal ? await (await fetch(request.journal.url)).text() : "";
      const known = new Set(journal.split("\\n").filter(Boolean).map((line) => JSON.parse(line).row));
      await send([sample.runRecord, sample.baselineRecord]);
      const put = (name, body) => fetch(artifacts + "/" + encodeURIComponent(name), { method: "PUT", body });
      if (!(await put("trained.onnx", "abc")).ok) throw new Error("not kept");
      const seen = request.checkpoints?.["checkpoint-train-1.safetensors"];
      if (seen) await put("seen.txt", await (await fetch(seen.url)).text());
      await put("checkpoint-train-1.safetensors", new Uint8Array(3_000_001).fill(7));
      for (const record of sample.ablations) {
        if (known.has(record.row)) continue;
        if (cancelled) return { ok: { ...sample.end, state: "cancelled" } };
        ${before}
        await send([record], { rows: [record.row], wordsPerRow: 2, words: { $u32: btoa("\\x01\\x00\\x00\\x00\\x02\\x00\\x00\\x00") } });
      }
      return { ok: sample.end };
    },
  };`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lesion-page-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function labOf(
  script: string,
): Promise<{ labFolder: string; browser: Awaited<ReturnType<typeof browserLaunch>> }> {
  await writeFile(join(folder, "index.html"), fakePage(script));
  return { labFolder: folder, browser: await browserLaunch() };
}

/** Runs the sample study with an engine; what it warned of, and every event, are returned with how it ended. */
async function runWith(script: string, onEvent: (event: RunEvent, abort: () => void) => void = () => {}) {
  const warnings: string[] = [];
  const controller = new AbortController();
  await using directory = await RunDirectory.prepare(join(folder, "out"), sampleStudy, true);
  const end = await runStudy({
    study: sampleStudy,
    directory,
    page: await labOf(script),
    reporter: {
      event: (event) => onEvent(event, () => controller.abort()),
      warning: (message) => warnings.push(message),
      end: () => {},
    },
    signal: controller.signal,
  });
  return { end, warnings };
}
const allRecords = [
  runRecord,
  baselineRecord,
  ...Array.from({ length: ABLATIONS }, (_, row) => ablationRecord(row)),
  endRecord("done"),
];

describe("runStudy", { timeout: 60_000 }, () => {
  test("journals what the page streams, in order, with its bits and files", async () => {
    const { end, warnings } = await runWith(engine());
    expect([end, warnings]).toEqual([endRecord("done"), []]);
    expect((await readRun(join(folder, "out"))).records).toEqual(allRecords);
    expect(await readFile(join(folder, "out/trained.onnx"), "utf8")).toBe("abc");
    expect((await readFile(join(folder, "out/bits.bin"))).readUInt32LE(8 * (ABLATIONS - 1))).toBe(1);
    const state = await readFile(join(folder, "out/checkpoint-train-1.safetensors"));
    expect(state.equals(Buffer.alloc(3_000_001, 7))).toBe(true);
  });

  test("goes on from the journal after the page died, with the same records", async () => {
    // The fresh page gets a journal; without one, the first page ends itself at row 3.
    const death = `if (record.row === 3 && !request.journal) return { error: { code: "worker-died", message: "it died" } };`;
    const { end, warnings } = await runWith(engine(death));
    expect(end.state).toBe("done");
    expect(warnings).toEqual([expect.stringMatching(/^it died; .*restart 1 of 3/)]);
    expect((await readRun(join(folder, "out"))).records).toEqual(allRecords);
    expect((await readFile(join(folder, "out/seen.txt"))).equals(Buffer.alloc(3_000_001, 7))).toBe(true);
  });

  test("gives up after three restarts, with what was recorded kept", async () => {
    const death = `return { error: { code: "device-lost", message: "lost again" } };`;
    await expect(runWith(engine(death))).rejects.toMatchObject({ code: "device-lost", message: "lost again" });
    expect((await readRun(join(folder, "out"))).records).toEqual([runRecord, baselineRecord]);
  });

  test("ends after the batch under way when it is interrupted", async () => {
    const { end } = await runWith(engine("await new Promise((next) => setTimeout(next, 50));"), (event, abort) => {
      if (event.kind === "records" && event.records.some((record) => record.type === "ablation" && record.row === 2))
        abort();
    });
    expect(end.state).toBe("cancelled");
    const { records } = await readRun(join(folder, "out"));
    expect(records.length).toBeLessThan(allRecords.length);
    expect(records.slice(0, 5)).toEqual(allRecords.slice(0, 5));
    expect(records.at(-1)).toEqual(endRecord("cancelled"));
  });

  test("ends before it begins when it is interrupted while it is being handed to the page", async () => {
    const controller = new AbortController();
    await using directory = await RunDirectory.prepare(join(folder, "out"), sampleStudy, true);
    vi.spyOn(directory, "resumption").mockImplementation(async () => {
      controller.abort();
      return {};
    });
    const reporter = { event: () => {}, warning: () => {}, end: () => {} };
    const deaf = engine().replace("cancelled = true;", "");
    const run = { study: sampleStudy, directory, page: await labOf(deaf), reporter, signal: controller.signal };
    await expect(runStudy(run)).rejects.toMatchObject({ code: "cancelled" });
    expect(await readdir(folder)).not.toContain("out");
  });

  test("fails with the error of writing, not with the page's view of it", async () => {
    const wrong = `if (!(await put("../escape.onnx", "")).ok) return { error: { code: "internal", message: "no" } };`;
    await expect(runWith(engine(wrong))).rejects.toMatchObject({
      code: "internal",
      message: expect.stringContaining("../escape.onnx"),
    });
  });
});

describe("openHeadlessPage", { timeout: 60_000 }, () => {
  test("shares files with the page and brings typed errors back", async () => {
    await writeFile(join(folder, "model.onnx"), "model bytes");
    await using page = await openHeadlessPage(await labOf(engine()));
    expect(await page.call("inspect", "m", shared(page, new Map([["m", join(folder, "model.onnx")]])))).toEqual({
      name: "m",
      text: "model bytes",
    });
    await expect(page.call("plan", { study: {}, files: {} })).rejects.toMatchObject({
      name: "LesionError",
      code: "bad-model",
      where: "node 3",
    });
  });

  test("says what failed in a page that sets no engine", async () => {
    const page = `throw new Error("broken build")`;
    await expect(openHeadlessPage({ ...(await labOf(page)), startTimeoutMs: 2000 })).rejects.toMatchObject({
      code: "internal",
      message: expect.stringContaining("broken build"),
    });
  });

  test("rejects calls of a page that goes away as worker-died", async () => {
    await using page = await openHeadlessPage(await labOf(engine("await new Promise(() => {});")));
    const artifacts = page.receive(async () => {});
    const refusal = expect(page.call("run", { study: {}, files: {} }, artifacts)).rejects.toMatchObject({
      code: "worker-died",
    });
    await page[Symbol.asyncDispose]();
    await refusal;
  });
});
