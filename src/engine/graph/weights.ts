/**
 * A network's parameters on the device: what each layer's take there, which of them are kept ready (transformed for
 * Winograd, expanded from 8 bits) and which are made ready each time they are used, and the buffers. What is kept is
 * decided by sizes alone, so that a plan knows it before anything is allocated.
 */

import type { Arena } from "../../gpu/arena.ts";
import type { Gpu } from "../../gpu/device.ts";
import type { ConvShape } from "../../kernels/conv-shape.ts";
import { planDequantize } from "../../kernels/dequantize.ts";
import { packBias, packConstant, packConvWeight, packDenseWeight } from "../../kernels/pack-weights.ts";
import { paddedChannels, tensorFloats, vectorsOf } from "../../kernels/tensor-layout.ts";
import { planWinogradFilter, winogradSizes } from "../../kernels/winograd.ts";
import type { Conv2dLayer, DenseLayer, Layer, QuantizedWeight, Weight } from "../../network/network.ts";
import { floatsOf } from "../../network/weight.ts";
import type { CompiledGraph } from "./compiled-graph.ts";
import type { ConvMethod } from "./convolution.ts";
import { type Dispatch, ready } from "./dispatch.ts";

/** Columns of a dense layer's weights that lie in one buffer. */
export interface WeightPart {
  readonly start4: number;
  readonly count4: number;
}

/** What is kept of a layer's weights. */
export interface KeptWeight {
  readonly layer: string;
  /** As floats in buffers of their own; false: as bytes, expanded part by part into a shared buffer. */
  readonly expanded: boolean;
  readonly parts: readonly WeightPart[];
  /** The filters transformed for Winograd are kept; false: transformed each time, into a shared buffer. */
  readonly transformed: boolean;
  /** Bytes of all that is kept, bias and transformed filters included. */
  readonly bytes: number;
}

/** What is kept of all layers, and the shared buffers that the rest needs. */
export interface WeightPlan {
  readonly kept: ReadonlyMap<string, KeptWeight>;
  /** For filters transformed on the way. */
  readonly filterBytes: number;
  /** For weights expanded on the way. */
  readonly expandedBytes: number;
  readonly bytes: number;
}

/** Columns expanded at once, at most: enough to be worth a dispatch, little enough to be no burden. */
const EXPANDED_BYTES = 2 ** 26;
/** Offsets into tensors are multiples of 256 bytes: 16 vec4s. */
const PART_GRAIN4 = 16;

/** What to keep within `budgetBytes`, transformed filters of small maps first; the least that works where that is more. */
export function planWeights(graph: CompiledGraph, budgetBytes: number, bindingBytes: number): WeightPlan {
  const least = new Map<string, KeptWeight>();
  const wishes: { readonly layer: string; readonly bytes: number; readonly gain: number }[] = [];
  let expandedBytes = 0;
  let filterBytes = 0;
  for (const layer of graph.network.layers) {
    const floats = packedFloats(layer);
    if (floats === 0) continue;
    const wish = wishOf(graph, layer);
    if (wish) wishes.push(wish);
    const bytes = bytesOf(layer) ? floats : floats * 4;
    const expanded = bytesOf(layer) === null;
    least.set(layer.name, {
      layer: layer.name,
      expanded,
      parts: partsOf(layer, expanded ? bindingBytes : Math.min(EXPANDED_BYTES, bindingBytes)),
      transformed: false,
      bytes: bytes + biasBytes(layer),
    });
  }
  let bytes = [...least.values()].reduce((sum, each) => sum + each.bytes, 0);
  const kept = new Map(least);
  for (const { layer, bytes: more } of wishes.sort((a, b) => b.gain / b.bytes - a.gain / a.bytes)) {
    if (bytes + more > budgetBytes) continue;
    bytes += more;
    const now = kept.get(layer)!;
    const found = graph.layers.get(layer)!;
    kept.set(layer, {
      ...now,
      bytes: now.bytes + more,
      ...(now.expanded ? { transformed: true } : { expanded: true, parts: partsOf(found, bindingBytes) }),
    });
  }
  for (const [name, { expanded, parts, transformed }] of kept) {
    const layer = graph.layers.get(name)!;
    const method = graph.methods.get(name);
    if (!expanded && layer.kind === "dense") {
      const widest = Math.max(...parts.map(({ count4 }) => count4));
      expandedBytes = Math.max(expandedBytes, paddedChannels(layer.inFeatures) * widest * 16);
    }
    if (method?.kind === "winograd" && !transformed) {
      filterBytes = Math.max(filterBytes, filterFloats(graph, name, method) * 4);
    }
  }
  return { kept, filterBytes, expandedBytes, bytes: bytes + filterBytes + expandedBytes };
}

