/**
 * The dispatches of one training step of a dense chain: gather, forward, loss, backward, optimizer. Only pre-activations
 * are kept; activations are applied as they are read, and their slopes as gradients are written.
 */
import type { Arena } from "../gpu/arena.ts";
import type { Gpu } from "../gpu/device.ts";
import { type AdamOptions, planAdam } from "../kernels/adam.ts";
import { planGatherRows } from "../kernels/gather-rows.ts";
import { type GemmOptions, type GemmShape, gemmVariants, planGemm } from "../kernels/gemm.ts";
import type { KernelPlan } from "../kernels/plan.ts";
import { planSgd, type SgdOptions } from "../kernels/sgd.ts";
import { planSoftmaxCrossEntropy } from "../kernels/softmax-cross-entropy.ts";
import type { DenseChain } from "../network/dense-chain.ts";
import { LINEAR } from "../network/network.ts";
import { packParameters, parameterLayout } from "./parameters.ts";
import { type Buffers, prepare } from "./prepare.ts";
import type { DeviceSamples } from "./samples.ts";
import type { Tuner } from "./tuner.ts";

export type OptimizerOptions = ({ readonly kind: "sgd" } & SgdOptions) | ({ readonly kind: "adam" } & AdamOptions);

/** Records its dispatch: `rows` samples from place `start` of the order, in step `step`, counted from 1. */
export type Step = (rows: number, start: number, step: number) => void;

/** The buffers of a chain in training. Offsets into parameters, gradients and moments are those of the layout. */
export interface TrainingBuffers {
  readonly parameters: GPUBuffer;
  readonly gradients: GPUBuffer;
  /** Running means of the gradient (SGD: its velocity) and of its square (Adam alone). */
  readonly moments: readonly [GPUBuffer, GPUBuffer];
  readonly labels: GPUBuffer;
  /** [samples]: the order of an epoch; the loss and the hit of each place in it. */
  readonly order: GPUBuffer;
  readonly losses: GPUBuffer;
  readonly hits: GPUBuffer;
  /** [batch, features]. */
  readonly x: GPUBuffer;
  /** Pre-activation of each stage and the gradient at it, [batch, outFeatures]. */
  readonly z: readonly GPUBuffer[];
  readonly dz: readonly GPUBuffer[];
}

/** Allocates what training a chain takes, with the chain's own parameters in place and the rest 0. */
export function trainingBuffers(arena: Arena, chain: DenseChain, labels: Uint16Array, batch: number): TrainingBuffers {
  const layout = parameterLayout(chain);
  const like = (label: string) => arena.storage(label, layout.count * 4);
  const each = (label: string) =>
    chain.stages.map(({ name, outFeatures }) => arena.storage(`${label} of ${name}`, batch * outFeatures * 4));
  return {
    parameters: arena.upload("parameters", packParameters(chain, layout)),
    gradients: like("gradients"),
    moments: [like("first moment"), like("second moment")],
    labels: arena.upload("labels", Uint32Array.from(labels)),
    order: arena.storage("order", labels.length * 4),
    losses: arena.storage("losses", labels.length * 4),
    hits: arena.storage("hits", labels.length * 4),
    x: arena.storage("inputs", batch * chain.features * 4),
    z: each("z"),
    dz: each("gradient at z"),
  };
}

/** What the steps of a chain are made from. */
export interface TrainingSetup {
  readonly gpu: Gpu;
  readonly tuner: Tuner;
  readonly arena: Arena;
  readonly chain: DenseChain;
  readonly source: DeviceSamples;
  readonly buffers: TrainingBuffers;
  readonly batch: number;
  /** Steps that training is expected to take: decides whether variants are measured. */
  readonly expectedSteps: number;
  readonly optimizer: OptimizerOptions;
}

/** Prepares the dispatches of a step, in order. */
export async function trainingSteps(setup: TrainingSetup): Promise<Step[]> {
  const { chain, source, buffers } = setup;
  const { labels, order, losses, hits, x, z, dz } = buffers;
  const last = chain.stages.length - 1;
  const classes = chain.stages[last]!.outFeatures;
  const gather = await kernelStep(setup, { values: source.values, order, levels: source.levels, x }, (rows, start) =>
    planGatherRows({ rows, start, ...source.shape, ordered: true }),
  );
  const forward: Step[] = [];
  for (const s of chain.stages.keys()) forward.push(await forwardStep(setup, s));
  const loss = await kernelStep(
    setup,
    { logits: z[last]!, labels, order, gradient: dz[last]!, losses, hits },
    (rows, start) => planSoftmaxCrossEntropy({ rows, start, classes, scale: 1 / rows }),
  );
  const one = setup.arena.upload("one", new Float32Array([1]));
  const backward: Step[] = [];
  for (let s = last; s >= 0; s--) backward.push(...(await backwardSteps(setup, s, one)));
  return [gather, ...forward, loss, ...backward, await optimizerStep(setup)];
}

