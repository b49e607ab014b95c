/**
 * The intact network's pass over some images, on the device: what every ablation starts from. Kept are the pre-activations of
 * layers with weights, and results where branches meet; what lies between is computed again where it is needed.
 */
import type { Dataset, Transform } from "../../data/dataset.ts";
import type { Arena } from "../../gpu/arena.ts";
import type { Gpu } from "../../gpu/device.ts";
import { planGatherRows } from "../../kernels/gather-rows.ts";
import { planRank } from "../../kernels/rank.ts";
import { planReshape } from "../../kernels/rearrange.ts";
import { channelsOf, paddedChannels, tensorFloats } from "../../kernels/tensor-layout.ts";
import { ancestorsOf } from "../../network/graph.ts";
import { type Shape, sizeOf } from "../../network/shapes.ts";
import { prepare } from "../prepare.ts";
import { deviceSamples } from "../samples.ts";
import type { DeviceTensor, GraphDevice } from "./layer-dispatches.ts";
import { constantTensor } from "./open-graph.ts";
import { openPass, type PassPlan, planPass, stepsOf } from "./pass.ts";

/** Images start .. start + images of a data set. */
export interface ImageRange {
  readonly start: number;
  readonly images: number;
}

/** What of the intact pass is kept, by layer or input: [images, ...shape] each. */
export interface KeptRoots {
  readonly z: ReadonlySet<string>;
  readonly values: ReadonlySet<string>;
}

export interface GraphPrefix extends ImageRange {
  readonly device: GraphDevice;
  readonly z: ReadonlyMap<string, GPUBuffer>;
  readonly values: ReadonlyMap<string, GPUBuffer>;
}

/** The intact network's outcome on the images of a prefix. */
export interface GraphTruth {
  readonly samples: number;
  /** [images]: label, and the rank of the true class << 16; on the device, and here. */
  readonly truth: GPUBuffer;
  readonly truths: Uint32Array;
  /** [images]: cross-entropy, in nats. */
  readonly losses: Float32Array;
}

/** The layers of a prefix that keeps `roots`, and gives `output` where it is not null, and their pass. */
export function planPrefix(
  { graph }: Pick<GraphDevice, "graph">,
  { z, values }: KeptRoots,
  output: string | null,
): PassPlan {
  const wanted = [...z, ...values, ...(output === null ? [] : [output])];
  const needed = new Set([...wanted, ...ancestorsOf(graph.network, wanted)]);
  const layers = graph.network.layers.filter(({ name }) => needed.has(name));
  // A pool is not fused into a convolution whose pre-activation is kept: what the pool reads is computed apart from it.
  return planPass(graph, stepsOf(graph, layers), new Set([...values, ...(output === null ? [] : [output])]), z);
}

/** Bytes that a prefix keeps of `images` images. */
export function keptBytes({ graph }: Pick<GraphDevice, "graph">, { z, values }: KeptRoots, images: number): number {
  return [...z, ...values].reduce((sum, name) => sum + tensorFloats(images, graph.shapes.get(name)!) * 4, 0);
}

/** Where images come from, and what becomes of them on their way in. */
export interface ImageSource {
  readonly dataset: Dataset;
  readonly transform: Transform;
}

/** Puts images on the device, as the network reads them. The buffer belongs to `arena`. */
export async function openImages(
  gpu: Gpu,
  arena: Arena,
  { dataset, transform }: ImageSource,
  shape: Shape,
  { start, images }: ImageRange,
): Promise<DeviceTensor> {
  using transient = arena.scope();
  const source = deviceSamples(transient, dataset, transform, images);
  await source.load(start, images);
  const isPadded = paddedChannels(channelsOf(shape)) !== channelsOf(shape);
  const buffer = arena.storage("images", tensorFloats(images, shape) * 4);
  // Samples come without padding: as rows of numbers, which a reshape then spreads.
  const x = isPadded ? transient.storage("rows", images * sizeOf(shape) * 4) : buffer;
  const gather = planGatherRows({ rows: images, start: 0, ...source.shape, ordered: false });
  (await prepare(gpu, gather, { values: source.values, order: source.values, levels: source.levels, x })).record();
  if (isPadded) {
    const flat = planReshape(
      1,
      [images * sizeOf(shape)],
      [images * (sizeOf(shape) / channelsOf(shape)), channelsOf(shape)],
    );
    (await prepare(gpu, flat, { x, y: buffer })).record();
  }
  return { buffer, shape, rows: "own" };
}

/** Runs the intact network over images that are on the device; what is kept belongs to `arena`. */
export async function runPrefix(
  gpu: Gpu,
  arena: Arena,
  device: GraphDevice,
  images: DeviceTensor,
  range: ImageRange,
  roots: KeptRoots,
  output: string | null,
): Promise<{ readonly prefix: GraphPrefix; readonly logits: GPUBuffer | null }> {
  const { graph } = device;
  const buffersOf = (names: Iterable<string>, what: string) =>
    new Map(
      [...names].map((name) => {
        const floats = tensorFloats(range.images, graph.shapes.get(name)!);
        return [name, arena.storage(`${what}${name}`, floats * 4)] as const;
      }),
    );
  const isLayer = (name: string) => graph.layers.has(name);
  const z = buffersOf(roots.z, "z of ");
  const values = new Map([
    ...buffersOf([...roots.values].filter(isLayer), ""),
    ...[...roots.values].filter((name) => !isLayer(name)).map((name) => [name, images.buffer] as const),
  ]);
  using transient = arena.scope();
  const plan = planPrefix(device, roots, output);
  const logits =
    output === null
      ? null
      : (values.get(output) ?? arena.storage("logits", tensorFloats(range.images, graph.shapes.get(output)!) * 4));
  const kept = new Map([...values, ...(output === null ? [] : [[output, logits!] as const])]);
  const outside = (name: string) => (graph.layers.has(name) ? constantTensor(device, name) : images);
  const pass = openPass(gpu, transient, device, plan, range.images, { outside, kept, z });
  (await pass.prepare(range.images))();
  return { prefix: { device, ...range, z, values }, logits };
}

/** Ranks the true classes by the intact network's logits, [images, classes]. Buffers belong to `arena`. */
export async function rankTruth(
  gpu: Gpu,
  arena: Arena,
  { dataset }: ImageSource,
  { start, images }: ImageRange,
  logits: GPUBuffer,
  classes: number,
): Promise<GraphTruth> {
  using transient = arena.scope();
  const labels = transient.upload("labels", Uint32Array.from(dataset.labels.subarray(start, start + images)));
  const truth = arena.storage("truth", images * 4);
  const losses = transient.storage("losses", images * 4);
  const rank = planRank({ images, classes, imageStride: paddedChannels(classes), classStride: 1 });
  (await prepare(gpu, rank, { logits, labels, truth, losses })).record();
  const [truths, lossValues] = await gpu.read(
    { buffer: truth, sizeBytes: images * 4 },
    { buffer: losses, sizeBytes: images * 4 },
  );
  return { samples: images, truth, truths: new Uint32Array(truths!), losses: new Float32Array(lossValues!) };
}
