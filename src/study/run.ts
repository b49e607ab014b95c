/**
 * One execution of a study, from its document to its end record: open, train, plan, predict, sweep. A lost device is
 * replaced and the run goes on; a journal's rows are not computed again.
 */
import type { Effect, Outcome } from "../ablation/effects.ts";
import { planSweep, type SweepPlan } from "../ablation/planner.ts";
import { runSweep } from "../ablation/sweep.ts";
import { type ErrorReport, LesionError, reportOf } from "../core/errors.ts";
import { chunkBytes } from "../engine/prefix.ts";
import { Tuner, type Tuning } from "../engine/tuner.ts";
import { writeOnnx } from "../formats/onnx/write.ts";
import { readModel } from "../formats/read-model.ts";
import type { Gpu } from "../gpu/device.ts";
import { denseChain } from "../network/dense-chain.ts";
import type { Network } from "../network/network.ts";
import { ablationRecord, baselineRecord, type Comparison } from "./ablation-record.ts";
import { assertSameStudy, completedRows } from "./journal.ts";
import { type OpenedStudy, openStudy, type StudyFiles } from "./open-study.ts";
import { predictMs } from "./predict.ts";
import type { AblationRecord, EndRecord, LesionRecord } from "./records.ts";
import { trainStudy } from "./train-study.ts";

/** What a run is asked to do. */
export interface RunInput {
  readonly study: unknown;
  readonly files: StudyFiles;
  readonly memoryBytes: number | null;
  /** Records of an interrupted run of the same study. */
  readonly journal: readonly LesionRecord[];
  /** Networks trained by that run, ONNX. */
  readonly trained: { readonly trained: Uint8Array; readonly untrained: Uint8Array } | null;
  readonly shard: { readonly index: number; readonly of: number } | null;
  readonly tuning: Tuning;
}

/** Correctness bits of some rows: row i of `words` is that of ablation rows[i]. */
export interface RowBits {
  readonly rows: readonly number[];
  readonly wordsPerRow: number;
  readonly words: Uint32Array;
}

export interface RunProgress {
  readonly phase: "reading" | "making-data" | "training" | "planning" | "baseline" | "sweeping" | "done";
  readonly done: number;
  readonly total: number;
  readonly perSecond: number | null;
  readonly etaMs: number | null;
  readonly note: string;
}

/** Where a run's results go, as they arrive. */
export interface RunOutput {
  records(records: readonly LesionRecord[], bits: RowBits | null): void;
  baselineBits(words: Uint32Array): void;
  progress(progress: RunProgress): void;
  artifact(name: string, bytes: Uint8Array): void;
  warning(message: string): void;
}

/** The GPU of a run; `open` gives the present device, or a new one where it was lost. */
export interface RunDevice {
  open(): Promise<Gpu>;
}

/** How often a lost device is replaced before the run is given up. */
const MOST_DEVICES = 4;
export const ENGINE_VERSION = "0.1.0";

/**
 * Runs a study. `proceed` is asked between batches; it waits while the run is paused and gives false where it is
 * cancelled. Resolves with the end record, which was also written. Throws for input that cannot be run at all.
 */
export async function runStudy(
  input: RunInput,
  output: RunOutput,
  device: RunDevice,
  proceed: () => Promise<boolean>,
): Promise<EndRecord> {
  const startedMs = performance.now();
  const run = new Run(input, output, device, proceed);
  for (let devices = 1; ; devices++) {
    try {
      const end = await run.attempt(startedMs);
      output.records([end], null);
      output.progress({
        phase: "done",
        done: end.ablations,
        total: end.ablations,
        perSecond: null,
        etaMs: 0,
        note: end.state,
      });
      return end;
    } catch (error) {
      const lost = error instanceof LesionError && error.code === "device-lost";
      if (!lost || devices === MOST_DEVICES) throw error;
      output.warning(`the GPU device was lost; going on with a new one (${run.done.size} ablations are kept)`);
    }
  }
}

/** What an execution has reached, kept across lost devices. */
class Run {
  readonly #input: RunInput;
  readonly #output: RunOutput;
  readonly #device: RunDevice;
  readonly #proceed: () => Promise<boolean>;
  readonly done: Set<number>;
  #opened: OpenedStudy | null = null;
  #network: Network | null = null;
  #announced: boolean;
  #baselineWritten: boolean;
  #computed = 0;
  #macs = 0;
  #cancelled = false;
  #failure: ErrorReport | null = null;

