/**
 * A pass over some steps of a graph, all for the same number of rows: planned on paper (which tensors share memory, which
 * pools are fused), then prepared on the device once for each number of rows, then recorded as often as needed. Most steps
 * are layers; a pass through damage has steps of its own.
 */
import type { Arena } from "../../gpu/arena.ts";
import type { Gpu } from "../../gpu/device.ts";
import { tensorFloats } from "../../kernels/tensor-layout.ts";
import { type Layer, LINEAR } from "../../network/network.ts";
import type { Shape } from "../../network/shapes.ts";
import type { CompiledGraph } from "./compiled-graph.ts";
import { winogradRound } from "./convolution.ts";
import { type Dispatch, ready } from "./dispatch.ts";
import {
  activationDispatches,
  activationOf,
  type DeviceTensor,
  type GraphDevice,
  isView,
  layerDispatches,
} from "./layer-dispatches.ts";
import { assignSlots, type Life } from "./slots.ts";

/** One step: what it gives, and from what. */
export interface PassStep {
  /** Of the tensor it gives, unique in the pass. */
  readonly name: string;
  readonly shape: Shape;
  /** Tensors it reads, by name: of earlier steps, or from outside. */
  readonly reads: readonly string[];
  /** The layer it computes; null: what it does is given when the pass is opened. */
  readonly layer: Layer | null;
}

/** A pass on paper. */
export interface PassPlan {
  readonly steps: readonly PassStep[];
  /** Convolutions that write the maximum of the 2 x 2 pool after them, and that pool. */
  readonly fused: ReadonlyMap<string, string>;
  /** Slots of the tensors that live in the pass alone. */
  readonly slotOf: ReadonlyMap<string, number>;
  /** Numbers of each slot for one row. */
  readonly slotFloats: readonly number[];
}

/** Layers as steps. */
export function stepsOf(graph: CompiledGraph, layers: readonly Layer[]): readonly PassStep[] {
  return layers.map((layer) => ({
    name: layer.name,
    shape: graph.shapes.get(layer.name)!,
    reads: layer.inputs,
    layer,
  }));
}

/**
 * Plans a pass. `kept`: tensors that outlive it, in buffers of their own. `apart`: steps that compute more than their layer,
 * so that no pool is fused into them.
 */
export function planPass(
  graph: CompiledGraph,
  steps: readonly PassStep[],
  kept: ReadonlySet<string>,
  apart: ReadonlySet<string> = new Set(),
): PassPlan {
  const byName = new Map(steps.map((step) => [step.name, step]));
  const fused = new Map<string, string>();
  for (const { name, layer } of steps) {
    const pool = layer && fusablePool(graph, layer);
    if (pool && byName.get(pool.name)?.layer === pool && !kept.has(name) && !apart.has(name))
      fused.set(name, pool.name);
  }
  const rootOf = (name: string): string => {
    const step = byName.get(name);
    return step && isViewStep(graph, step, byName) && !kept.has(name) ? rootOf(step.reads[0]!) : name;
  };
  const lives = new Map<string, Life>();
  for (const [at, step] of steps.entries()) {
    for (const input of step.reads) {
      const life = lives.get(rootOf(input));
      if (life) lives.set(life.name, { ...life, to: at });
    }
    const name = fused.get(step.name) ?? step.name;
    if (step.layer?.kind === "constant" || kept.has(name) || rootOf(name) !== name || lives.has(name)) continue;
    lives.set(name, { name, from: at, to: at, size: tensorFloats(1, byName.get(name)!.shape) });
  }
  const { slotOf, sizes } = assignSlots([...lives.values()]);
  return { steps, fused, slotOf, slotFloats: sizes };
}

function isViewStep(
  graph: CompiledGraph,
  { layer, reads, shape }: PassStep,
  byName: ReadonlyMap<string, PassStep>,
): boolean {
  const [input] = reads;
  if (!layer || input === undefined) return false;
  return isView(layer, byName.get(input)?.shape ?? graph.shapes.get(input)!, shape);
}

/** The 2 x 2 maximum pool, stride 2, that alone reads a Winograd convolution; or null. */
function fusablePool(graph: CompiledGraph, layer: Layer): Layer | null {
  if (graph.methods.get(layer.name)?.kind !== "winograd" || graph.network.outputs.includes(layer.name)) return null;
  const [reader, ...others] = graph.readers.get(layer.name) ?? [];
  if (reader?.kind !== "pool2d" || others.length > 0 || reader.pool !== "max") return null;
  const { kernel, stride, dilation, padding } = reader;
  const isPlain = [...kernel, ...stride].every((size) => size === 2) && dilation.every((size) => size === 1);
  const [height = 0, width = 0] = graph.shapes.get(layer.name)!;
  const [outHeight, outWidth] = graph.shapes.get(reader.name)!;
  const isFloor = outHeight === Math.floor(height / 2) && outWidth === Math.floor(width / 2);
  return isPlain && isFloor && Object.values(padding).every((pad) => pad === 0) ? reader : null;
}

