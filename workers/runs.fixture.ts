/** Small studies of made digits, and runs of them through a real worker, for the tests of the engine's client. */
import { recordLine } from "../src/study/journal.ts";
import type { AblationRecord, EndRecord, LesionRecord } from "../src/study/records.ts";
import type { Engine, EngineRun } from "./client.ts";
import type { RunEvent, RunRequest } from "./protocol.ts";

export type Request = Omit<RunRequest, "id">;

const SAMPLES = 300;

/** 11 + 7 single units under each of several replacements, and the pairs of the first layer: in many steps of a plan. */
export const study = {
  name: "small",
  model: {
    build: { layers: [{ units: 11 }, { units: 7, bias: true }, { units: 10 }] },
    train: { epochs: 1, batch: 32, limit: 500, optimizer: { kind: "sgd", learningRate: 0.05, momentum: 0.9 } },
  },
  data: { set: "digits", limit: SAMPLES },
  sweeps: [
    { ablate: "pairs", layers: [0] },
    ...["zero", "mean", { constant: 0.5 }, { scale: 0.5 }, { noise: 1 }].map((replacement) => ({
      ablate: "each-unit",
      replacement,
    })),
  ],
} as const;
export const ABLATIONS = (11 * 10) / 2 + 5 * (11 + 7);

/** All that a run gave. */
export interface Outcome {
  readonly events: readonly RunEvent[];
  readonly records: readonly LesionRecord[];
  readonly end: EndRecord;
}

/** A run under way, with what it has given so far. */
export interface Watched {
  readonly run: EngineRun;
  readonly events: RunEvent[];
  readonly outcome: Promise<Outcome>;
  /** Resolves with the first event that fits. */
  until(fits: (event: RunEvent) => boolean): Promise<RunEvent>;
}

export function start(engine: Engine, request: Partial<Request> = {}): Watched {
  const events: RunEvent[] = [];
  const waiting: { fits: (event: RunEvent) => boolean; resolve: (event: RunEvent) => void }[] = [];
  const run = engine.run({ study, files: {}, ...request }, (event) => {
    events.push(event);
    for (const { fits, resolve } of waiting) if (fits(event)) resolve(event);
  });
  const outcome = run.done.then((end) => ({ events: [...events], records: recordsOf(events), end }));
  outcome.catch(() => {});
  const until = (fits: (event: RunEvent) => boolean) =>
    new Promise<RunEvent>((resolve) => {
      const known = events.find(fits);
      if (known) resolve(known);
      else waiting.push({ fits, resolve });
    });
  return { run, events, outcome, until };
}

export const recordsOf = (events: readonly RunEvent[]): LesionRecord[] =>
  events.flatMap((event) => (event.kind === "records" ? event.records : []));

/** Records as a later run takes them. */
export const journalOf = (records: readonly LesionRecord[]): Blob => new Blob(records.map(recordLine));

export const ablationsOf = (records: readonly LesionRecord[]): AblationRecord[] =>
  records.filter((record) => record.type === "ablation");

/** What was measured, by row and epoch, without what the clock says: the same for every run of a study. */
export function measured(records: readonly LesionRecord[]): unknown[] {
  const rank = (record: LesionRecord) => (record.type === "ablation" ? record.row : record.type === "train" ? -2 : -1);
  return records
    .filter((record) => record.type === "ablation" || record.type === "baseline" || record.type === "train")
    .sort((a, b) => rank(a) - rank(b))
    .map((record) => ({ ...record, ms: 0 }));
}

/** The networks that a run trained, as a later run takes them. */
export function trainedOf(events: readonly RunEvent[]): NonNullable<Request["trained"]> {
  const bytes = (name: string) => {
    const found = events.find((event) => event.kind === "artifact" && event.name === name);
    if (found?.kind !== "artifact") throw new Error(`the run gave no ${name}`);
    return found.bytes;
  };
  return { trained: bytes("trained.onnx"), untrained: bytes("untrained.onnx") };
}

export const isAblation = (event: RunEvent) =>
  event.kind === "records" && event.records.some((record) => record.type === "ablation");
export const isEpoch = (event: RunEvent) =>
  event.kind === "records" && event.records.some((record) => record.type === "train");
