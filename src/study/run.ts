/**
 * One execution of a study, from its document to its end record: open, train, plan, predict, sweep, recover. A lost device
 * is replaced and the run goes on; what a journal has is not computed again.
 */
import type { GraphPlan } from "../ablation/graph-planner.ts";
import type { SweepPlan } from "../ablation/planner.ts";
import { measuredOn, type Subject, subjectOf } from "../ablation/subject.ts";
import type { OptimalConstants } from "../ablation/sweep.ts";
import { LesionError } from "../core/errors.ts";
import { nextTask } from "../core/next-task.ts";
import { Tuner } from "../engine/tuner.ts";
import { readOnnx } from "../formats/onnx/read.ts";
import { writeOnnx } from "../formats/onnx/write.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Network } from "../network/network.ts";
import { type AnalysisRequest, analyseStudy, prepareSweeps } from "./analyse-study.ts";
import { assertAdaptive } from "./analyses/adaptive-sweep.ts";
import { Checkpoints } from "./checkpoints.ts";
import { assertSameStudy } from "./journal.ts";
import { keptOfRows } from "./measured-rows.ts";
import { networkArtifacts } from "./network-artifacts.ts";
import { type OpenedStudy, openStudy } from "./open-study.ts";
import { NO_PACE, pacer } from "./pace.ts";
import { isElsewhere, planOpened } from "./plan-opened.ts";
import { predictMs } from "./predict.ts";
import { Reached } from "./reached.ts";
import { recordSweep } from "./record-sweep.ts";
import type { EndRecord, Progress } from "./records.ts";
import { recoverStudy } from "./recover-study.ts";
import { assertHeldAfterActivation } from "./recovery-plan.ts";
import type { KeptStates, Proceed, RunDevice, RunInput, RunOutput } from "./run-interface.ts";
import { parseStudy } from "./schema.ts";
import type { Study } from "./study.ts";
import { studyWarnings } from "./study-warnings.ts";
import { trainStudy } from "./train-study.ts";
import { TrainedNetworks } from "./trained-networks.ts";
import { TrainingSets } from "./training-data.ts";

/** How often a lost device is replaced before the run is given up. */
const MOST_DEVICES = 4;
const ENGINE_VERSION = "0.1.0";

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
  /** Most bytes that were allocated at any time. */
  readonly peakBytes: number;
}

/** What is kept across lost devices: the study, its network, and what was reached. */
class Run {
  readonly #startedMs = performance.now();
  readonly #input: RunInput;
  readonly #output: RunOutput;
  readonly #device: RunDevice;
  readonly #proceed: Proceed;
  readonly reached: Reached;
  readonly #checkpoints: Checkpoints;
  #opened: OpenedStudy | null = null;
  #trainingSets: TrainingSets | null = null;
  #trained: TrainedNetworks | null = null;
  #network: Network | null = null;

