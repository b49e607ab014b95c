/**
 * The quickest method of each convolution on the adapter at hand: the engine's choice by counted work, or what a measurement
 * finds to be quicker, where a study is long enough to be worth one. Winners are remembered by the tuner, by shape.
 */
import type { Arena } from "../../gpu/arena.ts";
import type { Gpu } from "../../gpu/device.ts";
import type { ConvShape } from "../../kernels/conv-shape.ts";
import { paddedChannels, tensorFloats } from "../../kernels/tensor-layout.ts";
import { isWinograd, type WinogradTile, winogradSizes } from "../../kernels/winograd.ts";
import type { Tuner } from "../tuner.ts";
import type { CompiledGraph, WidestTiles } from "./compiled-graph.ts";
import { type ConvMethod, chooseMethod, convDispatches, winogradRound } from "./convolution.ts";
import { ready } from "./dispatch.ts";

/** Rough rates, in multiply-accumulates a millisecond. */
const ROUGH_MACS_PER_MS = { processor: 5e6, gpu: 1e9 } as const;
/** Measuring a shape takes about so many runs of it: work that is not many times that is not measured for. */
const MEASURED_RUNS = 25;

/** The graph with measured methods. `rowsOf`: how many samples, under all masks, a convolution is to compute. */
export async function withQuickestMethods(
  gpu: Gpu,
  tuner: Tuner,
  graph: CompiledGraph,
  widest: WidestTiles,
  rowsOf: (name: string) => number,
): Promise<CompiledGraph> {
  const methods = new Map(graph.methods);
  for (const name of graph.methods.keys()) {
    const shape = graph.convShape(name, 1);
    const candidates = candidatesOf(shape, widest.get(name) ?? 4);
    if (candidates.length < 2) continue;
    const { macs } = graph.costs.get(name)!;
    const expectedMs = (macs * rowsOf(name)) / ROUGH_MACS_PER_MS[gpu.isProcessor ? "processor" : "gpu"] / MEASURED_RUNS;
    let own = gpu.arena.scope();
    try {
      const quickest = await tuner.choose(`convolution ${textOf(shape)}`, candidates, expectedMs, (method) => {
        own[Symbol.dispose]();
        own = gpu.arena.scope();
        return prepareOn(gpu, own, shape, method);
      });
      methods.set(name, quickest);
    } finally {
      own[Symbol.dispose]();
    }
  }
  return { ...graph, methods };
}

/** Methods that compute a convolution, the one of least counted work first. */
export function candidatesOf(shape: ConvShape, widest: WinogradTile | 0): readonly ConvMethod[] {
  const first = chooseMethod(shape, widest);
  if (first.kind === "depthwise" || first.kind === "product" || shape.groups > 1) return [first];
  const tiles = isWinograd(shape) ? ([4, 2] as const).filter((tile) => tile <= widest) : [];
  const all: readonly ConvMethod[] = [
    ...tiles.map((tile): ConvMethod => ({ kind: "winograd", tile })),
    { kind: "implicit" },
    ...(shape.inChannels <= 4 ? [{ kind: "direct" } as const] : []),
  ];
  return [first, ...all.filter((method) => JSON.stringify(method) !== JSON.stringify(first))];
}

function textOf({ height, width, inChannels, outChannels, kernel, stride, dilation }: ConvShape): string {
  return [height, width, inChannels, outChannels, ...kernel, ...stride, ...dilation].join(" ");
}

/** One row of zeros through a method; weights of zeros, ready as they would be. */
function prepareOn(gpu: Gpu, own: Arena, shape: ConvShape, method: ConvMethod): Promise<() => void> {
  const [ins, outs] = [paddedChannels(shape.inChannels), paddedChannels(shape.outChannels)];
  const round = method.kind === "winograd" ? winogradRound(shape, method.tile, gpu.isProcessor) : null;
  const floats =
    method.kind === "winograd"
      ? winogradSizes(shape, method.tile).filterFloats
      : shape.kernel[0] * shape.kernel[1] * ins * outs;
  const dispatches = convDispatches(
    gpu.isProcessor,
    shape,
    method,
    {
      x: own.storage("x", tensorFloats(1, [shape.height, shape.width, shape.inChannels]) * 4),
      weight: own.storage("weights", floats * 4),
      bias: own.storage("bias", outs * 4),
      y: own.storage("y", tensorFloats(1, [shape.outHeight, shape.outWidth, shape.outChannels]) * 4),
      inputs: own.storage("transformed inputs", (round?.inputFloats ?? 0) * 4),
      products: own.storage("products", (round?.productFloats ?? 0) * 4),
    },
    { bias: true },
  );
  return ready(gpu, dispatches);
}
