/**
 * Trains copies of a network on the GPU: steps are recorded ahead, losses and hits stay there until the epoch ends, and all
 * copies that fit train in the same dispatches.
 */
import { LesionError } from "../../core/errors.ts";
import { random } from "../../core/random.ts";
import type { Arena } from "../../gpu/arena.ts";
import type { Gpu } from "../../gpu/device.ts";
import { tensorFloats } from "../../kernels/tensor-layout.ts";
import type { Network } from "../../network/network.ts";
import { bind, compile, type Prepared } from "../prepare.ts";
import { deviceSamples } from "../samples.ts";
import { recordInPieces, roughMs, SUBMIT_MS } from "../submits.ts";
import { ANY_BACKGROUND, backgroundOf, mayHaveBackground } from "./background.ts";
import { running } from "./batch-norm.ts";
import type { PassMode } from "./forward.ts";
import { heldChannels } from "./held.ts";
import { loadFrozen, loadHeld, loadParameters } from "./load-parameters.ts";
import { DeviceMemory } from "./memory.ts";
import {
  classHits,
  prefixDispatches,
  type StepDispatch,
  type StepPlace,
  type StepSamples,
  stepDispatches,
  totalLosses,
} from "./steps.ts";
import type {
  CopyEpoch,
  CopyEvaluation,
  NetworkCopy,
  SampleProgress,
  Trainer,
  TrainerPlan,
  TrainerSetup,
  TrainingData,
} from "./trainer-interface.ts";
import { TrainingPass } from "./training-pass.ts";
import { type PlannedTraining, planTraining, type TrainingLimits } from "./training-plan.ts";
import { readNetwork, readState, type StateBuffers, stateBytes, writeState } from "./training-state.ts";

/** What a device has for a training. */
export function limitsOf(gpu: Gpu): TrainingLimits {
  const { maxStorageBufferBindingSize, maxBufferSize } = gpu.device.limits;
  return {
    isProcessor: gpu.isProcessor,
    budgetBytes: gpu.arena.budgetBytes - gpu.arena.allocatedBytes,
    bindingBytes: Math.min(maxStorageBufferBindingSize, maxBufferSize),
  };
}

/** What training so would take, and how many of the copies train at once. Throws as `planTraining` does. */
export function planTrainer(gpu: Gpu, setup: TrainerSetup): TrainerPlan {
  const background = gpu.isProcessor && mayHaveBackground(setup.data) ? ANY_BACKGROUND : null;
  return planTraining(limitsOf(gpu), setup, background).plan;
}

/**
 * Opens a training of all copies of the setup at once: of no more than `planTrainer` allows. Throws `out-of-memory` for more,
 * and as `planTraining` does.
 */
export async function openTrainer(gpu: Gpu, setup: TrainerSetup): Promise<Trainer> {
  const background = gpu.isProcessor ? await backgroundOf(setup.data) : null;
  const planned = planTraining(limitsOf(gpu), setup, background);
  if (planned.plan.copiesAtOnce < setup.copies.length) {
    throw new LesionError(
      "out-of-memory",
      `${setup.copies.length} copies do not fit the memory budget at once; ${planned.plan.copiesAtOnce} do`,
      { fix: "Train fewer copies at once, or raise the memory budget (--memory)." },
    );
  }
  return gpu.arena.opening(async (arena) => {
    const trainer = new OpenTrainer(gpu, arena, planned, setup);
    await trainer.load();
    return trainer;
  });
}

const MOST_STEPS_A_SUBMIT = 16;

class OpenTrainer implements Trainer {
  readonly samples: number;
  readonly testSamples: number;
  readonly #gpu: Gpu;
  readonly #arena: Arena;
  #planned: PlannedTraining;
  #setup: TrainerSetup;
  readonly #memory: DeviceMemory;
  readonly #prepared = new Map<string, Promise<(place: StepPlace) => void>>();
  /** Multiply-accumulates of one row of all copies. */
  readonly #rowMacs: number;
  readonly #stepsASubmit: number;
  #train: StepSamples | null = null;
  #test: StepSamples | null = null;

