/**
 * One run after another: starts it, takes in what it streams, and, when the worker dies or the device is lost, keeps all
 * that is needed to go on: the journal, the correctness bits, the networks trained so far and the states of trainings.
 */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Engine, EngineRun } from "../../workers/client.ts";
import type { BitRows, Files, Progress, RunEvent, RunRequest } from "../../workers/protocol.ts";
import { type ErrorReport, reportOf } from "../core/errors.ts";
import { sampleStatus } from "../report/status.ts";
import type { LesionRecord } from "../study/records.ts";
import type { Study } from "../study/study.ts";
import { eventQueue, type Schedule } from "./event-queue.ts";
import { journalBlob } from "./journal-blob.ts";
import { addRecords, emptyResults, type LiveResults, reopen } from "./live-results.ts";

/** `interrupted`: it ended in an error, and can go on from what it had. `failed`: it ended before anything was measured. */
export type RunState = "idle" | "running" | "paused" | "cancelling" | "cancelled" | "interrupted" | "failed" | "done";

/** What a run is made of: a checked study and the files it names. */
export interface RunInput {
  readonly study: Study;
  readonly files: Files;
}

export interface RunControl {
  readonly state: ReadonlySignal<RunState>;
  readonly progress: ReadonlySignal<Progress | null>;
  /** Grows in place; `version` says when. Null before the first run. */
  readonly results: ReadonlySignal<LiveResults | null>;
  readonly version: ReadonlySignal<number>;
  /** Networks the run has trained, ONNX, by file name. */
  readonly artifacts: ReadonlySignal<ReadonlyMap<string, Uint8Array>>;
  /** [samples]: what becomes of each sample under the ablation of a row, as `STATUS_NAMES`; null where its bits are not here. */
  statusOf(row: number): Uint8Array | null;
  /** What the present results were, or are being, computed from. */
  input(): RunInput | null;
  /** The request that continues, or checks, the present run without training again. */
  request(): Omit<RunRequest, "id"> | null;
  /** Resolves when the run has ended, however it ended. */
  start(input: RunInput): Promise<void>;
  /** Goes on with a paused run, or starts an interrupted or cancelled one again from its journal. */
  resume(): Promise<void>;
  pause(): Promise<void>;
  cancel(): Promise<void>;
}

const RECORDS_PER_STEP = 256;

