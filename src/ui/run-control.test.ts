import { describe, expect, test } from "vitest";
import { fakeAblations, fakeBaseline, fakeEnd, fakeEngine, fakeRun } from "../../e2e/fake-engine.ts";
import type { RunRequest } from "../../workers/protocol.ts";
import { type ErrorReport, LesionError } from "../core/errors.ts";
import { streamPieces } from "../core/stream-pieces.ts";
import { defaultStudy } from "../study/defaults.ts";
import { readJournal } from "../study/read-journal.ts";
import type { LesionRecord } from "../study/records.ts";
import { joinBits, runControl } from "./run-control.ts";

const input = { study: defaultStudy, files: {} };
const rows = fakeAblations();

/** The request of the run after the first, once it has begun. */
async function requestAfter(runs: readonly { readonly request: Omit<RunRequest, "id"> }[]) {
  while (runs.length < 2) await new Promise((resolve) => setTimeout(resolve));
  return runs[1]!.request;
}

async function recordsIn({ journal }: Pick<RunRequest, "journal">): Promise<readonly LesionRecord[]> {
  if (!(journal instanceof Blob)) throw new Error("the journal is no blob");
  return (await readJournal(streamPieces(journal.stream()))).records;
}

function started() {
  const { engine, runs } = fakeEngine();
  const notices: [ErrorReport, string][] = [];
  const control = runControl(
    engine,
    (report, kind) => notices.push([report, kind]),
    (callback) => queueMicrotask(callback),
  );
  const ended = control.start(input);
  return { control, ended, runs, notices, run: runs[0]! };
}

