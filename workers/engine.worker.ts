/**
 * The worker that owns the GPU: it opens studies, runs them, and streams what comes out through a message port. Nothing
 * here computes; `expose` runs before anything is awaited, so that no call is lost.
 */
import { expose, transfer } from "comlink";
import { LesionError } from "../src/core/errors.ts";
import { nextTask } from "../src/core/next-task.ts";
import { runNetwork } from "../src/engine/graph/run-network.ts";
import type { Tuning } from "../src/engine/tuner.ts";
import { readModel } from "../src/formats/read-model.ts";
import { type Gpu, openGpu } from "../src/gpu/device.ts";
import { describeModel } from "../src/network/describe.ts";
import { checkRequestOf } from "../src/study/check-request.ts";
import { bitsOfRows, completedRows } from "../src/study/journal.ts";
import { planStudy } from "../src/study/plan-study.ts";
import { readJournal } from "../src/study/read-journal.ts";
import type { LesionRecord } from "../src/study/records.ts";
import { runStudy } from "../src/study/run.ts";
import type { RunInput, RunOutput } from "../src/study/run-interface.ts";
import { runModel } from "../src/study/run-model.ts";
import "./errors-over-comlink.ts";
import { type EventSender, sendEvents } from "./event-stream.ts";
import { holdLifeline } from "./lifeline.ts";
import type { BitRows, EngineApi, Files, RunRequest } from "./protocol.ts";
import { bytesOf, piecesOf, studyFiles } from "./study-files.ts";

/** A run under way. */
interface Control {
  cancelled: boolean;
  /** Resolves when the run may go on; null while it is not paused. */
  paused: { readonly until: Promise<void>; readonly end: () => void } | null;
}

let present: Promise<Gpu | null> = Promise.resolve(null);
const runs = new Map<string, Control>();
const tuning: Tuning = {};

/** The device in use, or a new one where it was lost. Whoever asks at the same time gets the same. */
function device(): Promise<Gpu> {
  const opened = present
    .catch(() => null)
    .then((gpu) => {
      if (gpu && !gpu.lost) return gpu;
      gpu?.[Symbol.dispose]();
      return gpu ? reopened() : openGpu();
    });
  present = opened;
  return opened;
}

/** A browser whose GPU process ended has no adapter until it has started another. */
async function reopened(): Promise<Gpu> {
  for (const waitMs of REOPEN_AFTER_MS) {
    try {
      return await openGpu();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }
  return openGpu();
}

const REOPEN_AFTER_MS = [100, 400, 1500];

async function inputOf(request: Omit<RunRequest, "id">): Promise<RunInput> {
  const journal = await recordsOf(request);
  return {
    study: request.study,
    files: studyFiles(request.files),
    memoryBytes: request.memoryBytes ?? null,
    journal,
    trained: request.trained ?? null,
    checkpoints: keptStates(request.checkpoints ?? {}),
    networks: keptStates(request.networks ?? {}),
    journalBits: () => journalBits(request, journal),
    shard: request.shard ?? null,
    tuning,
  };
}

/** What an earlier run recorded. Throws `bad-file`. */
async function recordsOf({ journal }: Pick<RunRequest, "journal">): Promise<readonly LesionRecord[]> {
  return journal === undefined ? [] : (await readJournal(piecesOf(journal, "results.ndjson"))).records;
}

/** Bits of the journal's ablations; null where they were not kept. */
async function journalBits(
  { journalBits: kept }: Pick<RunRequest, "journalBits">,
  journal: readonly LesionRecord[],
): Promise<BitRows | null> {
  if (kept === undefined || "rows" in kept) return kept ?? null;
  const samples = journal.find((record) => record.type === "baseline")?.samples;
  if (samples === undefined) return null;
  return bitsOfRows(await bytesOf(kept, "bits.bin"), [...completedRows(journal)], samples);
}

/** Files of states, each read when it is asked for. */
function keptStates(files: Files): RunInput["checkpoints"] {
  const { available, bytesOf } = studyFiles(files);
  return { names: available, bytesOf };
}

/** Sends what a run gives; big arrays are handed over, not copied. */
function outputTo({ send }: EventSender): RunOutput {
  return {
    records: (records, bits) => send({ kind: "records", records, bits }, bits ? [bits.words.buffer] : []),
    baselineBits: (words) => send({ kind: "baseline-bits", words }),
    progress: (progress) => send({ kind: "progress", progress }),
    artifact: (name, bytes) => send({ kind: "artifact", name, bytes }),
    warning: (message) => send({ kind: "warning", message }),
  };
}

/** Waits while a run is paused, or far ahead of who takes its events; false where it is cancelled. Gives way to messages that arrived meanwhile. */
async function proceed(control: Control, events: EventSender): Promise<boolean> {
  await nextTask();
  await events.caughtUp();
  while (control.paused && !control.cancelled) await control.paused.until;
  return !control.cancelled;
}

function controlOf(id: string): Control {
  const control = runs.get(id);
  if (control) return control;
  throw new LesionError("usage", `no run ${id} is under way`, { fix: "It may have ended already." });
}

const api: EngineApi = {
  async adapter() {
    return (await device()).adapter;
  },
  async inspect(name, files) {
    return describeModel(await readModel(name, studyFiles(files)));
  },
  async plan(request) {
    return planStudy(await inputOf(request), await device());
  },
  async runModel(request) {
    const inputs = await Promise.all(
      request.inputs.map(async ({ name, file, source }) => ({ name, file, bytes: await bytesOf(source, file) })),
    );
    using gpu = (await device()).session(request.memoryBytes ?? null);
    const { model, outputs } = request;
    return runModel({ model, files: studyFiles(request.files), inputs, outputs }, (network, feeds, samples) =>
      runNetwork(gpu, network, feeds, samples, "direct"),
    );
  },
  async run(request, port) {
    if (runs.has(request.id)) throw new LesionError("internal", `a run ${request.id} is under way already`);
    const control: Control = { cancelled: false, paused: null };
    runs.set(request.id, control);
    const events = sendEvents(port);
    try {
      return await runStudy(await inputOf(request), outputTo(events), { open: device }, () => proceed(control, events));
    } finally {
      runs.delete(request.id);
      events.end();
    }
  },
  async pause(id) {
    const control = controlOf(id);
    if (control.paused) return;
    let end = () => {};
    const until = new Promise<void>((resolve) => {
      end = resolve;
    });
    control.paused = { until, end };
  },
  async resume(id) {
    const control = controlOf(id);
    control.paused?.end();
    control.paused = null;
  },
  async cancel(id) {
    const control = controlOf(id);
    control.cancelled = true;
    control.paused?.end();
    control.paused = null;
  },
  async checkRequest(request, size) {
    const made = await checkRequestOf(await inputOf(request), size, await device());
    return transfer(made, [made.inputs.buffer, made.logits.buffer]);
  },
  async loseDevice() {
    (await device()).device.destroy();
  },
};

expose(api);
void holdLifeline(self.name);
