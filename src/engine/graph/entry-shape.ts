/** How masks enter a layer, as the sizes of a convolution. */
import type { ConvShape } from "../../kernels/conv-shape.ts";
import { channelsOf, paddedChannels, positionsOf } from "../../kernels/tensor-layout.ts";
import type { CompiledGraph } from "./compiled-graph.ts";
import { convShapeOf } from "./convolution.ts";
import type { Entry } from "./suffix.ts";

/** An entry as a convolution: a dense layer's taps are the positions of the map it reads. */
export function entryShape(graph: CompiledGraph, { layer, from }: Entry, rows: number): ConvShape {
  if (layer.kind === "conv2d") return convShapeOf(layer, from.shape, graph.shapes.get(layer.name)!, rows);
  const one = [1, 1] as const;
  const positions = positionsOf(from.shape);
  const isMap = layer.inFeatures !== channelsOf(from.shape);
  return {
    rows,
    height: positions,
    width: 1,
    inChannels: channelsOf(from.shape),
    outChannels: layer.outFeatures,
    outHeight: isMap ? 1 : positions,
    outWidth: 1,
    kernel: isMap ? [positions, 1] : one,
    stride: one,
    dilation: one,
    padding: { top: 0, left: 0, bottom: 0, right: 0 },
    groups: 1,
  };
}

/** Rows of an entered layer's packed weights from one tap to the next. */
export function tapRows({ layer, from }: Entry): number {
  return layer.kind === "conv2d" ? paddedChannels(layer.inChannels) : channelsOf(from.shape);
}

/** Multiply-accumulates of one row of an entry, for each unit listed. */
export function entryMacsPerUnit(graph: CompiledGraph, entry: Entry): number {
  const { kernel, outHeight, outWidth, outChannels } = entryShape(graph, entry, 1);
  return kernel[0] * kernel[1] * outHeight * outWidth * outChannels;
}