describe("a run", () => {
  test("to the end: records in, done out", async () => {
    const { control, ended, run } = started();
    expect(control.state.value).toBe("running");
    run.records(fakeRun, fakeBaseline, ...rows);
    run.end(fakeEnd("done", rows.length));
    await ended;
    expect(control.state.value).toBe("done");
    expect(control.results.value!.ablations.length).toBe(220);
    expect(control.results.value!.end?.state).toBe("done");
    expect(control.results.value!.journal.filter(({ type }) => type === "end").length).toBe(1);
  });

  test("pauses, resumes and cancels through the engine", async () => {
    const { control, ended, run } = started();
    await control.pause();
    expect(control.state.value).toBe("paused");
    await control.resume();
    expect(control.state.value).toBe("running");
    await control.cancel();
    expect(control.state.value).toBe("cancelling");
    run.end(fakeEnd("cancelled", 0));
    await ended;
    expect(control.state.value).toBe("cancelled");
    expect(run.calls).toEqual(["pause", "resume", "cancel"]);
  });

  test.each(["worker-died", "device-lost"] as const)("goes on after %s with all it had", async (code) => {
    const { control, ended, run, runs, notices } = started();
    run.emit({ kind: "artifact", name: "trained.onnx", bytes: Uint8Array.of(1) });
    run.emit({ kind: "artifact", name: "untrained.onnx", bytes: Uint8Array.of(2) });
    run.records(fakeRun, fakeBaseline);
    const words = Uint32Array.from({ length: 64 }, (_, index) => index);
    run.emit({ kind: "records", records: rows.slice(0, 2), bits: { rows: [0, 1], wordsPerRow: 32, words } });
    run.fail(new LesionError(code, "gone"));
    await ended;
    expect(control.state.value).toBe("interrupted");
    expect(notices.map(([report, kind]) => [report.code, kind])).toEqual([[code, "error"]]);

    const again = control.resume();
    const request = await requestAfter(runs);
    expect(request.study).toBe(defaultStudy);
    expect(await recordsIn(request)).toEqual([fakeRun, fakeBaseline, ...rows.slice(0, 2)]);
    expect(request.journalBits).toEqual({ rows: [0, 1], wordsPerRow: 32, words });
    expect(request.trained).toEqual({ trained: Uint8Array.of(1), untrained: Uint8Array.of(2) });
    runs[1]!.records(fakeRun, fakeBaseline, ...rows.slice(2));
    runs[1]!.end(fakeEnd("done", 220));
    await again;
    expect(control.state.value).toBe("done");
    expect(control.results.value!.ablations.map(({ row }) => row)).toEqual(rows.map(({ row }) => row));
  });

  test("goes on from the states its trainings kept, the last of each name, and does not offer them to people", async () => {
    const { control, ended, run, runs } = started();
    const keep = (name: string, ...bytes: number[]) =>
      run.emit({ kind: "artifact", name, bytes: Uint8Array.from(bytes) });
    keep("checkpoint-recovery-all-0.safetensors", 7);
    keep("checkpoint-recovery-all-0.safetensors", 8, 9);
    keep("trained-1.onnx", 1);
    run.records(fakeRun, fakeBaseline, rows[0]!);
    run.fail(new LesionError("worker-died", "gone"));
    await ended;
    expect([...control.artifacts.value.keys()]).toEqual(["trained-1.onnx"]);
    void control.resume();
    const { checkpoints = {} } = await requestAfter(runs);
    expect(Object.keys(checkpoints)).toEqual(["checkpoint-recovery-all-0.safetensors"]);
    const [state] = Object.values(checkpoints);
    expect(state instanceof Blob && new Uint8Array(await state.arrayBuffer())).toEqual(Uint8Array.of(8, 9));
  });

  test("says what becomes of each sample, once the bits of both are here, and forgets it with the run", async () => {
    const { control, run } = started();
    run.records(fakeRun, { ...fakeBaseline, samples: 4 });
    run.emit({ kind: "baseline-bits", words: Uint32Array.of(0b0011) });
    const bits = { rows: [7, 2], wordsPerRow: 1, words: Uint32Array.of(0b1111, 0b0101) };
    run.emit({ kind: "records", records: [], bits });
    await new Promise((resolve) => setTimeout(resolve));
    // Kept, lost, gained, wrong.
    expect(control.statusOf(2)).toEqual(Uint8Array.of(0, 1, 2, 3));
    expect(control.statusOf(7)).toEqual(Uint8Array.of(0, 0, 2, 2));
    expect(control.statusOf(3)).toBeNull();
    run.end(fakeEnd("cancelled", 0));
    void control.start(input);
    expect(control.statusOf(2)).toBeNull();
  });

  test("goes on from its analyses and all the networks it trained", async () => {
    const { control, ended, run, runs } = started();
    for (const name of ["untrained.onnx", "trained.onnx", "trained-1.onnx", "trained-1.safetensors"]) {
      run.emit({ kind: "artifact", name, bytes: Uint8Array.of(name.length) });
    }
    const found: LesionRecord = {
      ...{ type: "analysis", name: "optimal", layer: "dense_0", layerIndex: 0, site: "post-activation" },
      ...{ constants: [0.5], losses: [0.1], n: 10 },
    };
    run.records(fakeRun, fakeBaseline, rows[0]!, found);
    run.fail(new LesionError("worker-died", "gone"));
    await ended;
    void control.resume();
    const { networks = {}, ...request } = await requestAfter(runs);
    expect((await recordsIn(request)).at(-1)).toEqual(found);
    expect(Object.keys(networks)).toEqual(["untrained.onnx", "trained.onnx", "trained-1.onnx"]);
    const last = networks["trained-1.onnx"];
    expect(last instanceof Blob && new Uint8Array(await last.arrayBuffer())).toEqual(Uint8Array.of(14));
  });

  test("that fails before anything was measured cannot be resumed", async () => {
    const { control, ended, run, notices } = started();
    run.fail(new LesionError("bad-data", "labels and images differ: 10 and 9"));
    await ended;
    expect(control.state.value).toBe("failed");
    expect(notices[0]![0].message).toContain("10 and 9");
  });

  test("that ends as failed tells why and can be resumed", async () => {
    const { control, ended, run, notices } = started();
    run.records(fakeRun, fakeBaseline);
    run.end({ ...fakeEnd("failed", 3), error: { code: "out-of-memory", message: "needs 5 GiB, has 2 GiB" } });
    await ended;
    expect(control.state.value).toBe("interrupted");
    expect(notices[0]![0].code).toBe("out-of-memory");
  });

  test("asked to cancel while its journal is still being written does so once it has begun", async () => {
    const { control, ended, run, runs } = started();
    run.records(fakeRun, fakeBaseline, ...rows);
    run.fail(new LesionError("worker-died", "gone"));
    await ended;
    const again = control.resume();
    void control.resume();
    const cancelled = control.cancel();
    expect(runs.length).toBe(1);
    await cancelled;
    expect(control.state.value).toBe("cancelling");
    expect(runs.length).toBe(2);
    expect(runs[1]!.calls).toEqual(["cancel"]);
    runs[1]!.end(fakeEnd("cancelled", rows.length));
    await again;
    expect(control.state.value).toBe("cancelled");
  });

  test("started over begins with nothing", async () => {
    const { control, ended, run, runs } = started();
    run.records(fakeRun, fakeBaseline, ...rows);
    run.end(fakeEnd("done", 220));
    await ended;
    void control.start(input);
    expect(control.results.value!.ablations.length).toBe(0);
    expect(runs[1]!.request.journal).toBeUndefined();
  });
});

test("joinBits puts rows one after the other, and nothing is null", () => {
  expect(joinBits([])).toBeNull();
  const batch = (row: number) => ({ rows: [row], wordsPerRow: 3, words: Uint32Array.of(row, row, row) });
  expect(joinBits([batch(5), batch(2)])).toEqual({
    rows: [5, 2],
    wordsPerRow: 3,
    words: Uint32Array.of(5, 5, 5, 2, 2, 2),
  });
});