/** z = input weight + bias. */
function forwardStep(setup: TrainingSetup, s: number): Promise<Step> {
  const { chain, buffers } = setup;
  const { inFeatures, outFeatures, bias } = chain.stages[s]!;
  const { weight, biases } = partsOf(setup, s);
  return gemmStep(
    setup,
    { a: inputOf(buffers, s), b: weight(buffers.parameters), bias: biases(buffers.parameters), c: buffers.z[s]! },
    (rows) => ({
      rows,
      columns: outFeatures,
      depth: inFeatures,
      a: [inFeatures, 1],
      b: [outFeatures, 1],
      c: [outFeatures, 1],
    }),
    { bias: bias !== null, load: activationBefore(chain, s) },
  );
}

/** Gradients of a stage's weights and bias, and of the pre-activation before it. */
async function backwardSteps(setup: TrainingSetup, s: number, one: GPUBuffer): Promise<Step[]> {
  const { chain, buffers } = setup;
  const { z, dz, parameters, gradients } = buffers;
  const { inFeatures, outFeatures, bias } = chain.stages[s]!;
  const { weight, biases } = partsOf(setup, s);
  const steps = [
    await gemmStep(
      setup,
      { a: inputOf(buffers, s), b: dz[s]!, c: weight(gradients) },
      (rows) => ({
        rows: inFeatures,
        columns: outFeatures,
        depth: rows,
        a: [1, inFeatures],
        b: [outFeatures, 1],
        c: [outFeatures, 1],
      }),
      { load: activationBefore(chain, s) },
    ),
  ];
  if (bias) {
    // The column sums of dz: its product with a row of ones, which is a single one with strides 0.
    const sums = (rows: number): GemmShape => ({
      rows: 1,
      columns: outFeatures,
      depth: rows,
      a: [0, 0],
      b: [outFeatures, 1],
      c: [outFeatures, 1],
    });
    steps.push(await gemmStep(setup, { a: one, b: dz[s]!, c: biases(gradients) }, sums, {}));
  }
  if (s > 0) {
    const transposed = (rows: number): GemmShape => ({
      rows,
      columns: inFeatures,
      depth: outFeatures,
      a: [outFeatures, 1],
      b: [1, outFeatures],
      c: [inFeatures, 1],
    });
    const operands = { a: dz[s]!, b: weight(parameters), gate: z[s - 1]!, c: dz[s - 1]! };
    steps.push(await gemmStep(setup, operands, transposed, { gate: chain.stages[s - 1]!.activation }));
  }
  return steps;
}

function optimizerStep(setup: TrainingSetup): Promise<Step> {
  const { chain, optimizer, buffers } = setup;
  const { gradients: g, parameters: w, moments } = buffers;
  const { count } = parameterLayout(chain);
  if (optimizer.kind === "sgd") {
    const { kind: _, ...options } = optimizer;
    return kernelStep(setup, { g, v: moments[0], w }, () => planSgd(count, options));
  }
  const { kind: _, ...options } = optimizer;
  return kernelStep(setup, { g, m: moments[0], v: moments[1], w }, (_rows, _start, step) =>
    planAdam(count, options, step),
  );
}

async function kernelStep(
  { gpu, batch }: TrainingSetup,
  buffers: Buffers,
  planOf: (...given: Parameters<Step>) => KernelPlan,
): Promise<Step> {
  const prepared = await prepare(gpu, planOf(batch, 0, 1), buffers);
  return (rows, start, step) => prepared.record(planOf(rows, start, step));
}

/** Rough rates, in multiply-accumulates a millisecond, that tell whether measuring variants pays. */
const ROUGH_MACS_PER_MS = { processor: 1e6, gpu: 1e9 } as const;

/** A product in the variant that does best, its unused operands filled in. */
async function gemmStep(
  setup: TrainingSetup,
  operands: Buffers,
  shapeOf: (rows: number) => GemmShape,
  options: GemmOptions,
): Promise<Step> {
  const { gpu, tuner, batch, expectedSteps, buffers } = setup;
  const shape = shapeOf(batch);
  const bound = { bias: buffers.parameters, gate: buffers.parameters, ...operands };
  const rate = gpu.isProcessor ? ROUGH_MACS_PER_MS.processor : ROUGH_MACS_PER_MS.gpu;
  const variant = await tuner.choose(
    `gemm ${shape.rows} x ${shape.columns} x ${shape.depth} strides ${shape.a.join(",")} ${shape.b.join(",")}`,
    gemmVariants(gpu.isProcessor, shape.columns),
    (shape.rows * shape.columns * shape.depth * expectedSteps) / rate,
    async (candidate) => {
      const trial = await prepare(gpu, planGemm(shape, candidate, options), bound);
      return () => trial.record();
    },
  );
  return kernelStep(setup, bound, (rows) => planGemm(shapeOf(rows), variant, options));
}

const inputOf = ({ x, z }: TrainingBuffers, s: number) => (s === 0 ? x : z[s - 1]!);
const activationBefore = ({ stages }: DenseChain, s: number) => (s === 0 ? LINEAR : stages[s - 1]!.activation);

/** A stage's weights and biases within a buffer of the layout. */
function partsOf({ chain }: TrainingSetup, s: number) {
  const layout = parameterLayout(chain);
  const { weight, outFeatures } = chain.stages[s]!;
  const part = (at: number, count: number) => (buffer: GPUBuffer) => ({
    buffer,
    offset: at * 4,
    size: Math.ceil(count / 4) * 16,
  });
  return { weight: part(layout.weights[s]!, weight.length), biases: part(layout.biases[s]!, outFeatures) };
}
