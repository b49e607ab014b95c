/**
 * Training on the GPU: whole epochs are recorded ahead, losses and hits stay on the GPU until the epoch ends. Only
 * pre-activations are kept; activations are applied as they are read, and their slopes as gradients are written.
 */
import { LesionError } from "../core/errors.ts";
import { random } from "../core/random.ts";
import type { Dataset, Transform } from "../data/dataset.ts";
import type { Gpu } from "../gpu/device.ts";
import { type AdamOptions, planAdam } from "../kernels/adam.ts";
import { planGatherRows } from "../kernels/gather-rows.ts";
import { type GemmOptions, type GemmShape, type GemmVariant, gemmVariants, planGemm } from "../kernels/gemm.ts";
import type { KernelPlan } from "../kernels/plan.ts";
import { planSgd, type SgdOptions } from "../kernels/sgd.ts";
import { planSoftmaxCrossEntropy } from "../kernels/softmax-cross-entropy.ts";
import { type DenseChain, denseChain } from "../network/dense-chain.ts";
import { LINEAR, type Network } from "../network/network.ts";
import { packParameters, parameterLayout, withParameters } from "./parameters.ts";
import { type Buffers, prepare } from "./prepare.ts";
import { deviceSamples } from "./samples.ts";
import type { Tuner } from "./tuner.ts";

export type OptimizerOptions = ({ readonly kind: "sgd" } & SgdOptions) | ({ readonly kind: "adam" } & AdamOptions);

export interface TrainingOptions {
  readonly batch: number;
  readonly optimizer: OptimizerOptions;
  /** How many of the data set's samples to use. */
  readonly samples: number;
  readonly seed: number;
}

/** What an epoch saw, in the order it trained. */
export interface EpochResult {
  readonly epoch: number;
  /** Mean cross-entropy over the epoch's samples, in nats. */
  readonly loss: number;
  readonly correct: number;
  readonly samples: number;
  readonly ms: number;
}

/** Trains one network. Disposing of it frees its buffers. */
export interface Trainer extends Disposable {
  /** One pass over the samples in a new seeded order. `progress` is told how many samples are done. */
  epoch(epoch: number, progress?: (samples: number) => void): Promise<EpochResult>;
  /** The network with its present parameters. */
  network(): Promise<Network>;
}

/** Bytes a trainer takes. */
export function trainerBytes(chain: DenseChain, batch: number, samples: number, sampleBytes: number): number {
  const widths = chain.stages.reduce((sum, stage) => sum + 2 * stage.outFeatures, chain.features);
  return 5 * 4 * parameterLayout(chain).count + batch * widths * 4 + samples * (sampleBytes + 16);
}

/** Steps submitted at once: enough to hide the submit, few enough for a GPU that also draws the screen. */
const STEPS_A_SUBMIT = 16;

/**
 * Sets a network up for training on the first `samples` of a data set. Throws `unsupported` where the last layer has an
 * activation, and `bad-data` where the data does not fit the network.
 */
