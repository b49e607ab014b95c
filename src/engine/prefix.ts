/**
 * The intact network's pass over all samples, kept: every stage's pre-activation, unit-major, and each sample's outcome.
 * All ablations of a run start from here; nothing before the damage is computed twice.
 */
import { type Dataset, featuresOf, type Transform } from "../data/dataset.ts";
import { readAhead } from "../data/read-ahead.ts";
import type { Arena } from "../gpu/arena.ts";
import type { Gpu } from "../gpu/device.ts";
import { planGatherRows } from "../kernels/gather-rows.ts";
import { type GemmVariant, gemmVariants, planGemm } from "../kernels/gemm.ts";
import { planRank } from "../kernels/rank.ts";
import { LINEAR } from "../network/network.ts";
import type { DeviceChain } from "./device-chain.ts";
import { prepare } from "./prepare.ts";
import { deviceSamples, sampleBytes } from "./samples.ts";

/** Samples start .. start + samples of a data set, as the intact network sees them. */
export interface Prefix {
  readonly model: DeviceChain;
  readonly start: number;
  readonly samples: number;
  /** Samples from one unit to the next in `z`: `samples` rounded up to 64, so that parts can be bound. */
  readonly stride: number;
  /** Pre-activation of each stage, [units, stride]; the last stage's are the logits, its activation applied. */
  readonly z: readonly GPUBuffer[];
  /** [stride]: label, and the rank of the true class << 16; see shaders/lib/tally.wgsl. */
  readonly truth: GPUBuffer;
  /** `truth` and the cross-entropy of each sample, on the host. */
  readonly truths: Uint32Array;
  readonly losses: Float32Array;
}

/** Bytes a prefix keeps, and what making it takes besides, for `samples` samples in chunks of `chunk`. */
export function prefixBytes(widths: readonly number[], samples: number): number {
  const stride = Math.ceil(samples / 64) * 64;
  return widths.reduce((sum, width) => sum + width * stride * 4, 0) + 3 * stride * 4;
}

/** Bytes that making a prefix takes for each sample of a chunk. */
export function chunkBytes(dataset: Dataset): number {
  return sampleBytes(dataset) + featuresOf(dataset) * 4;
}

/** Runs the intact network over samples start .. start + samples, `chunk` (a multiple of 64) at a time. */
export async function buildPrefix(
  gpu: Gpu,
  arena: Arena,
  model: DeviceChain,
  dataset: Dataset,
  transform: Transform,
  range: { readonly start: number; readonly samples: number; readonly chunk: number },
): Promise<Prefix> {
  const { start, samples } = range;
  const chunk = Math.min(range.chunk, Math.ceil(samples / 64) * 64);
  const stride = Math.ceil(samples / 64) * 64;
  const { stages } = model;
  const z = stages.map(({ layer }) => arena.storage(`z of ${layer.name}`, layer.outFeatures * stride * 4));
  const labels = arena.upload("labels", Uint32Array.from(dataset.labels.subarray(start, start + samples)));
  const truth = arena.storage("truth", stride * 4);
  const losses = arena.storage("losses", stride * 4);

  using transient = arena.scope();
  const source = deviceSamples(transient, readAhead(dataset, start + samples), transform, chunk);
  const features = source.shape.features;
  const x = transient.storage("inputs", chunk * features * 4);
  const gather = await prepare(gpu, planGatherRows({ rows: chunk, start: 0, ...source.shape, ordered: false }), {
    values: source.values,
    order: labels,
    levels: source.levels,
    x,
  });
  for (let from = 0; from < samples; from += chunk) {
    const rows = Math.min(chunk, samples - from);
    await source.load(start + from, rows);
    gather.record(planGatherRows({ rows, start: 0, ...source.shape, ordered: false }));
    for (const [index, { layer, weight, bias }] of stages.entries()) {
      const before = stages[index - 1];
      const plan = planGemm(
        {
          rows,
          columns: layer.outFeatures,
          depth: layer.inFeatures,
          a: before ? [1, stride] : [features, 1],
          b: [layer.outFeatures, 1],
          c: [1, stride],
        },
        defaultGemm(gpu, layer.outFeatures),
        {
          bias: layer.bias !== null,
          load: before?.layer.activation ?? LINEAR,
          store: index === stages.length - 1 ? layer.activation : LINEAR,
        },
      );
      const part = (buffer: GPUBuffer): GPUBufferBinding => ({ buffer, offset: from * 4 });
      const gemm = await prepare(gpu, plan, {
        a: before ? part(z[index - 1]!) : x,
        b: weight,
        bias,
        c: part(z[index]!),
      });
      gemm.record();
    }
    if (from + chunk < samples) await gpu.finish();
  }
  const classes = stages.at(-1)!.layer.outFeatures;
  const rank = planRank({ images: samples, classes, imageStride: 1, classStride: stride });
  (await prepare(gpu, rank, { logits: z.at(-1)!, labels, truth, losses })).record();
  const [truths, lossValues] = await gpu.read(
    { buffer: truth, sizeBytes: samples * 4 },
    { buffer: losses, sizeBytes: samples * 4 },
  );
  return {
    model,
    start,
    samples,
    stride,
    z,
    truth,
    truths: new Uint32Array(truths!),
    losses: new Float32Array(lossValues!),
  };
}

/** The variant that is known to do, for a product of so many columns. */
export function defaultGemm(gpu: Gpu, columns: number): GemmVariant {
  return gemmVariants(gpu.isProcessor, columns)[0]!;
}
