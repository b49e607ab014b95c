/** Runs a network on arrays: what `lesion run-model` and `lesion check` ask for. Samples go through in batches. */
import { LesionError } from "../../core/errors.ts";
import type { Arena } from "../../gpu/arena.ts";
import type { Gpu } from "../../gpu/device.ts";
import { channelsOf, paddedChannels, positionsOf, tensorFloats } from "../../kernels/tensor-layout.ts";
import type { Network } from "../../network/network.ts";
import { type Shape, shapeText, sizeOf } from "../../network/shapes.ts";
import { compileGraph, type WidestTiles } from "./compiled-graph.ts";
import { exactTiles } from "./exact-tiles.ts";
import type { DeviceTensor } from "./layer-dispatches.ts";
import { constantTensor, openGraph } from "./open-graph.ts";
import { openPass, passFloats, planPass, roundFloats, stepsOf } from "./pass.ts";
import { readRows } from "./read-rows.ts";
import { planWeights } from "./weights.ts";

/** Of the budget, the part that weights may take where they can be made smaller. */
const WEIGHT_SHARE = 0.6;
/** Numbers of a batch's tensors, at most. */
const MOST_FLOATS = 2 ** 27;

/**
 * What the network's outputs are for `samples` samples, [samples, ...shape] by layer name. `feeds`: [samples, ...shape] by
 * input name. `sums`: "quick" takes Winograd's convolutions, as sweeps do; "direct" adds up products as they are defined, which
 * is exact to the last bits also where a sum is nearly zero. Throws `bad-data` where a feed is missing or of another size, `bad-model` and `out-of-memory`.
 */
export async function runNetwork(
  gpu: Gpu,
  network: Network,
  feeds: ReadonlyMap<string, Float32Array>,
  samples: number,
  sums: "quick" | "direct" = "quick",
): Promise<ReadonlyMap<string, Float32Array>> {
  checkFeeds(network, feeds, samples);
  const graph = compileGraph(network, sums === "quick" ? await exactTiles(gpu, network) : directSums(network));
  const { layers, inputs } = graph.network;
  const { maxStorageBufferBindingSize, maxBufferSize } = gpu.device.limits;
  const bindingBytes = Math.min(maxStorageBufferBindingSize, maxBufferSize);
  // An output may be an input passed on: `simplify` renames what it folds, so names are paired by their places.
  const outputs = new Map(network.outputs.map((name, i) => [name, graph.network.outputs[i]!]));
  const kept = new Set(graph.network.outputs);
  const plan = planPass(graph, stepsOf(graph, layers), kept);
  const outside = [...inputs.map(({ shape }) => shape), ...[...kept].map((name) => graph.shapes.get(name)!)];
  const rowFloats = outside.reduce((sum, shape) => sum + tensorFloats(1, shape), passFloats(plan).row);
  const widest = Math.max(...[...graph.shapes.values()].map((shape) => tensorFloats(1, shape)));
  const weights = planWeights(graph, gpu.arena.budgetBytes * WEIGHT_SHARE, bindingBytes);
  const room = Math.min(MOST_FLOATS, Math.max(0, gpu.arena.budgetBytes - weights.bytes) / 8);
  const rows = Math.max(1, Math.min(samples, Math.floor(room / rowFloats), Math.floor(bindingBytes / (widest * 4))));
  using arena = gpu.arena.scope();
  const device = await openGraph(gpu, arena, graph, weights, roundFloats(graph, layers, rows, gpu.isProcessor));
  const fed = new Map(inputs.map(({ name, shape }) => [name, arena.storage(name, tensorFloats(rows, shape) * 4)]));
  const pass = openPass(gpu, arena, device, plan, rows, {
    outside: (name) => {
      const buffer = fed.get(name);
      return buffer ? { buffer, shape: graph.shapes.get(name)!, rows: "own" } : constantTensor(device, name);
    },
    kept: new Map([...kept].map((name) => [name, keptBuffer(arena, name, rows, graph.shapes.get(name)!)])),
  });
  const results = new Map(
    [...outputs].map(([name, simple]) => [name, new Float32Array(samples * sizeOf(graph.shapes.get(simple)!))]),
  );
  for (let start = 0; start < samples; start += rows) {
    const count = Math.min(rows, samples - start);
    for (const { name, shape } of inputs) {
      arena.write(fed.get(name)!, padded(feeds.get(name)!, start, count, shape));
    }
    (await pass.prepare(count))();
    for (const [name, simple] of outputs) {
      const shape = graph.shapes.get(simple)!;
      results.get(name)!.set(await read(gpu, pass.tensor(simple), count), start * sizeOf(shape));
    }
  }
  return results;
}

/** No Winograd anywhere. */
function directSums({ layers }: Network): WidestTiles {
  return new Map(layers.map(({ name }) => [name, 0]));
}

function keptBuffer(arena: Arena, name: string, rows: number, shape: Shape): GPUBuffer {
  return arena.storage(name, tensorFloats(rows, shape) * 4);
}

/** Samples start .. start + count of [samples, ...shape], in the layout of the device. */
export function padded(values: Float32Array, start: number, count: number, shape: Shape): Float32Array {
  const channels = channelsOf(shape);
  const width = paddedChannels(channels);
  const size = sizeOf(shape);
  const part = values.subarray(start * size, (start + count) * size);
  if (width === channels) return part;
  const out = new Float32Array(tensorFloats(count, shape));
  if (channels === 1) {
    for (let i = 0; i < part.length; i++) out[i * width] = part[i]!;
    return out;
  }
  for (let from = 0, at = 0; from < part.length; from += channels, at += width) {
    out.set(part.subarray(from, from + channels), at);
  }
  return out;
}

/** [count, ...shape] of a tensor on the device; of a constant, the same for each. */
async function read(gpu: Gpu, { buffer, shape, rows }: DeviceTensor, count: number): Promise<Float32Array> {
  const held = rows === "one" ? 1 : count;
  const values = await readRows(gpu, buffer, held * positionsOf(shape), channelsOf(shape));
  if (held === count) return values;
  const all = new Float32Array(count * sizeOf(shape));
  for (let row = 0; row < count; row++) all.set(values, row * sizeOf(shape));
  return all;
}

function checkFeeds(network: Network, feeds: ReadonlyMap<string, Float32Array>, samples: number): void {
  for (const { name, shape } of network.inputs) {
    const expected = samples * sizeOf(shape);
    const found = feeds.get(name)?.length;
    if (found === expected) continue;
    const what = found === undefined ? "is not given" : `has ${found} numbers`;
    throw new LesionError(
      "bad-data",
      `the input "${name}" ${what}; ${samples} samples of ${shapeText(shape)} are needed`,
      {
        where: `input "${name}"`,
        fix: `Give ${expected} numbers for it.`,
      },
    );
  }
}
