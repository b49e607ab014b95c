/**
 * Gradients of each sample's loss at the units of some layers, by the machinery that trains: forward, cross-entropy, and the
 * way back, on which each layer's gradient is multiplied by its activation while both are there. Batch norms stand still.
 */
import type { Arena } from "../../gpu/arena.ts";
import type { Gpu } from "../../gpu/device.ts";
import { paddedChannels } from "../../kernels/tensor-layout.ts";
import { compileGraph } from "../graph/compiled-graph.ts";
import { ready } from "../graph/dispatch.ts";
import { loadFrozen, loadParameters } from "../training/load-parameters.ts";
import { DeviceMemory } from "../training/memory.ts";
import { limitsOf } from "../training/trainer.ts";
import { TrainingPass } from "../training/training-pass.ts";
import { openFeed } from "./feed.ts";
import {
  type GradientSource,
  gradientSums,
  labelsOf,
  type PlannedGradients,
  type ProbedLayer,
  planGradients,
  productsOf,
  sampleDispatches,
  weightDispatches,
  weightProductFloats,
  weightProductsOf,
} from "./gradient-layout.ts";
import { always, type Proceed, unitsOf } from "./source.ts";

/** What gradients say of a layer's units. The loss is the cross-entropy of one sample, in nats. */
export interface GradientProfile {
  readonly layer: string;
  readonly units: number;
  readonly samples: number;
  /** Of one sample. */
  readonly positions: number;
  /** [samples, units]: sum over positions of g a, a the post-activation and g the gradient of the sample's loss by it. */
  readonly products: Float32Array;
  readonly batches: BatchGradients;
}

/** By mini-batch, the mean gradient of its samples; [batches, units] each. */
export interface BatchGradients {
  /** [batches]: samples of each. */
  readonly samples: readonly number[];
  /** Sum over the unit's incoming weights, its bias left out, of g w, and of |g w|; empty where not asked for. */
  readonly weightProducts: Float64Array;
  readonly weightAbs: Float64Array;
  /** The mean of `products`: the gradient by a factor of 1 that the unit's activation is multiplied by. */
  readonly gateProducts: Float64Array;
}

/**
 * Profiles of ablatable layers, in one pass of the samples; null where `proceed` ended it. A mini-batch that does not fit goes
 * in parts, with the same result but for rounding. Throws `bad-study` for a layer that is not ablatable, `unsupported` where a
 * gradient cannot go through the network, and `out-of-memory` where not one sample fits.
 */
export async function profileGradients(
  gpu: Gpu,
  source: GradientSource,
  layers: readonly string[],
  proceed: Proceed = always,
): Promise<readonly GradientProfile[] | null> {
  const { samples, batch } = source;
  const graph = compileGraph(source.network);
  for (const layer of layers) unitsOf(graph, layer);
  const plan = planGradients(limitsOf(gpu), source, layers);
  const { capacity } = plan.planned.layout;
  using arena = gpu.arena.scope();
  const device = await openDevice(gpu, arena, plan, source);
  const profiles = plan.probed.map((probed) => blankProfile(probed, samples, batch));
  for (let start = 0; start < samples; start += batch) {
    const end = Math.min(samples, start + batch);
    if (source.weights) device.clear();
    for (let from = start; from < end; from += capacity) {
      if (!(await proceed())) return null;
      const rows = Math.min(capacity, end - from);
      const found = await device.run(from, rows);
      for (const [i, profile] of profiles.entries()) takeProducts(profile, found[i]!, plan.probed[i]!, from, rows);
    }
    if (!source.weights) continue;
    const found = await device.weights();
    for (const [i, profile] of profiles.entries()) takeWeights(profile, found[i]!, start / batch);
  }
  return profiles;
}