  constructor(gpu: Gpu, arena: Arena, planned: PlannedTraining, setup: TrainerSetup) {
    this.#gpu = gpu;
    this.#arena = arena;
    this.#planned = planned;
    this.#setup = setup;
    this.#memory = new DeviceMemory(arena, planned.sizes);
    this.samples = setup.data.samples;
    this.testSamples = setup.test.samples;
    this.#rowMacs = (planned.plan.epochMacs * setup.copies.length) / setup.data.samples;
    const stepMs = roughMs(gpu, this.#rowMacs * setup.options.batch);
    this.#stepsASubmit = Math.max(1, Math.min(MOST_STEPS_A_SUBMIT, Math.floor(SUBMIT_MS / stepMs)));
  }

  /** Puts parameters and samples on the device. */
  async load(): Promise<void> {
    loadFrozen(this.#arena, this.#memory, this.#planned);
    this.#loadCopies();
    const { copies, sharedOrder } = this.#planned.layout;
    this.#train = await this.#open(this.#setup.data, sharedOrder ? 1 : copies);
    this.#test = await this.#open(this.#setup.test, 0);
  }

  async epoch(epoch: number, progress: SampleProgress = () => {}): Promise<readonly CopyEpoch[]> {
    const samples = this.#train!;
    const { copies } = this.#setup;
    const orders = this.#planned.layout.sharedOrder ? copies.slice(0, 1) : copies;
    for (const [i, { seed }] of orders.entries()) {
      const order = random(seed, `epoch ${epoch}`).permutation(this.samples);
      this.#arena.write(samples.order, order, i * this.samples * 4);
    }
    const { losses, hits } = await this.#go(samples, "train", epoch, progress);
    return copies.map((_, copy) => ({
      loss: losses[copy]! / this.samples,
      correct: hits(copy).reduce((sum, count) => sum + count, 0),
    }));
  }

  async evaluate(progress: SampleProgress = () => {}): Promise<readonly CopyEvaluation[]> {
    const { losses, hits } = await this.#go(this.#test!, "evaluate", 0, progress);
    return this.#setup.copies.map((_, copy) => ({
      loss: losses[copy]! / this.testSamples,
      correct: hits(copy).reduce((sum, count) => sum + count, 0),
      classCorrect: hits(copy),
    }));
  }

  async restart(copies: readonly NetworkCopy[]): Promise<boolean> {
    const { form, training, held: before } = this.#planned;
    const held = copies.map((copy) => heldChannels(form, training.graph.shapes, copy.held));
    const isSame =
      copies.length === this.#setup.copies.length &&
      copies.every(({ seed }, i) => seed === this.#setup.copies[i]!.seed) &&
      tensorsIn(held) === tensorsIn(before);
    if (!isSame) return false;
    this.#planned = { ...this.#planned, held };
    this.#setup = { ...this.#setup, copies };
    for (const moments of this.#stateBuffers().moments) this.#gpu.recorder.clear(moments);
    await this.#gpu.finish();
    this.#loadCopies();
    return true;
  }

  network(copy: number): Promise<Network> {
    return readNetwork(this.#gpu, this.#planned, this.#stateBuffers(), copy);
  }

  get stateBytes(): number {
    return stateBytes(this.#planned, this.#stateBuffers());
  }

  state(epochs: number): Promise<Uint8Array> {
    return writeState(this.#gpu, this.#planned, this.#stateBuffers(), epochs);
  }

  async restore(state: Uint8Array): Promise<number> {
    return readState(this.#arena, this.#planned, this.#stateBuffers(), state);
  }

  [Symbol.dispose](): void {
    this.#arena[Symbol.dispose]();
  }

  /** All samples once, in steps; what they added up to. */
  async #go(samples: StepSamples, mode: PassMode, epoch: number, progress: SampleProgress) {
    const gpu = this.#gpu;
    const pass = this.#pass(1);
    const [totals, counts] = [totalLosses(pass), classHits(pass)];
    gpu.recorder.clear(totals);
    gpu.recorder.clear(counts);
    const { capacity, copies, training } = this.#planned.layout;
    const stepsAnEpoch = Math.ceil(samples.samples / capacity);
    // One submit is under way while the next is recorded.
    let before = Promise.resolve();
    for (let step = 0; step < stepsAnEpoch; step++) {
      const start = step * capacity;
      const rows = Math.min(capacity, samples.samples - start);
      (await this.#step(samples, mode, rows))({ start, epoch, step, stepsAnEpoch });
      if (step % this.#stepsASubmit < this.#stepsASubmit - 1) continue;
      const submitted = gpu.finish();
      submitted.catch(() => {}); // Awaited in the next round, unless that is never reached.
      await before;
      before = submitted;
      await progress(start + rows);
    }
    await before;
    const [lossBytes, hitBytes] = await gpu.read(
      { buffer: totals, sizeBytes: copies * 4 },
      { buffer: counts, sizeBytes: copies * training.classes * 4 },
    );
    const found = new Uint32Array(hitBytes!);
    const hits = (copy: number) => [...found.subarray(copy * training.classes, (copy + 1) * training.classes)];
    return { losses: new Float32Array(lossBytes!), hits };
  }

  #pass(rows: number): TrainingPass {
    return new TrainingPass(this.#planned.layout, this.#memory, rows);
  }

  /** A step of so many rows, compiled and bound once. */
  #step(samples: StepSamples, mode: PassMode, rows: number): Promise<(place: StepPlace) => void> {
    const key = `${mode} ${rows}`;
    const known =
      this.#prepared.get(key) ??
      recording(
        this.#gpu,
        stepDispatches(this.#pass(rows), samples, mode, this.#setup.copies[0]!.seed),
        rows * this.#rowMacs,
      );
    this.#prepared.set(key, known);
    return known;
  }

  /** A set's samples on the device, with room for orders: as they are stored, or what the fixed layers make of them. */
  async #open({ dataset, transform, samples }: TrainingData, orders: number): Promise<StepSamples> {
    const { layout, plan, training } = this.#planned;
    const labels = this.#arena.upload("labels", Uint32Array.from(dataset.labels.subarray(0, samples)));
    const order = this.#arena.storage("orders", orders * samples * 4);
    const common = { samples, labels, order };
    if (plan.prefix !== "kept") {
      const source = deviceSamples(this.#arena, dataset, transform, samples);
      await source.load(0, samples);
      return { ...common, source, cache: new Map() };
    }
    const pass = this.#pass(layout.capacity);
    const floatsOf = (name: string) => tensorFloats(1, pass.shape(name));
    const cache = new Map(
      training.frontier.map((name) => [name, this.#arena.storage(`kept ${name}`, samples * floatsOf(name) * 4)]),
    );
    using transient = this.#arena.scope();
    const source = deviceSamples(transient, dataset, transform, layout.capacity);
    const fixed = training.steps.filter((step) => step.fixed);
    const fixedMacs = fixed.reduce((sum, { name }) => sum + (training.graph.costs.get(name)?.macs ?? 0), 0);
    const recorded = new Map<number, (place: StepPlace) => void>();
    for (let start = 0; start < samples; start += layout.capacity) {
      const rows = Math.min(layout.capacity, samples - start);
      await source.load(start, rows);
      const record =
        recorded.get(rows) ??
        (await recording(
          this.#gpu,
          prefixDispatches(this.#pass(rows), { ...common, source, cache }),
          rows * fixedMacs,
        ));
      recorded.set(rows, record);
      record(FIRST);
      for (const [name, kept] of cache) {
        const bytes = floatsOf(name) * 4;
        this.#gpu.recorder.copy(pass.tensor(name).buffer, 0, kept, start * bytes, rows * bytes);
      }
      await this.#gpu.finish();
    }
    return { ...common, source: null, cache };
  }

  #loadCopies(): void {
    loadParameters(this.#arena, this.#memory, this.#planned, this.#setup.copies);
    loadHeld(this.#arena, this.#memory, this.#planned);
  }

  #stateBuffers(): StateBuffers {
    const { layout, training } = this.#planned;
    const floats = layout.copies * training.layout.trainedFloats;
    const adam = this.#setup.options.optimizer.kind !== "sgd";
    const moments = ["first moments", ...(adam ? ["second moments"] : [])];
    const norms = training.steps.flatMap(({ layer }) => (layer?.kind === "batch-norm" ? [layer] : []));
    return {
      parameters: this.#memory.of("parameters", floats),
      moments: moments.map((purpose) => this.#memory.of(purpose, floats)),
      running: norms.map((layer) => ({ layer, ...running(this.#memory, layer) })),
    };
  }
}

/** The tensors of which copies hold channels, in one text. */
function tensorsIn(held: PlannedTraining["held"]): string {
  return [...new Set(held.flat().map(({ tensor }) => tensor))].sort().join("\n");
}

const FIRST: StepPlace = { start: 0, epoch: 0, step: 0, stepsAnEpoch: 1 };

/** Compiles and binds dispatches that come to `macs`; what is returned records them for a place. */
async function recording(
  gpu: Gpu,
  dispatches: readonly StepDispatch[],
  macs: number,
): Promise<(place: StepPlace) => void> {
  const prepared = await Promise.all(
    dispatches.map(async ({ planAt, buffers }): Promise<readonly [Prepared, StepDispatch["planAt"]]> => {
      const plan = planAt(FIRST);
      return [bind(gpu, await compile(gpu, plan), plan, buffers), planAt];
    }),
  );
  return (place) => {
    const records = prepared.map(
      ([dispatch, planAt]) =>
        () =>
          dispatch.record(planAt(place)),
    );
    recordInPieces(gpu, records, macs);
  };
}
