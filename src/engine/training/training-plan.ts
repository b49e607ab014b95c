/**
 * A training on paper: how many copies train at once, what that takes, and whether activations before the first trained layer
 * are kept for all samples. Nothing is allocated before this fits the budget.
 */
import { LesionError } from "../../core/errors.ts";
import { featuresOf } from "../../data/dataset.ts";
import type { Network } from "../../network/network.ts";
import { inferShapes, sizeOf } from "../../network/shapes.ts";
import { type HeldChannels, heldChannels } from "./held.ts";
import { type BufferBytes, PaperMemory, totalBytes } from "./memory.ts";
import { keptMemory, storedMemory } from "./sample-memory.ts";
import { type StepSamples, stepDispatches } from "./steps.ts";
import type { TrainerPlan, TrainerSetup } from "./trainer-interface.ts";
import { formOf, type TrainingGraph, trainingGraph } from "./training-graph.ts";
import { type Background, type TrainingLayout, TrainingPass } from "./training-pass.ts";

/** What a device has for a training. */
export interface TrainingLimits {
  readonly isProcessor: boolean;
  readonly budgetBytes: number;
  /** Of one buffer. */
  readonly bindingBytes: number;
}

/** A training as it was planned. */
export interface PlannedTraining {
  readonly plan: TrainerPlan;
  readonly form: Network;
  readonly training: TrainingGraph;
  /** Of each copy. */
  readonly held: readonly (readonly HeldChannels[])[];
  /** Of `plan.copiesAtOnce` copies. */
  readonly layout: TrainingLayout;
  /** Bytes of each buffer but those of samples. */
  readonly sizes: ReadonlyMap<string, number>;
}

/** Multiply-accumulates that the way back takes, over the forward pass: by the input and by the weights. */
const BACKWARD_COST = 2;

/**
 * Plans a training, on samples with a background where they have one. Throws LesionError("out-of-memory") where not even one
 * copy fits, "bad-data" where the samples are of another size, and as `trainingGraph` does.
 */
export function planTraining(
  limits: TrainingLimits,
  setup: TrainerSetup,
  background: Background | null = null,
): PlannedTraining {
  const { copies, options, data } = setup;
  const form = formOf(setup.network, setup.trained);
  const shapes = new Map([...form.inputs.map(({ name, shape }) => [name, shape] as const), ...inferShapes(form)]);
  const held = copies.map((copy) => heldChannels(form, shapes, copy.held));
  const training = trainingGraph(form, {
    trained: setup.trained,
    held: new Set(held.flat().map(({ tensor }) => tensor)),
  });
  checkSetup(training, setup);
  const sharedOrder = copies.every(({ seed }) => seed === copies[0]!.seed);
  const capacity = Math.min(options.batch, data.samples);
  const layoutOf = (count: number): TrainingLayout => ({
    isProcessor: limits.isProcessor,
    training,
    copies: count,
    capacity,
    sharedOrder,
    background,
    options,
  });
  const one = weigh(limits, setup, layoutOf(1));
  if (!one.fits) {
    throw new LesionError(
      "out-of-memory",
      `training one network takes ${one.bytes} bytes, ${one.largest} of them in one buffer; the budget is ${limits.budgetBytes}, a buffer ${limits.bindingBytes}`,
      { fix: "Raise the memory budget (--memory), or use a smaller batch or fewer samples." },
    );
  }
  let most = one;
  for (let [low, high] = [1, training.sideBySide ? copies.length : 1]; low < high; ) {
    const middle = Math.ceil((low + high) / 2);
    const weighed = weigh(limits, setup, layoutOf(middle));
    if (weighed.fits) [low, most] = [middle, weighed];
    else high = middle - 1;
  }
  const { layout, sizes, bytes, prefix } = most;
  const plan = { copiesAtOnce: layout.copies, bytes, prefix, epochMacs: epochMacs(training, prefix, setup) };
  return { plan, form, training, held, layout, sizes };
}