/** The network on the device; what each call gives is one array a layer. */
async function openDevice(gpu: Gpu, arena: Arena, { planned, macs, probed }: PlannedGradients, source: GradientSource) {
  const { layout, training, sizes } = planned;
  const memory = new DeviceMemory(arena, sizes);
  loadFrozen(arena, memory, planned);
  loadParameters(arena, memory, planned, [{ seed: 0, held: [] }]);
  const whole = new TrainingPass(layout, memory, layout.capacity);
  const { name, shape } = training.source;
  const feed = await openFeed(gpu, arena, source, shape, whole.tensor(name).buffer, layout.capacity);
  const weigh = await ready(gpu, weightDispatches(whole, probed));
  const prepared = new Map<number, Promise<() => void>>();
  const read = async (parts: readonly { readonly buffer: GPUBuffer; readonly floats: number }[]) => {
    const found = await gpu.read(...parts.map(({ buffer, floats }) => ({ buffer, sizeBytes: floats * 4 })));
    return found.map((bytes) => new Float32Array(bytes));
  };
  return {
    /** Begins a mini-batch. */
    clear: () => gpu.recorder.clear(gradientSums(whole)),
    /** Samples start .. start + rows of the mini-batch: their products, as `productsOf`. */
    async run(start: number, rows: number) {
      const known =
        prepared.get(rows) ?? ready(gpu, sampleDispatches(new TrainingPass(layout, memory, rows), probed), rows * macs);
      prepared.set(rows, known);
      const record = await known;
      arena.write(labelsOf(whole), Uint32Array.from(source.dataset.labels.subarray(start, start + rows)));
      await feed(start, rows);
      record();
      return read(
        probed.map((layer) => ({
          buffer: productsOf(whole, layer),
          floats: layer.parts * rows * paddedChannels(layer.units),
        })),
      );
    },
    /** What the mini-batch's weight gradients come to, as `weightProductsOf`. */
    weights() {
      weigh();
      return read(
        probed.map(({ layer, units, weights }) => {
          const floats = weightProductFloats(units, weights!);
          return { buffer: weightProductsOf(whole, layer, floats), floats };
        }),
      );
    },
  };
}

function blankProfile(
  { layer, units, positions, weights }: ProbedLayer,
  samples: number,
  batch: number,
): GradientProfile {
  const count = Math.ceil(samples / batch);
  const blank = (wanted = true) => new Float64Array(wanted ? count * units : 0);
  const sizes = Array.from({ length: count }, (_, i) => Math.min(batch, samples - i * batch));
  const batches = {
    samples: sizes,
    weightProducts: blank(weights !== null),
    weightAbs: blank(weights !== null),
    gateProducts: blank(),
  };
  return { layer, units, samples, positions, products: new Float32Array(samples * units), batches };
}

/** `found`: [parts, rows, units padded]. */
function takeProducts(
  { units, products, batches }: GradientProfile,
  found: Float32Array,
  { parts }: ProbedLayer,
  start: number,
  rows: number,
): void {
  const width = paddedChannels(units);
  // All of these rows are of one mini-batch, and all but the last one are of one size.
  const batch = Math.floor(start / batches.samples[0]!);
  const count = batches.samples[batch]!;
  for (let row = 0; row < rows; row++) {
    for (let unit = 0; unit < units; unit++) {
      let sum = 0;
      for (let part = 0; part < parts; part++) sum += found[(part * rows + row) * width + unit]!;
      products[(start + row) * units + unit] = sum;
      const gate = batch * units + unit;
      batches.gateProducts[gate] = batches.gateProducts[gate]! + sum / count;
    }
  }
}

/** `found`: [parts, 2, units padded]. */
function takeWeights({ units, batches }: GradientProfile, found: Float32Array, batch: number): void {
  const width = paddedChannels(units);
  const count = batches.samples[batch]!;
  for (let at = 0; at < found.length; at += 2 * width) {
    for (let unit = 0; unit < units; unit++) {
      const to = batch * units + unit;
      batches.weightProducts[to] = batches.weightProducts[to]! + found[at + unit]! / count;
      batches.weightAbs[to] = batches.weightAbs[to]! + found[at + width + unit]! / count;
    }
  }
}