/** What keeping more of a layer's weights would take, and what it would save each time they are used. */
function wishOf(graph: CompiledGraph, layer: Layer) {
  const method = graph.methods.get(layer.name);
  if (method?.kind === "winograd") {
    const floats = filterFloats(graph, layer.name, method);
    return { layer: layer.name, bytes: floats * 4, gain: floats };
  }
  if (bytesOf(layer)) {
    const floats = packedFloats(layer);
    return { layer: layer.name, bytes: 3 * floats, gain: floats };
  }
  return null;
}

function filterFloats(graph: CompiledGraph, name: string, { tile }: Extract<ConvMethod, { kind: "winograd" }>): number {
  return winogradSizes(graph.convShape(name, 1), tile).filterFloats;
}

/** The 8-bit weights of a dense layer, where they lie as the device wants them and so can be expanded there; else null. */
function bytesOf(layer: Layer): (QuantizedWeight & { readonly values: Uint8Array }) | null {
  if (layer.kind !== "dense" || layer.inFeatures % 4 !== 0 || layer.outFeatures % 4 !== 0) return null;
  const { weight } = layer;
  if (weight instanceof Float32Array || !(weight.values instanceof Uint8Array)) return null;
  return { ...weight, values: weight.values };
}

function packedFloats(layer: Layer): number {
  switch (layer.kind) {
    case "dense":
      return paddedChannels(layer.inFeatures) * paddedChannels(layer.outFeatures);
    case "conv2d": {
      const [height, width] = layer.kernel;
      const deep = layer.groups > 1 && layer.groups === layer.inChannels && layer.groups === layer.outChannels;
      const ins = deep ? 1 : paddedChannels(layer.inChannels / layer.groups);
      return height * width * ins * paddedChannels(layer.outChannels);
    }
    case "scale":
      return 2 * paddedChannels(layer.scale.length);
    case "constant":
      return tensorFloats(1, layer.shape);
    default:
      return 0;
  }
}

function biasBytes(layer: Layer): number {
  if (layer.kind === "dense") return paddedChannels(layer.outFeatures) * 4;
  return layer.kind === "conv2d" ? paddedChannels(layer.outChannels) * 4 : 0;
}

/** Columns in parts of at most `mostBytes` as floats; convolutions are one part. */
function partsOf(layer: Layer, mostBytes: number): readonly WeightPart[] {
  if (layer.kind !== "dense")
    return [{ start4: 0, count4: layer.kind === "conv2d" ? vectorsOf(layer.outChannels) : 0 }];
  const all = vectorsOf(layer.outFeatures);
  const column4Bytes = paddedChannels(layer.inFeatures) * 16;
  const most = Math.floor(mostBytes / column4Bytes / PART_GRAIN4) * PART_GRAIN4 || PART_GRAIN4;
  return Array.from({ length: Math.ceil(all / most) }, (_, part) => ({
    start4: part * most,
    count4: Math.min(most, all - part * most),
  }));
}

/** A layer's parameters, ready to be bound. */
export interface LayerWeights {
  readonly bias: GPUBuffer;
  /** One for each part of a dense layer's columns, or one. */
  readonly parts: readonly (WeightPart & { readonly buffer: GPUBuffer; readonly make: Dispatch | null })[];
  /** Filters for Winograd, and what makes them where they are not kept. */
  readonly transformed: { readonly buffer: GPUBuffer; readonly make: Dispatch | null } | null;
}

