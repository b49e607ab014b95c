/**
 * The dispatches of a whole training step, or of an evaluation's: samples in, forward, loss, and for training the way back
 * and the optimizer. What differs from step to step (where in the order it begins, the learning rate) are parameters.
 */
import { planAdamStep } from "../../kernels/adam-step.ts";
import { planCrossEntropy } from "../../kernels/cross-entropy.ts";
import { planGatherBatch } from "../../kernels/gather-batch.ts";
import { planGatherCached } from "../../kernels/gather-cached.ts";
import { gradientNormPlans, partialFloats } from "../../kernels/gradient-norm.ts";
import type { KernelPlan } from "../../kernels/plan.ts";
import { planSgdStep } from "../../kernels/sgd-step.ts";
import { planTallyLosses } from "../../kernels/tally-losses.ts";
import { tensorFloats } from "../../kernels/tensor-layout.ts";
import type { Dispatch } from "../graph/dispatch.ts";
import type { Buffers } from "../prepare.ts";
import type { DeviceSamples } from "../samples.ts";
import { backwardDispatches } from "./backward.ts";
import { forwardDispatches, type PassMode } from "./forward.ts";
import { learningRateAt } from "./options.ts";
import type { TrainingPass } from "./training-pass.ts";

/** Where in a training a step is, epochs and steps from 0. */
export interface StepPlace {
  /** Place of its first sample in the epoch's order. */
  readonly start: number;
  readonly epoch: number;
  readonly step: number;
  readonly stepsAnEpoch: number;
}

/** A dispatch whose plan depends on the place; its variant does not. */
export interface StepDispatch {
  readonly planAt: (place: StepPlace) => KernelPlan;
  readonly buffers: Buffers;
}

/** Samples and labels of a set, and what of the network is kept of them. */
export interface StepSamples {
  readonly samples: number;
  readonly labels: GPUBuffer;
  /** Orders of all copies that have their own. */
  readonly order: GPUBuffer;
  /** Stored values on the device; null where the layers before the first trained one are kept instead. */
  readonly source: DeviceSamples | null;
  /** Kept tensors by name. */
  readonly cache: ReadonlyMap<string, GPUBuffer>;
}

/** One step's dispatches on `pass.rows` rows of each copy. */
export function stepDispatches(
  pass: TrainingPass,
  samples: StepSamples,
  mode: PassMode,
  seed: number,
): readonly StepDispatch[] {
  const { training } = pass.layout;
  const steps = training.steps.filter(({ fixed }) => !fixed || samples.source !== null);
  return [
    ...samplesIn(pass, samples, mode, seed),
    ...steps.flatMap((step) => forwardDispatches(pass, step, mode)).map(always),
    ...loss(pass, samples, mode),
    ...(mode === "train" ? [...backwardDispatches(pass).map(always), ...optimizer(pass)] : []),
  ];
}

/** Samples, and the fixed steps after them, in their order from `start`: what is kept of them is copied from there. */
export function prefixDispatches(pass: TrainingPass, samples: StepSamples): readonly StepDispatch[] {
  const fixed = pass.layout.training.steps.filter((step) => step.fixed);
  return [
    ...samplesIn(pass, { ...samples, cache: new Map() }, "evaluate", 0),
    ...fixed.flatMap((step) => forwardDispatches(pass, step, "evaluate")).map(always),
  ];
}

const always = ({ plan, buffers }: Dispatch): StepDispatch => ({ planAt: () => plan, buffers });

/** How rows find their samples: in the epoch's order, or as they come. */
function orderStride(pass: TrainingPass, samples: StepSamples, mode: PassMode): number | null {
  if (mode === "evaluate") return null;
  return pass.layout.sharedOrder ? 0 : samples.samples;
}