  constructor(input: RunInput, output: RunOutput, device: RunDevice, proceed: Proceed) {
    this.#input = input;
    this.#output = warningOnce(output);
    this.#checkpoints = new Checkpoints(input.checkpoints, this.#output);
    this.#device = device;
    this.reached = new Reached(input.journal, keptOfRows(parseStudy(input.study)));
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
    assertHeldAfterActivation(opened.study);
    assertAdaptive(opened);
    for (const warning of studyWarnings(opened.study, opened.subject.ablatable)) this.#output.warning(warning);
    this.#trainingSets ??= new TrainingSets(opened, files, this.#makingUnlessStopped);
    this.#trained ??= new TrainedNetworks(opened, this.#input.networks ?? NO_STATES, this.#output);
    using gpu = (await this.#device.open()).session(memoryBytes);
    const tuner = new Tuner(gpu, tuning);
    this.#announce(opened, gpu);
    this.#network ??= await this.#train(gpu, opened, this.#trainingSets, this.#trained);
    if (this.#network === null) return this.#end(opened, gpu, null);

    this.#enter("planning", "choosing how to compute the sweep");
    const subject = await this.#subject(gpu, tuner, opened, this.#network);
    const request: AnalysisRequest = {
      ...{ gpu, tuner, opened: { ...opened, subject }, network: this.#network, subject, reached },
      ...{ trained: this.#trained, sets: this.#trainingSets, proceed: this.#proceed, output: this.#output },
    };
    const prepared = await orNullIfStopped(prepareSweeps(request));
    if (prepared === null) return this.#end(opened, gpu, null);
    const ready = prepared.opened;
    const plan = planOpened(ready, gpu, (row) => reached.done.has(row) || isElsewhere(row, shard));
    gpu.arena.resetPeak();
    const swept = await this.#sweep(gpu, tuner, ready, subject, plan, prepared.optimal);
    await analyseStudy({ ...request, opened: ready }, prepared, this.#input);
    await this.#recover(gpu, tuner, ready, subject, this.#network, this.#trainingSets);
    return this.#end(opened, gpu, swept);
  }

  async #sweep(
    gpu: Gpu,
    tuner: Tuner,
    opened: OpenedStudy,
    subject: Subject,
    plan: SweepPlan | GraphPlan,
    optimal: OptimalConstants | undefined,
  ): Promise<Swept> {
    const { reached } = this;
    if (plan.ablations === 0 && reached.baseline) return { plan, predictedMs: null, sweepMs: 0, peakBytes: 0 };
    const common = { gpu, tuner, opened, subject, plan, optimal, proceed: this.#proceed };
    const predictedMs = await predictMs(common);
    if (reached.cancelled) return { plan, predictedMs, sweepMs: 0, peakBytes: gpu.arena.peakBytes };
    const sweepMs = await recordSweep({ ...common, predictedMs }, reached, this.#output);
    return { plan, predictedMs, sweepMs, peakBytes: gpu.arena.peakBytes };
  }

  async #recover(
    gpu: Gpu,
    tuner: Tuner,
    opened: OpenedStudy,
    subject: Subject,
    network: Network,
    sets: TrainingSets,
  ): Promise<void> {
    const { recover: options } = opened.study;
    if (options === null || this.reached.cancelled) return;
    const { split, limit } = options.data;
    const request = {
      gpu,
      tuner,
      opened,
      options,
      network,
      subject,
      shard: this.#input.shard,
      data: () => sets.of(split, limit),
      checkpoints: this.#checkpoints,
      proceed: this.#proceed,
    };
    await recoverStudy(request, this.reached, this.#output);
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

  readonly #makingUnlessStopped = async (done: number, total: number) => {
    await this.#making(done, total);
    if (!(await this.#proceed())) throw new LesionError("cancelled", "the run was stopped");
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
  async #train(gpu: Gpu, opened: OpenedStudy, sets: TrainingSets, networks: TrainedNetworks): Promise<Network | null> {
    const { study, network } = opened;
    const options = study.model.train;
    if (options === null) return network;
    const { trained } = this.#input;
    if (trained) {
      const network = readOnnx(trained.trained, "trained");
      networks.finished(0, network);
      return network;
    }
    const output = this.#output;
    output.artifact("untrained.onnx", writeOnnx(network));
    const data = await orNullIfStopped(sets.of("train", options.limit));
    if (data === null) return null;
    const pace = pacer();
    const request = { gpu, opened, options, data, checkpoints: this.#checkpoints, keptEpochs: keptEpochs(study) };
    const result = await trainStudy(request, {
      proceed: this.#proceed,
      samples: (done, total) => output.progress({ phase: "training", done, total, ...pace(done, total), note: "" }),
      epoch: (records) => {
        const news = this.reached.training.add(records);
        if (news.length > 0) output.records(news, null);
      },
      after: (index, epoch, network) => networks.reached(index, epoch, network),
      other: (index, other) => {
        networks.finished(index, other);
        networkArtifacts(`trained-${index}`, other, output);
      },
    });
    // The last to be given out: a run that has it has trained all that it trains.
    if (result) {
      networks.finished(0, result);
      networkArtifacts("trained", result, output);
    }
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
      measured: { ms: sweepMs, macs, bytes: swept?.peakBytes ?? gpu.arena.peakBytes },
      ...(outcome.error ? { error: outcome.error } : {}),
    };
  }
}

const NO_STATES: KeptStates = {
  names: [],
  bytesOf: (name) => Promise.reject(new LesionError("internal", `no file ${name} was kept`)),
};

/** Epochs after which networks are kept, for analyses of how they were on their way. */
function keptEpochs({ analyses }: Study): ReadonlySet<number> {
  return new Set(analyses.flatMap((each) => (each.analyse === "negligible" ? each.epochs : [])));
}

/** The output, which is given each warning once, however often a run begins anew. */
function warningOnce(output: RunOutput): RunOutput {
  const given = new Set<string>();
  return {
    ...output,
    warning(message) {
      if (given.has(message)) return;
      given.add(message);
      output.warning(message);
    },
  };
}

/** What a promise gives, null where it was stopped. */
async function orNullIfStopped<T>(promise: Promise<T>): Promise<T | null> {
  try {
    return await promise;
  } catch (thrown) {
    if (thrown instanceof LesionError && thrown.code === "cancelled") return null;
    throw thrown;
  }
}