/** Numbers that a pass takes for one row, and its widest tensor. */
export function passFloats(plan: PassPlan): { readonly row: number; readonly widest: number } {
  return {
    row: plan.slotFloats.reduce((sum, floats) => sum + floats, 0),
    widest: Math.max(0, ...plan.steps.map(({ shape }) => tensorFloats(1, shape))),
  };
}

/** Numbers that Winograd's two intermediate tensors take for layers at so many rows, at most. */
export function roundFloats(
  graph: CompiledGraph,
  layers: Iterable<Layer>,
  rows: number,
  isProcessor: boolean,
): { readonly inputs: number; readonly products: number } {
  let inputs = 0;
  let products = 0;
  for (const { name } of layers) {
    const method = graph.methods.get(name);
    if (method?.kind !== "winograd") continue;
    const round = winogradRound(graph.convShape(name, rows), method.tile, isProcessor);
    inputs = Math.max(inputs, round.inputFloats);
    products = Math.max(products, round.productFloats);
  }
  return { inputs, products };
}

/** A pass with its buffers. */
export interface Pass {
  /** The tensor of a step, or of what steps read. */
  tensor(name: string): DeviceTensor;
  /** Makes the pass ready for a number of rows, at most its capacity; what is returned records it. */
  prepare(rows: number): Promise<() => void>;
}

/** Where a pass finds what it reads, puts what outlives it, and what it does besides layers. */
export interface PassBuffers {
  /** Tensors from outside: the network's inputs, constants, results of other passes. */
  readonly outside: (name: string) => DeviceTensor;
  readonly kept?: ReadonlyMap<string, GPUBuffer>;
  /** Its slots, as large as it needs them, where passes that run one after the other share them; left out: its own. */
  readonly slots?: readonly GPUBuffer[];
  /** Layers whose pre-activation is written too, into these buffers. */
  readonly z?: ReadonlyMap<string, GPUBuffer>;
  /** (image, mask) of each row: where operands from outside are shared by masks. */
  readonly rowTable?: GPUBuffer;
  /** What steps do instead of computing their layer, by name. */
  readonly instead?: ReadonlyMap<string, (y: GPUBuffer, rows: number) => readonly Dispatch[]>;
  /** What is done in place to the result of steps, which compute their layer without its activation where `linear`. */
  readonly after?: ReadonlyMap<
    string,
    { readonly linear: boolean; readonly dispatches: (y: GPUBuffer, rows: number) => readonly Dispatch[] }
  >;
}

/** Memory of slots of so many floats a row. */
export function openSlots(arena: Arena, slotFloats: readonly number[], capacity: number): readonly GPUBuffer[] {
  return slotFloats.map((floats, slot) => arena.storage(`slot ${slot}`, floats * capacity * 4));
}

/** Opens a pass for up to `capacity` rows; its slots belong to `arena`. */
export function openPass(
  gpu: Gpu,
  arena: Arena,
  device: GraphDevice,
  plan: PassPlan,
  capacity: number,
  { outside, kept, slots: shared, z, rowTable, instead, after }: PassBuffers,
): Pass {
  const byName = new Map(plan.steps.map((step) => [step.name, step]));
  const slots = shared ?? openSlots(arena, plan.slotFloats, capacity);
  const tensor = (name: string): DeviceTensor => {
    const step = byName.get(name);
    if (!step) return outside(name);
    const buffer = kept?.get(name) ?? slots[plan.slotOf.get(name) ?? -1];
    if (buffer) return { buffer, shape: step.shape, rows: "own" };
    return step.layer?.kind === "constant" ? outside(name) : { ...tensor(step.reads[0]!), shape: step.shape };
  };
  const pooled = new Set(plan.fused.values());
  const options = rowTable ? { rowTable } : {};
  const dispatchesOf = ({ name, reads, layer, shape }: PassStep, rows: number): readonly Dispatch[] => {
    if (pooled.has(name) || layer?.kind === "constant") return [];
    const pool = plan.fused.get(name);
    const y = tensor(pool ?? name).buffer;
    const other = instead?.get(name);
    const masked = after?.get(name);
    const before = z?.get(name);
    const rest = masked ? masked.dispatches(y, rows) : [];
    if (other) return [...other(y, rows), ...rest];
    const operands = reads.map(tensor);
    const linear = masked?.linear ? { activation: LINEAR } : {};
    if (!before) {
      return [
        ...layerDispatches(device, layer!, operands, y, rows, { ...options, ...linear, pool: pool !== undefined }),
        ...rest,
      ];
    }
    return [
      ...layerDispatches(device, layer!, operands, before, rows, { ...options, activation: LINEAR }),
      ...activationDispatches(before, shape, activationOf(layer!), y, rows),
      ...rest,
    ];
  };
  const rowMacs = plan.steps.reduce((sum, { name }) => sum + (device.graph.costs.get(name)?.macs ?? 0), 0);
  const prepared = new Map<number, Promise<() => void>>();
  return {
    tensor,
    prepare(rows) {
      const known =
        prepared.get(rows) ??
        ready(
          gpu,
          plan.steps.flatMap((step) => dispatchesOf(step, rows)),
          rows * rowMacs,
        );
      prepared.set(rows, known);
      return known;
    },
  };
}