/** What a layout takes with its samples, and whether that fits; what is fixed is kept where it fits that way. */
function weigh(limits: TrainingLimits, setup: TrainerSetup, layout: TrainingLayout) {
  const { training, copies, capacity, sharedOrder } = layout;
  const sizes = paperSizes(layout, setup);
  const passes = totalBytes(sizes.values());
  const orders = sharedOrder ? 1 : copies;
  const withSamples = (samples: BufferBytes) => {
    const bytes = passes.bytes + samples.bytes;
    const largest = Math.max(passes.largest, samples.largest);
    return { bytes, largest, fits: bytes <= limits.budgetBytes && largest <= limits.bindingBytes, layout, sizes };
  };
  const hasPrefix = training.frontier.some((name) => name !== training.source.name);
  // Images that change from epoch to epoch leave nothing that could be kept.
  if (hasPrefix && setup.options.augment === null) {
    const kept = withSamples(keptMemory(training, setup, orders, capacity));
    if (kept.fits) return { ...kept, prefix: "kept" as const };
  }
  const prefix = hasPrefix ? ("recomputed" as const) : ("none" as const);
  return { ...withSamples(storedMemory(setup, orders)), prefix };
}

/**
 * What each purpose takes, found by laying out every kind of step: whole, and with the rows that are left at the end of an
 * epoch or an evaluation, which may be split into more parts. Fixed steps are part of them, kept or not.
 */
function paperSizes(layout: TrainingLayout, { data, test }: TrainerSetup): ReadonlyMap<string, number> {
  const memory = new PaperMemory();
  const blank = { label: "samples" } as GPUBuffer;
  const source = {
    values: blank,
    levels: blank,
    shape: { features: 1, channels: 1, bytes: true },
    load: async () => {},
  };
  const { capacity } = layout;
  for (const rows of new Set([capacity, data.samples % capacity, test.samples % capacity])) {
    if (rows === 0) continue;
    const pass = new TrainingPass(layout, memory, rows);
    const samples: StepSamples = { samples: rows, labels: blank, order: blank, source, cache: new Map() };
    stepDispatches(pass, samples, "evaluate", 0);
    stepDispatches(pass, samples, "train", 0);
  }
  return memory.sizes;
}

function epochMacs(training: TrainingGraph, prefix: TrainerPlan["prefix"], { data, test }: TrainerSetup): number {
  const { costs } = training.graph;
  const macsOf = (chosen: (step: TrainingGraph["steps"][number]) => boolean) =>
    training.steps.filter(chosen).reduce((sum, { layer }) => sum + (layer ? (costs.get(layer.name)?.macs ?? 0) : 0), 0);
  const forward = macsOf(({ fixed }) => !fixed || prefix === "recomputed");
  const back = BACKWARD_COST * macsOf(({ moves }) => moves);
  return data.samples * (forward + back) + test.samples * forward;
}

function checkSetup({ source, classes, form }: TrainingGraph, { data, test, options }: TrainerSetup): void {
  for (const { dataset } of [data, test]) {
    const features = featuresOf(dataset);
    if (features !== sizeOf(source.shape)) {
      throw new LesionError(
        "bad-data",
        `the data has ${features} numbers a sample; the network "${form.name}" reads ${sizeOf(source.shape)}`,
        { where: "data", fix: "Choose data of the size that the network reads." },
      );
    }
    if (dataset.classes > classes) {
      throw new LesionError(
        "bad-data",
        `the data has ${dataset.classes} classes; the network "${form.name}" tells ${classes} apart`,
        { where: "data", fix: "Choose the data that the network was made for." },
      );
    }
  }
  if (data.samples < 1) throw new LesionError("bad-data", "there are no samples to train on", { where: "data" });
  if (options.augment && source.shape.length !== 3) {
    throw new LesionError("unsupported", "images can be flipped and shifted only for a network that reads images", {
      where: "augment",
      fix: "Leave augment out: this network reads its samples as one row of numbers.",
    });
  }
}
