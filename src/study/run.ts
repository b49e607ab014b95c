/**
 * One execution of a study, from its document to its end record: open, train, plan, predict, sweep. A lost device is
 * replaced and the run goes on; a journal's rows are not computed again.
 */
import type { GraphPlan } from "../ablation/graph-planner.ts";
import type { SweepPlan } from "../ablation/planner.ts";
import { measuredOn, type Subject, subjectOf } from "../ablation/subject.ts";
import { LesionError } from "../core/errors.ts";
import { nextTask } from "../core/next-task.ts";
import { Tuner } from "../engine/tuner.ts";
import { readOnnx } from "../formats/onnx/read.ts";
import { writeOnnx } from "../formats/onnx/write.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Network } from "../network/network.ts";
import { assertSameStudy } from "./journal.ts";
import { type OpenedStudy, openStudy } from "./open-study.ts";
import { NO_PACE, pacer } from "./pace.ts";
import { isElsewhere, planOpened } from "./plan-opened.ts";
import { predictMs } from "./predict.ts";
import { Reached } from "./reached.ts";
import { recordSweep } from "./record-sweep.ts";
import type { EndRecord, Progress } from "./records.ts";
import type { Proceed, RunDevice, RunInput, RunOutput } from "./run-interface.ts";
import { trainStudy } from "./train-study.ts";

/** How often a lost device is replaced before the run is given up. */
const MOST_DEVICES = 4;
export const ENGINE_VERSION = "0.1.0";

/**
 * Runs a study. Resolves with the end record, which was also written. Throws for input that cannot be run at all, and
 * `device-lost` where devices do not last; what was written until then can be resumed.
 */
export async function runStudy(
  input: RunInput,
  output: RunOutput,
  device: RunDevice,
  proceed: Proceed,
): Promise<EndRecord> {
  const run = new Run(input, output, device, proceed);
  for (let devices = 1; ; devices++) {
    try {
      const end = await run.attempt();
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
      output.warning(`the GPU device was lost; going on with a new one (${run.reached.done.size} ablations are kept)`);
    }
  }
}

/** How a sweep was planned and what it took. */
interface Swept {
  readonly plan: SweepPlan | GraphPlan;
  readonly predictedMs: number | null;
  readonly sweepMs: number;
}

/** What is kept across lost devices: the study, its network, and what was reached. */
class Run {
  readonly #startedMs = performance.now();
  readonly #input: RunInput;
  readonly #output: RunOutput;
  readonly #device: RunDevice;
  readonly #proceed: Proceed;
  readonly reached: Reached;
  #opened: OpenedStudy | null = null;
  #network: Network | null = null;