/** Uploads all parameters as planned; buffers belong to `arena`. */
export async function uploadWeights(
  gpu: Gpu,
  arena: Arena,
  graph: CompiledGraph,
  plan: WeightPlan,
): Promise<ReadonlyMap<string, LayerWeights>> {
  const filters = plan.filterBytes > 0 ? arena.storage("filters on the way", plan.filterBytes) : null;
  const expanded = plan.expandedBytes > 0 ? arena.storage("weights on the way", plan.expandedBytes) : null;
  const uploaded = new Map<string, LayerWeights>();
  for (const [name, kept] of plan.kept) {
    const layer = graph.layers.get(name)!;
    if (layer.kind === "dense") {
      const bias = arena.upload(`${name} bias`, packBias(layer.bias, layer.outFeatures));
      uploaded.set(name, { bias, transformed: null, parts: await denseParts(gpu, arena, layer, kept, expanded) });
    } else if (layer.kind === "conv2d") {
      uploaded.set(name, await convWeights(gpu, arena, graph, layer, kept, filters));
    } else {
      const [first, second] = layerTensors(layer);
      const buffer = arena.upload(name, first);
      uploaded.set(name, {
        bias: second ? arena.upload(`${name} shift`, second) : buffer,
        transformed: null,
        parts: [{ start4: 0, count4: 0, buffer, make: null }],
      });
    }
  }
  return uploaded;
}

/** Scale and shift of a scale layer, or a constant. */
function layerTensors(layer: Layer): readonly [Float32Array, Float32Array?] {
  if (layer.kind === "scale") {
    const { scale, shift } = layer;
    return [packBias(scale, scale.length), packBias(shift, shift.length)];
  }
  if (layer.kind !== "constant") return [new Float32Array(0)];
  return [packConstant(layer.values, layer.shape)];
}

async function denseParts(
  gpu: Gpu,
  arena: Arena,
  layer: DenseLayer<Weight>,
  kept: KeptWeight,
  shared: GPUBuffer | null,
): Promise<LayerWeights["parts"]> {
  const { name, inFeatures, outFeatures, weight } = layer;
  const rows = paddedChannels(inFeatures);
  const stride4 = vectorsOf(outFeatures);
  const quantized = bytesOf(layer);
  if (quantized) {
    const { values, scale, min } = quantized;
    using transient = arena.scope();
    const bytes = (kept.expanded ? transient : arena).upload(`${name} bytes`, values);
    const parts: LayerWeights["parts"][number][] = [];
    for (const { start4, count4 } of kept.parts) {
      const buffer = kept.expanded ? arena.storage(`${name} weights`, rows * count4 * 16) : shared!;
      const make: Dispatch = {
        plan: planDequantize({ rows, stride4, start4, columns4: count4, scale, min }),
        buffers: { values: bytes, weight: buffer },
      };
      if (kept.expanded) (await ready(gpu, [make]))();
      parts.push({ start4, count4, buffer, make: kept.expanded ? null : make });
    }
    return parts;
  }
  const packed = packDenseWeight(floatsOf(weight), inFeatures, outFeatures);
  return kept.parts.map(({ start4, count4 }) => {
    const buffer = arena.storage(`${name} weights`, rows * count4 * 16);
    arena.write(buffer, count4 === stride4 ? packed : columnsOf(packed, rows, 4 * stride4, 4 * start4, 4 * count4));
    return { start4, count4, buffer, make: null };
  });
}

function columnsOf(values: Float32Array, rows: number, width: number, start: number, count: number): Float32Array {
  const part = new Float32Array(rows * count);
  for (let row = 0; row < rows; row++) {
    part.set(values.subarray(row * width + start, row * width + start + count), row * count);
  }
  return part;
}

async function convWeights(
  gpu: Gpu,
  arena: Arena,
  graph: CompiledGraph,
  layer: Conv2dLayer,
  kept: KeptWeight,
  filters: GPUBuffer | null,
): Promise<LayerWeights> {
  const { name, outChannels } = layer;
  const buffer = arena.upload(`${name} weights`, packConvWeight(floatsOf(layer.weight), layer));
  const bias = arena.upload(`${name} bias`, packBias(layer.bias, outChannels));
  const parts = [{ start4: 0, count4: vectorsOf(outChannels), buffer, make: null }];
  const method = graph.methods.get(name);
  if (method?.kind !== "winograd") return { bias, parts, transformed: null };
  const shape: ConvShape = graph.convShape(name, 1);
  const u = kept.transformed
    ? arena.storage(`${name} transformed`, winogradSizes(shape, method.tile).filterFloats * 4)
    : filters!;
  const make: Dispatch = { plan: planWinogradFilter(shape, method.tile), buffers: { weight: buffer, u } };
  if (kept.transformed) (await ready(gpu, [make]))();
  return { bias, parts, transformed: { buffer: u, make: kept.transformed ? null : make } };
}
