/**
 * Part of a graph on the device with room for batches of samples: what taps and cascades share. Weights are there for the
 * layers that are computed and no others.
 */
import type { Arena } from "../../gpu/arena.ts";
import type { Gpu } from "../../gpu/device.ts";
import { tensorFloats } from "../../kernels/tensor-layout.ts";
import type { Layer } from "../../network/network.ts";
import type { CompiledGraph } from "../graph/compiled-graph.ts";
import type { DeviceTensor, GraphDevice } from "../graph/layer-dispatches.ts";
import { constantTensor, openGraph } from "../graph/open-graph.ts";
import { roundFloats } from "../graph/pass.ts";
import { planWeights, type WeightPlan } from "../graph/weights.ts";
import type { BufferBytes } from "../training/memory.ts";
import type { TrainingLimits } from "../training/training-plan.ts";
import { mostRows, rowsInTime } from "./batch-rows.ts";
import { type Feed, feedBytes, openFeed } from "./feed.ts";
import { macsOf, type ProbeSource } from "./source.ts";

export interface DeviceBatches {
  readonly device: GraphDevice;
  /** Samples of a batch, at most. */
  readonly rows: number;
  readonly feed: Feed;
  /** The network's input, or a constant: what passes read from outside. */
  outside(name: string): DeviceTensor;
}

/** Of the budget, the part that weights may take where they can be made smaller. */
const WEIGHT_SHARE = 0.6;
/** Of what is left, the part that is counted on: buffers are rounded up. */
const COUNTED_SHARE = 0.95;
/** Bytes that are read back of a batch, at most, unless single samples take that many: staging buffers are in no budget. */
const MOST_READ_BYTES = 2 ** 26;

/** What batches take besides their layers and the samples. */
export interface BatchNeeds {
  /** Multiply-accumulates of a sample. */
  readonly macs: number;
  /** Bytes of so many rows: of all buffers, of the largest, and read back. */
  bytesOf(rows: number): BufferBytes & { readonly read: number };
}

/** A part of a graph for batches of samples, on paper. */
export interface BatchPlan {
  /** The graph of those layers alone. */
  readonly graph: CompiledGraph;
  readonly weights: WeightPlan;
  /** Samples of a batch, at most. */
  readonly rows: number;
}

/** As many samples at once as memory holds and a moment allows; 1 where not even that fits. */
export function planBatches(
  limits: TrainingLimits,
  source: ProbeSource,
  layers: readonly Layer[],
  { macs, bytesOf }: BatchNeeds,
): BatchPlan {
  const graph: CompiledGraph = { ...source.graph, network: { ...source.graph.network, layers } };
  const { shape } = graph.network.inputs[0]!;
  const { isProcessor, budgetBytes, bindingBytes } = limits;
  const weights = planWeights(graph, budgetBytes * WEIGHT_SHARE, bindingBytes);
  const shapes = [shape, ...layers.map((layer) => graph.shapes.get(layer.name)!)];
  const widestBytes = 4 * Math.max(...shapes.map((each) => tensorFloats(1, each)));
  const free = COUNTED_SHARE * (budgetBytes - weights.bytes);
  const mostRead = Math.max(MOST_READ_BYTES, 2 * bytesOf(1).read);
  const fits = (rows: number) => {
    const { inputs, products } = roundFloats(graph, layers, rows, isProcessor);
    const { bytes, largest, read } = bytesOf(rows);
    const all = 4 * (inputs + products + tensorFloats(rows, shape)) + feedBytes(source, rows) + bytes;
    return all <= free && Math.max(widestBytes * rows, largest) <= bindingBytes && read <= mostRead;
  };
  const most = Math.min(source.samples, rowsInTime(limits, macs + macsOf(graph, layers)));
  return { graph, weights, rows: mostRows(most, fits) };
}

/** Opens a plan's layers for its batches. Buffers belong to `arena`. Throws `out-of-memory` where not one sample fits. */
export async function openBatches(
  gpu: Gpu,
  arena: Arena,
  source: ProbeSource,
  { graph, weights, rows }: BatchPlan,
): Promise<DeviceBatches> {
  const { layers, inputs } = graph.network;
  const { name, shape } = inputs[0]!;
  const device = await openGraph(gpu, arena, graph, weights, roundFloats(graph, layers, rows, gpu.isProcessor));
  const x: DeviceTensor = { buffer: arena.storage("images", tensorFloats(rows, shape) * 4), shape, rows: "own" };
  const feed = await openFeed(gpu, arena, source, shape, x.buffer, rows);
  return { device, rows, feed, outside: (from) => (from === name ? x : constantTensor(device, from)) };
}
