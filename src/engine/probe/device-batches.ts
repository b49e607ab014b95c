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
import { planWeights } from "../graph/weights.ts";
import { limitsOf } from "../training/trainer.ts";
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

/**
 * Opens `layers` of a graph for as many samples at once as memory holds and a moment allows. `bytesOf`: what so many rows take
 * besides. Buffers belong to `arena`. Throws `out-of-memory` where not one sample fits.
 */
export async function openBatches(
  gpu: Gpu,
  arena: Arena,
  source: ProbeSource,
  layers: readonly Layer[],
  bytesOf: (rows: number) => number,
): Promise<DeviceBatches> {
  const graph: CompiledGraph = { ...source.graph, network: { ...source.graph.network, layers } };
  const { name, shape } = graph.network.inputs[0]!;
  const { budgetBytes, bindingBytes } = limitsOf(gpu);
  const weights = planWeights(graph, budgetBytes * WEIGHT_SHARE, bindingBytes);
  const roundsOf = (rows: number) => roundFloats(graph, layers, rows, gpu.isProcessor);
  const inputBytes = (rows: number) => tensorFloats(rows, shape) * 4;
  const allBytes = (rows: number) => {
    const { inputs, products } = roundsOf(rows);
    return 4 * (inputs + products) + inputBytes(rows) + feedBytes(source, rows) + bytesOf(rows);
  };
  const shapes = [shape, ...layers.map((layer) => graph.shapes.get(layer.name)!)];
  const widestBytes = 4 * Math.max(...shapes.map((each) => tensorFloats(1, each)));
  const free = COUNTED_SHARE * (budgetBytes - weights.bytes);
  const rows = mostRows(
    Math.min(source.samples, rowsInTime(gpu, macsOf(graph, layers))),
    (count) => allBytes(count) <= free && widestBytes * count <= bindingBytes,
  );
  const device = await openGraph(gpu, arena, graph, weights, roundsOf(rows));
  const x: DeviceTensor = { buffer: arena.storage("images", inputBytes(rows)), shape, rows: "own" };
  const feed = await openFeed(gpu, arena, source, shape, x.buffer, rows);
  return { device, rows, feed, outside: (from) => (from === name ? x : constantTensor(device, from)) };
}