/** Runs studies on `engine`, one at a time. Whatever goes wrong is told to `notify`. */
export function runControl(
  engine: Engine,
  notify: (report: ErrorReport, kind: "error" | "warning") => void,
  schedule: Schedule,
): RunControl {
  const state = signal<RunState>("idle");
  const progress = signal<Progress | null>(null);
  const results = signal<LiveResults | null>(null);
  const version = signal(0);
  const artifacts = signal<ReadonlyMap<string, Uint8Array>>(new Map());
  let input: RunInput | null = null;
  let bits: BitRows[] = [];
  let baselineBits: Uint32Array | null = null;
  let checkpoints: Readonly<Record<string, Blob>> = {};
  let handle: EngineRun | null = null;
  /** The run under way, also while what it begins with is still being made. */
  let underWay: Promise<EngineRun> | null = null;
  let latest: Progress | null = null;

  const queue = eventQueue<readonly LesionRecord[]>(
    (records) => addRecords(results.value!, records),
    () => {
      progress.value = latest;
      version.value++;
    },
    schedule,
  );

  const take = (event: RunEvent) => {
    switch (event.kind) {
      case "records":
        for (let from = 0; from < event.records.length; from += RECORDS_PER_STEP) {
          queue.push(event.records.slice(from, from + RECORDS_PER_STEP));
        }
        if (event.bits !== null) bits.push(event.bits);
        return;
      case "progress":
        latest = event.progress;
        queue.push([]);
        return;
      case "artifact":
        // As a blob a state is the browser's to keep; artifacts are plain arrays, none in shared memory.
        if (isCheckpoint(event.name)) {
          checkpoints = { ...checkpoints, [event.name]: new Blob([event.bytes as Uint8Array<ArrayBuffer>]) };
        } else artifacts.value = new Map(artifacts.value).set(event.name, event.bytes);
        return;
      case "warning":
        notify({ code: "internal", message: event.message }, "warning");
        return;
      case "baseline-bits":
        baselineBits = event.words;
        return;
    }
  };

  const request = () => {
    if (input === null) return null;
    const trained = artifacts.value.get("trained.onnx");
    const untrained = artifacts.value.get("untrained.onnx");
    return {
      ...input,
      ...(trained === undefined || untrained === undefined ? {} : { trained: { trained, untrained } }),
    };
  };

  const begin = (request: Omit<RunRequest, "id">) => {
    const mine = engine.run(request, (event) => {
      // Events of a worker that is gone may still be in its port when the next run has begun.
      if (handle === null || handle === mine) take(event);
    });
    handle = mine;
    return mine;
  };

  const follow = async (beginning: () => Promise<EngineRun>) => {
    state.value = "running";
    underWay = beginning();
    try {
      const end = await (await underWay).done;
      await queue.drained();
      if (results.value!.end === null) addRecords(results.value!, [end]);
      if (end.error !== undefined) notify(end.error, "error");
      state.value = end.state === "failed" ? "interrupted" : end.state;
    } catch (thrown) {
      await queue.drained();
      notify(reportOf(thrown), "error");
      state.value = results.value!.run === null ? "failed" : "interrupted";
    } finally {
      handle = null;
      underWay = null;
      version.value++;
    }
  };

  const resumption = async (again: Omit<RunRequest, "id">, { journal }: LiveResults) => {
    const lines = await journalBlob(journal);
    const journalBits = joinBits(bits);
    return {
      ...again,
      journal: lines,
      networks: networksOf(artifacts.value),
      ...(Object.keys(checkpoints).length === 0 ? {} : { checkpoints }),
      ...(journalBits === null ? {} : { journalBits }),
    };
  };

  /** A pause or cancel that the worker no longer answers is reported by the run itself. */
  const ask = async (call: (run: EngineRun) => Promise<void>, then: RunState) => {
    const asked = underWay;
    if (asked === null) return;
    const before = state.value;
    try {
      await call(await asked);
      if (state.value === before) state.value = then;
    } catch (thrown) {
      if (underWay !== null) notify(reportOf(thrown), "error");
    }
  };

  return {
    state,
    progress,
    results,
    version,
    artifacts,
    statusOf: (row) => {
      const samples = results.value?.baseline?.samples;
      const after = bitsOfRow(bits, row);
      if (samples === undefined || baselineBits === null || after === null) return null;
      return sampleStatus(baselineBits, after, samples);
    },
    input: () => input,
    request,
    start: (next) => {
      input = next;
      bits = [];
      baselineBits = null;
      latest = null;
      progress.value = null;
      artifacts.value = new Map();
      results.value = emptyResults(next.study);
      checkpoints = {};
      return follow(async () => begin(next));
    },
    resume: () => {
      if (state.value === "paused") return ask((run) => run.resume(), "running");
      const again = request();
      if (again === null || results.value === null || underWay !== null) return Promise.resolve();
      const { value } = results;
      reopen(value);
      return follow(async () => begin(await resumption(again, value)));
    },
    pause: () => ask((run) => run.pause(), "paused"),
    cancel: () => ask((run) => run.cancel(), "cancelling"),
  };
}

/** The networks among artifacts, as files: analyses of many networks go on from those that are trained. */
function networksOf(artifacts: ReadonlyMap<string, Uint8Array>): Files {
  const networks = [...artifacts].filter(([name]) => name.endsWith(".onnx"));
  return Object.fromEntries(networks.map(([name, bytes]) => [name, new Blob([bytes as Uint8Array<ArrayBuffer>])]));
}

/** The bits of one row; null where they have not arrived. */
function bitsOfRow(batches: readonly BitRows[], row: number): Uint32Array | null {
  for (const { rows, wordsPerRow, words } of batches) {
    const place = rows.indexOf(row);
    if (place >= 0) return words.subarray(place * wordsPerRow, (place + 1) * wordsPerRow);
  }
  return null;
}

/** Whether an artifact is a training's state, which is for going on and not for people. */
const isCheckpoint = (name: string) => name.startsWith("checkpoint-");

/** All rows of several batches of bits as one; null where there are none. */
export function joinBits(batches: readonly BitRows[]): BitRows | null {
  const first = batches[0];
  if (first === undefined) return null;
  const rows = batches.flatMap((batch) => [...batch.rows]);
  const words = new Uint32Array(rows.length * first.wordsPerRow);
  let offset = 0;
  for (const batch of batches) {
    words.set(batch.words, offset);
    offset += batch.words.length;
  }
  return { rows, wordsPerRow: first.wordsPerRow, words };
}