export async function openTrainer(
  gpu: Gpu,
  tuner: Tuner,
  network: Network,
  dataset: Dataset,
  transform: Transform,
  options: TrainingOptions,
): Promise<Trainer> {
  const chain = denseChain(network);
  const { stages } = chain;
  const last = stages.length - 1;
  const classes = stages[last]!.outFeatures;
  if (stages[last]!.activation.kind !== "linear") {
    throw new LesionError(
      "unsupported",
      `the last layer ${stages[last]!.name} has the activation ${stages[last]!.activation.kind}`,
      {
        where: stages[last]!.name,
        fix: "Give the last layer the activation linear: the cross-entropy is taken from its logits.",
      },
    );
  }
  const arena = gpu.arena.scope();
  const { batch, optimizer } = options;
  const samples = Math.min(options.samples, dataset.samples);
  const layout = parameterLayout(chain);
  const parameters = arena.upload("parameters", packParameters(chain, layout));
  const gradients = arena.storage("gradients", layout.count * 4);
  const moments = [arena.storage("first moment", layout.count * 4), arena.storage("second moment", layout.count * 4)];
  const source = deviceSamples(arena, dataset, transform, samples);
  source.load(0, samples);
  const labels = arena.upload("labels", Uint32Array.from(dataset.labels.subarray(0, samples)));
  const order = arena.storage("order", samples * 4);
  const losses = arena.storage("losses", samples * 4);
  const hits = arena.storage("hits", samples * 4);
  const x = arena.storage("inputs", batch * chain.features * 4);
  const z = stages.map((stage) => arena.storage(`z of ${stage.name}`, batch * stage.outFeatures * 4));
  const dz = stages.map((stage) => arena.storage(`gradient at ${stage.name}`, batch * stage.outFeatures * 4));
  const one = arena.upload("one", new Float32Array([1]));
  const part = (buffer: GPUBuffer, at: number, count: number): GPUBufferBinding => ({
    buffer,
    offset: at * 4,
    size: Math.ceil(count / 4) * 16,
  });
  const weightOf = (buffer: GPUBuffer, s: number) => part(buffer, layout.weights[s]!, stages[s]!.weight.length);
  const biasOf = (buffer: GPUBuffer, s: number) => part(buffer, layout.biases[s]!, stages[s]!.outFeatures);

  type Step = (rows: number, start: number, step: number) => void;
  const add = async (
    buffers: Buffers,
    planOf: (rows: number, start: number, step: number) => KernelPlan,
  ): Promise<Step> => {
    const prepared = await prepare(gpu, planOf(batch, 0, 1), buffers);
    return (rows, start, step) => prepared.record(planOf(rows, start, step));
  };
  const addGemm = async (
    buffers: Buffers,
    shapeOf: (rows: number) => GemmShape,
    gemmOptions: GemmOptions,
  ): Promise<Step> => {
    const shape = shapeOf(batch);
    const bound = { bias: one, gate: one, ...buffers };
    const shapeClass = `gemm ${shape.rows} x ${shape.columns} x ${shape.depth} strides ${shape.a.join(",")} ${shape.b.join(",")}`;
    const variants = trainingVariants(gpu, shape);
    const expectedMs =
      (shape.rows * shape.columns * shape.depth * (samples / batch) * 20) / (gpu.isProcessor ? 1e6 : 1e9);
    const variant = await tuner.choose(shapeClass, variants, expectedMs, async (candidate) => {
      const plan = planGemm(shape, candidate, gemmOptions);
      const prepared = await prepare(gpu, plan, bound);
      return () => prepared.record();
    });
    return add(bound, (rows) => planGemm(shapeOf(rows), variant, gemmOptions));
  };

  const steps: Step[] = [
    await add({ values: source.values, order, levels: source.levels, x }, (rows, start) =>
      planGatherRows({ rows, start, ...source.shape, ordered: true }),
    ),
  ];
  const input = (s: number) => (s === 0 ? x : z[s - 1]!);
  const load = (s: number) => (s === 0 ? LINEAR : stages[s - 1]!.activation);
  for (const [s, { inFeatures, outFeatures, bias }] of stages.entries()) {
    steps.push(
      await addGemm(
        { a: input(s), b: weightOf(parameters, s), bias: biasOf(parameters, s), c: z[s]! },
        (rows) => ({
          rows,
          columns: outFeatures,
          depth: inFeatures,
          a: [inFeatures, 1],
          b: [outFeatures, 1],
          c: [outFeatures, 1],
        }),
        { bias: bias !== null, load: load(s) },
      ),
    );
  }
  steps.push(
    await add({ logits: z[last]!, labels, order, gradient: dz[last]!, losses, hits }, (rows, start) =>
      planSoftmaxCrossEntropy({ rows, start, classes, scale: 1 / rows }),
    ),
  );
  for (let s = last; s >= 0; s--) {
    const { inFeatures, outFeatures, bias } = stages[s]!;
    steps.push(
      await addGemm(
        { a: input(s), b: dz[s]!, c: weightOf(gradients, s) },
        (rows) => ({
          rows: inFeatures,
          columns: outFeatures,
          depth: rows,
          a: [1, inFeatures],
          b: [outFeatures, 1],
          c: [outFeatures, 1],
        }),
        { load: load(s) },
      ),
    );
    if (bias) {
      // The column sums of dz: its product with a row of ones, which is a single one with strides 0.
      steps.push(
        await addGemm(
          { a: one, b: dz[s]!, c: biasOf(gradients, s) },
          (rows) => ({
            rows: 1,
            columns: outFeatures,
            depth: rows,
            a: [0, 0],
            b: [outFeatures, 1],
            c: [outFeatures, 1],
          }),
          {},
        ),
      );
    }
    if (s > 0) {
      steps.push(
        await addGemm(
          { a: dz[s]!, b: weightOf(parameters, s), gate: z[s - 1]!, c: dz[s - 1]! },
          (rows) => ({
            rows,
            columns: inFeatures,
            depth: outFeatures,
            a: [outFeatures, 1],
            b: [1, outFeatures],
            c: [inFeatures, 1],
          }),
          { gate: stages[s - 1]!.activation },
        ),
      );
    }
  }
  const [v, w] = [moments[0]!, parameters];
  steps.push(
    optimizer.kind === "sgd"
      ? await add({ g: gradients, v, w }, () => planSgd(layout.count, sgdOptions(optimizer)))
      : await add({ g: gradients, m: v, v: moments[1]!, w }, (_, __, step) =>
          planAdam(layout.count, adamOptions(optimizer), step),
        ),
  );
  arena.write(parameters, packParameters(chain, layout)); // The tuner's trials may have run over nothing; start afresh.
  for (const moment of moments) gpu.recorder.clear(moment);

  const stepsAnEpoch = Math.ceil(samples / batch);
  return {
    async epoch(epoch, progress) {
      const startMs = performance.now();
      arena.write(order, random(options.seed, `epoch ${epoch}`).permutation(samples));
      for (let step = 0; step < stepsAnEpoch; step++) {
        const start = step * batch;
        const rows = Math.min(batch, samples - start);
        for (const record of steps) record(rows, start, epoch * stepsAnEpoch + step + 1);
        if (step % STEPS_A_SUBMIT === STEPS_A_SUBMIT - 1) {
          await gpu.finish();
          progress?.(start + rows);
        }
      }
      const [lossBytes, hitBytes] = await gpu.read(
        { buffer: losses, sizeBytes: samples * 4 },
        { buffer: hits, sizeBytes: samples * 4 },
      );
      const loss = new Float32Array(lossBytes!).reduce((sum, value) => sum + value, 0) / samples;
      const correct = new Uint32Array(hitBytes!).reduce((sum, hit) => sum + hit, 0);
      return { epoch, loss, correct, samples, ms: performance.now() - startMs };
    },
    async network() {
      const [bytes] = await gpu.read({ buffer: parameters, sizeBytes: layout.count * 4 });
      return withParameters(network, chain, layout, new Float32Array(bytes!));
    },
    [Symbol.dispose]() {
      arena[Symbol.dispose]();
    },
  };
}

function trainingVariants(gpu: Gpu, shape: GemmShape): readonly GemmVariant[] {
  return gemmVariants(gpu.isProcessor, shape.columns);
}

function sgdOptions({ learningRate, momentum, weightDecay }: SgdOptions): SgdOptions {
  return { learningRate, momentum, weightDecay };
}

function adamOptions({ learningRate, beta1, beta2, epsilon, weightDecay }: AdamOptions): AdamOptions {
  return { learningRate, beta1, beta2, epsilon, weightDecay };
}