  constructor(input: RunInput, output: RunOutput, device: RunDevice, proceed: () => Promise<boolean>) {
    this.#input = input;
    this.#output = output;
    this.#device = device;
    this.#proceed = async () => {
      const go = await proceed();
      if (!go) this.#cancelled = true;
      return go;
    };
    this.done = completedRows(input.journal);
    this.#announced = input.journal.some((record) => record.type === "run");
    this.#baselineWritten = input.journal.some((record) => record.type === "baseline");
  }

  /** Everything that is not done yet, on one device. */
  async attempt(startedMs: number): Promise<EndRecord> {
    const output = this.#output;
    const phase = (name: RunProgress["phase"], note: string) =>
      output.progress({ phase: name, done: 0, total: 0, perSecond: null, etaMs: null, note });
    phase("reading", "opening the study");
    const making = async (done: number, total: number) => {
      output.progress({ phase: "making-data", done, total, perSecond: null, etaMs: null, note: "drawing digits" });
      await breathe();
    };
    this.#opened ??= await openStudy(this.#input.study, this.#input.files, making);
    const opened = this.#opened;
    const gpu = await this.#device.open();
    if (this.#input.memoryBytes !== null) gpu.arena.budgetBytes = this.#input.memoryBytes;
    const tuner = new Tuner(gpu, this.#input.tuning);
    this.#announce(opened, gpu);
    this.#network ??= await this.#train(gpu, tuner, opened, making);
    if (this.#network === null) return this.#end(startedMs, null, 0, gpu);

    phase("planning", "choosing how to compute the sweep");
    const chain = denseChain(this.#network);
    const { shard } = this.#input;
    const plan = planOpened(
      opened,
      gpu,
      (row) => this.done.has(row) || (shard !== null && row % shard.of !== shard.index),
    );
    gpu.arena.resetPeak();
    const predictedMs = await predictMs({ gpu, tuner, opened, chain, plan });
    const sweepMs = await this.#sweep(gpu, tuner, opened, chain, plan, predictedMs);
    return this.#end(startedMs, { plan, predictedMs, sweepMs }, this.#wholeMacs(opened), gpu);
  }

  #announce({ study, studyHash, modelHash, dataHash, chain, dataset, ablations }: OpenedStudy, gpu: Gpu): void {
    const earlier = this.#input.journal.find((record) => record.type === "run");
    if (earlier) assertSameStudy(earlier, { study: studyHash, model: modelHash, data: dataHash });
    if (gpu.isProcessor) this.#output.warning("no GPU here: a processor stands in for it (a fallback adapter)");
    if (this.#announced) return;
    this.#announced = true;
    this.#output.records(
      [
        {
          type: "run",
          version: 1,
          name: study.name,
          study: studyHash,
          model: modelHash,
          data: dataHash,
          engine: ENGINE_VERSION,
          adapter: gpu.adapter,
          seed: study.seed,
          started: new Date().toISOString(),
          ablations: ablations.count,
          classNames: dataset.classNames,
          layers: chain.ablatable,
        },
      ],
      null,
    );
  }

  /** The network to ablate: as read, as trained by the interrupted run, or trained now. Null where it was stopped. */
  async #train(
    gpu: Gpu,
    tuner: Tuner,
    opened: OpenedStudy,
    making: (done: number, total: number) => Promise<void>,
  ): Promise<Network | null> {
    const { study, network } = opened;
    if (!("train" in study.model)) return network;
    const { trained } = this.#input;
    if (trained) return readModel(trained.trained, "trained.onnx");
    const output = this.#output;
    output.artifact("untrained.onnx", writeOnnx(network));
    const startMs = performance.now();
    const result = await trainStudy(gpu, tuner, opened, study.model.train, this.#input.files, {
      making,
      proceed: this.#proceed,
      samples: (done, total) =>
        output.progress({ phase: "training", done, total, ...pace(startMs, done, total), note: "" }),
      epoch: (record) => output.records([record], null),
    });
    if (result) output.artifact("trained.onnx", writeOnnx(result));
    return result;
  }

  /** Runs the plan; resolves with the milliseconds it took. */
  async #sweep(
    gpu: Gpu,
    tuner: Tuner,
    opened: OpenedStudy,
    chain: OpenedStudy["chain"],
    plan: SweepPlan,
    predictedMs: number | null,
  ): Promise<number> {
    const { study, dataset, transform, baselineTransform, ablations } = opened;
    const output = this.#output;
    const baseline = baselineTransform && (await intactOn(gpu, tuner, opened, chain, plan, baselineTransform));
    const startMs = performance.now();
    output.progress({ phase: "baseline", done: 0, total: plan.samples, perSecond: null, etaMs: predictedMs, note: "" });
    let comparison: Comparison | null = null;
    let finished = 0;
    const events = runSweep({
      gpu,
      tuner,
      chain,
      dataset,
      transform,
      plan,
      ablations,
      top5: study.measure.includes("top5"),
      loss: study.measure.includes("loss"),
      seed: study.seed,
      proceed: this.#proceed,
    });
    const report = () =>
      output.progress({
        phase: "sweeping",
        done: this.done.size,
        total: this.done.size + plan.ablations - Math.round(finished),
        ...pace(startMs, finished, plan.ablations),
        note: "",
      });
    for await (const event of events) {
      if (event.kind === "macs") this.#macs += event.macs;
      else if (event.kind === "failed") this.#fail(event.rows, event.error);
      else if (event.kind === "intact") {
        comparison = {
          intact: event.outcome,
          baseline: baseline ?? event.outcome,
          truths: event.truths,
          layers: opened.chain.ablatable,
          measure: study.measure,
        };
        if (!this.#baselineWritten) {
          output.records([baselineRecord(comparison.baseline, study.measure)], null);
          output.baselineBits(comparison.baseline.bits);
          this.#baselineWritten = true;
        }
      } else if (event.kind === "effects") {
        this.#write(opened, event.effects, comparison!);
        if (plan.samplesPerSegment === plan.samples) finished += event.effects.length;
        report();
      } else {
        finished += event.effects;
        report();
      }
    }
    return performance.now() - startMs;
  }

  #write({ ablations }: OpenedStudy, effects: readonly Effect[], comparison: Comparison): void {
    const records: AblationRecord[] = [];
    const wordsPerRow = comparison.intact.bits.length;
    const words = new Uint32Array(effects.length * wordsPerRow);
    effects.forEach((effect, i) => {
      const { record, bits } = ablationRecord(ablations.at(effect.row), effect, comparison);
      records.push(record);
      words.set(bits, i * wordsPerRow);
      this.done.add(effect.row);
    });
    this.#computed += effects.length;
    this.#output.records(records, { rows: records.map(({ row }) => row), wordsPerRow, words });
  }

  #fail(rows: readonly number[], error: LesionError): void {
    const report = reportOf(error);
    this.#output.records(
      rows.map((row) => ({ type: "failure" as const, row, error: report })),
      null,
    );
    this.#failure = report;
  }

  #wholeMacs({ dataset, chain }: OpenedStudy): number {
    const macs = chain.stages.reduce((sum, { inFeatures, outFeatures }) => sum + inFeatures * outFeatures, 0);
    return this.#computed * dataset.samples * macs;
  }

  #end(
    startedMs: number,
    sweep: { plan: SweepPlan; predictedMs: number | null; sweepMs: number } | null,
    wholeMacs: number,
    gpu: Gpu,
  ): EndRecord {
    const plan = sweep?.plan;
    return {
      type: "end",
      state: this.#cancelled ? "cancelled" : this.#failure ? "failed" : "done",
      ablations: this.done.size,
      ms: performance.now() - startedMs,
      macs: this.#macs,
      macsSaved: Math.max(0, wholeMacs - this.#macs),
      predicted: { ms: sweep?.predictedMs ?? null, macs: plan?.macs ?? 0, bytes: plan?.peakBytes ?? 0 },
      measured: { ms: sweep?.sweepMs ?? 0, macs: this.#macs, bytes: gpu.arena.peakBytes },
      ...(this.#failure ? { error: this.#failure } : {}),
    };
  }
}

/** The plan of an opened study on a device, leaving out the rows that `skip` names. */
export function planOpened(opened: OpenedStudy, gpu: Gpu, skip: (row: number) => boolean): SweepPlan {
  const { chain, ablations, dataset } = opened;
  return planSweep({
    chain,
    ablations,
    skip,
    samples: dataset.samples,
    chunkBytesPerSample: chunkBytes(dataset),
    budgetBytes: gpu.arena.budgetBytes,
    isProcessor: gpu.isProcessor,
    bindingBytes: Math.min(gpu.device.limits.maxStorageBufferBindingSize, gpu.device.limits.maxBufferSize),
  });
}

/** The intact network's outcome under another transform. */
async function intactOn(
  gpu: Gpu,
  tuner: Tuner,
  opened: OpenedStudy,
  chain: OpenedStudy["chain"],
  plan: SweepPlan,
  transform: OpenedStudy["transform"],
): Promise<Outcome> {
  const events = runSweep({
    gpu,
    tuner,
    chain,
    dataset: opened.dataset,
    transform,
    plan: { ...plan, steps: [] },
    ablations: opened.ablations,
    top5: true,
    loss: true,
    seed: opened.study.seed,
    proceed: async () => true,
  });
  for await (const event of events) if (event.kind === "intact") return event.outcome;
  throw new LesionError("internal", "the baseline was not measured");
}

function pace(startMs: number, done: number, total: number): Pick<RunProgress, "perSecond" | "etaMs"> {
  const elapsedMs = performance.now() - startMs;
  if (done <= 0 || elapsedMs <= 0) return { perSecond: null, etaMs: null };
  return { perSecond: (done / elapsedMs) * 1000, etaMs: (elapsedMs / done) * Math.max(0, total - done) };
}

/** Lets the worker answer what was sent to it meanwhile. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