  constructor(input: RunInput, output: RunOutput, device: RunDevice, proceed: Proceed) {
    this.#input = input;
    this.#output = output;
    this.#device = device;
    this.reached = new Reached(input.journal);
    this.#proceed = async () => {
      const go = await proceed();
      if (!go) this.reached.cancelled = true;
      return go;
    };
  }

  /** Everything that is not done yet, on one device. */
  async attempt(): Promise<EndRecord> {
    const { study, files, memoryBytes, tuning, shard } = this.#input;
    const { reached } = this;
    this.#enter("reading", "opening the study");
    this.#opened ??= await openStudy(study, files, this.#making);
    const opened = this.#opened;
    using gpu = (await this.#device.open()).session(memoryBytes);
    const tuner = new Tuner(gpu, tuning);
    this.#announce(opened, gpu);
    this.#network ??= await this.#train(gpu, tuner, opened);
    if (this.#network === null) return this.#end(opened, gpu, null);

    this.#enter("planning", "choosing how to compute the sweep");
    const subject = await this.#subject(gpu, tuner, opened, this.#network);
    const plan = planOpened({ ...opened, subject }, gpu, (row) => reached.done.has(row) || isElsewhere(row, shard));
    gpu.arena.resetPeak();
    const predictedMs = await predictMs({ gpu, tuner, opened, subject, plan, proceed: this.#proceed });
    const sweep = { gpu, tuner, opened, subject, plan, predictedMs, proceed: this.#proceed };
    const sweepMs = await recordSweep(sweep, reached, this.#output);
    return this.#end(opened, gpu, { plan, predictedMs, sweepMs });
  }

  /** The network as this adapter computes it. */
  async #subject(gpu: Gpu, tuner: Tuner, opened: OpenedStudy, network: Network): Promise<Subject> {
    const subject = network === opened.network ? opened.subject : subjectOf(network);
    const { ablations, dataset } = opened;
    return subject.kind === "graph" ? measuredOn(gpu, tuner, network, subject, ablations, dataset.samples) : subject;
  }

  #enter(phase: Progress["phase"], note: string): void {
    this.#output.progress({ phase, done: 0, total: 0, ...NO_PACE, note });
  }

  readonly #making = async (done: number, total: number) => {
    this.#output.progress({ phase: "making-data", done, total, ...NO_PACE, note: "drawing digits" });
    await nextTask();
  };

  #announce(opened: OpenedStudy, gpu: Gpu): void {
    const { study, studyHash, modelHash, dataHash, subject, dataset, ablations } = opened;
    const earlier = this.#input.journal.find((record) => record.type === "run");
    if (earlier) assertSameStudy(earlier, { study: studyHash, model: modelHash, data: dataHash });
    if (gpu.isProcessor) this.#output.warning("no GPU was found; the processor stands in for it, as right but slower");
    if (this.reached.announced) return;
    this.reached.announced = true;
    const { name, seed } = study;
    const started = new Date().toISOString();
    this.#output.records(
      [
        {
          type: "run",
          version: 1,
          name,
          study: studyHash,
          model: modelHash,
          data: dataHash,
          engine: ENGINE_VERSION,
          adapter: gpu.adapter,
          seed,
          started,
          ablations: ablations.count,
          classNames: dataset.classNames,
          layers: subject.ablatable,
        },
      ],
      null,
    );
  }

  /** The network to ablate: as read, as trained by the interrupted run, or trained now. Null where it was stopped. */
  async #train(gpu: Gpu, tuner: Tuner, opened: OpenedStudy): Promise<Network | null> {
    const { study, network } = opened;
    if (!("train" in study.model)) return network;
    const { trained, files } = this.#input;
    if (trained) return readOnnx(trained.trained, "trained");
    const output = this.#output;
    const pace = pacer();
    output.artifact("untrained.onnx", writeOnnx(network));
    const result = await trainStudy(gpu, tuner, opened, study.model.train, files, {
      making: this.#making,
      proceed: this.#proceed,
      samples: (done, total) => output.progress({ phase: "training", done, total, ...pace(done, total), note: "" }),
      epoch: (record) => {
        // Epochs repeated after an interruption are the same again, and written already.
        if (record.epoch <= this.reached.epochs) return;
        this.reached.epochs = record.epoch;
        output.records([record], null);
      },
    });
    if (result) output.artifact("trained.onnx", writeOnnx(result));
    return result;
  }

  #end({ dataset, subject }: OpenedStudy, gpu: Gpu, swept: Swept | null): EndRecord {
    const { done, macs, computed, outcome } = this.reached;
    const { plan, predictedMs = null, sweepMs = 0 } = swept ?? {};
    return {
      type: "end",
      state: outcome.state,
      ablations: done.size,
      ms: performance.now() - this.#startedMs,
      macs,
      macsSaved: Math.max(0, computed * dataset.samples * subject.macs - macs),
      predicted: { ms: predictedMs, macs: plan?.macs ?? 0, bytes: plan?.peakBytes ?? 0 },
      measured: { ms: sweepMs, macs, bytes: gpu.arena.peakBytes },
      ...(outcome.error ? { error: outcome.error } : {}),
    };
  }
}