function samplesIn(pass: TrainingPass, samples: StepSamples, mode: PassMode, seed: number): readonly StepDispatch[] {
  const { rows, layout } = pass;
  const { source, order, cache } = samples;
  const common = { rows, orderStride: orderStride(pass, samples, mode) };
  if (source) {
    const { name, shape } = layout.training.source;
    const { augment } = layout.options;
    const changes = mode === "train" ? augment : null;
    const { channels, bytes } = source.shape;
    const gathered = { ...common, networks: pass.groups(name), shape, bytes, channels };
    return [
      {
        planAt: ({ start, epoch }) =>
          planGatherBatch({ ...gathered, start, augment: changes && { ...changes, seed, epoch } }),
        buffers: { values: source.values, order, levels: source.levels, x: pass.tensor(name).buffer },
      },
    ];
  }
  return Array.from(cache, ([name, kept]) => ({
    planAt: ({ start }) =>
      planGatherCached({
        ...common,
        networks: pass.groups(name),
        start,
        vectors: tensorFloats(1, pass.shape(name)) / 4,
      }),
    buffers: { cache: kept, order, x: pass.tensor(name).buffer },
  }));
}

/** Losses, hits and the gradient at the logits, and what all steps since the totals were cleared add up to. */
function loss(pass: TrainingPass, samples: StepSamples, mode: PassMode): readonly StepDispatch[] {
  const { rows, layout, memory } = pass;
  const { copies, capacity, options, training } = layout;
  const { logits, classes } = training;
  const { labels, order } = samples;
  const batch = { networks: copies, rows, classes, orderStride: orderStride(pass, samples, mode) };
  const rowLoss = memory.of("row losses", copies * capacity);
  const rowHit = memory.of("row hits", copies * capacity);
  const totals = { totalLoss: totalLosses(pass), classCorrect: classHits(pass) };
  const smoothing = mode === "train" ? options.labelSmoothing : 0;
  return [
    {
      planAt: ({ start }) =>
        planCrossEntropy({ ...batch, start, smoothing, scale: 1 / rows, gradient: mode === "train" }),
      buffers: { logits: pass.tensor(logits).buffer, labels, order, gradient: pass.gradient(logits), rowLoss, rowHit },
    },
    {
      planAt: ({ start }) => planTallyLosses({ ...batch, start }),
      buffers: { rowLoss, rowHit, labels, order, ...totals },
    },
  ];
}

/** [copies]: summed losses since they were cleared. */
export function totalLosses({ memory, layout }: TrainingPass): GPUBuffer {
  return memory.of("total losses", layout.copies);
}

/** [copies, classes]: hits of each true class since they were cleared. */
export function classHits({ memory, layout }: TrainingPass): GPUBuffer {
  return memory.of("class hits", layout.copies * layout.training.classes);
}

function optimizer({ layout, memory }: TrainingPass): readonly StepDispatch[] {
  const { copies, isProcessor, options, training } = layout;
  const count = training.layout.trainedFloats;
  const { clip, optimizer } = options;
  const all = (purpose: string) => memory.of(purpose, copies * count);
  const held = memory.of("held parameters", (copies * count) / 32);
  const factor = memory.of("clip factors", copies);
  const g = all("gradients");
  const w = all("parameters");
  const size = { networks: copies, count, isProcessor };
  const rate = ({ stepsAnEpoch, epoch, step }: StepPlace) => learningRateAt(options, stepsAnEpoch, epoch, step);
  const clipping =
    clip === null
      ? []
      : gradientNormPlans({ ...size, clip }).map((plan): StepDispatch => {
          const partial = memory.of("gradient norms", partialFloats(size));
          return { planAt: () => plan, buffers: { g, held, partial, factor } };
        });
  if (optimizer.kind === "sgd") {
    const { kind: _, ...fixed } = optimizer;
    const buffers = { g, held, factor, v: all("first moments"), w };
    const planAt = (place: StepPlace) =>
      planSgdStep({ ...size, ...fixed, clip: clip !== null, learningRate: rate(place) });
    return [...clipping, { planAt, buffers }];
  }
  const buffers = { g, held, factor, m: all("first moments"), v: all("second moments"), w };
  const planAt = (place: StepPlace) => {
    const step = place.epoch * place.stepsAnEpoch + place.step + 1;
    return planAdamStep({ ...size, ...optimizer, step, clip: clip !== null, learningRate: rate(place) });
  };
  return [...clipping, { planAt, buffers }];
}
