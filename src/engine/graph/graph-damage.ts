/**
 * What all masks of a damaged layer start from: intact results and those with all its units replaced, as far as channels stay
 * apart, the difference at each entry, and the images on which a unit moves at all.
 */
import { wordsFor } from "../../core/bitset.ts";
import type { Arena } from "../../gpu/arena.ts";
import type { Gpu } from "../../gpu/device.ts";
import { planBinary } from "../../kernels/binary.ts";
import { planMovedChannels } from "../../kernels/moved-channels.ts";
import { planReplaceChannels } from "../../kernels/replace-channels.ts";
import { channelsOf, paddedChannels, positionsOf, tensorFloats } from "../../kernels/tensor-layout.ts";
import { type Layer, LINEAR } from "../../network/network.ts";
import { writeGiven } from "../given.ts";
import { prepare } from "../prepare.ts";
import { byChannel, type ChannelReplacement, hasNoise } from "./channel-replacement.ts";
import { type Dispatch, ready } from "./dispatch.ts";
import type { GraphPrefix } from "./graph-prefix.ts";
import { readByRows } from "./graph-site-memory.ts";
import { activationDispatches, activationOf, type DeviceTensor, layerDispatches } from "./layer-dispatches.ts";
import { constantTensor } from "./open-graph.ts";
import { rootsOf, type Suffix } from "./suffix.ts";

/** Tensors of all images of the prefix, by name. */
export type ImageTensors = ReadonlyMap<string, DeviceTensor>;

export interface Damage {
  /** [units, words], words = wordsFor(images): the images on which a unit moves. */
  readonly moved: Uint32Array;
  readonly words: number;
  /** Results from before the rows, intact and with all units replaced; those that rows read outlive the opening. */
  readonly intact: ImageTensors;
  readonly replaced: ImageTensors;
  /** a' - a of each partial result that is entered from. */
  readonly differences: ReadonlyMap<string, GPUBuffer>;
  /** Pre-activations of entered layers with all units replaced, where complements are to come. */
  readonly zReplaced: ReadonlyMap<string, GPUBuffer>;
}

export interface DamageOptions {
  readonly replacement: ChannelReplacement;
  /** Whether masks of most of the units come, which are entered from all units replaced. */
  readonly complements: boolean;
}

/** Damages a layer. What lasts belongs to `arena`. */
export async function openDamage(
  gpu: Gpu,
  arena: Arena,
  prefix: GraphPrefix,
  suffix: Suffix,
  { replacement, complements }: DamageOptions,
): Promise<Damage> {
  using transient = arena.scope();
  const lasting = readByRows(suffix);
  const opening: Opening = {
    ...{ gpu, arena, transient, prefix, suffix },
    tensor: (name) => tensorOf(prefix, lasting.has(name) ? arena : transient, name),
  };
  const intact = await deriveIntact(opening);
  const replaced = await replaceAll(opening, replacement, intact);
  return {
    ...(await findMoved(opening, intact, replaced)),
    ...{ intact, replaced },
    differences: await differencesOf(opening, intact, replaced),
    zReplaced: complements ? await enterAllReplaced(opening, replaced) : new Map(),
  };
}

/** What is at hand while a damage is opened. */
interface Opening {
  readonly gpu: Gpu;
  readonly arena: Arena;
  readonly transient: Arena;
  readonly prefix: GraphPrefix;
  readonly suffix: Suffix;
  /** A tensor that outlives the opening where rows read it. */
  tensor(name: string): DeviceTensor;
}

/** Intact results that the prefix does not hold, from what it holds. */
async function deriveIntact({ gpu, prefix, suffix, tensor }: Opening): Promise<ImageTensors> {
  const { device, z, values, images } = prefix;
  const { graph } = device;
  const roots = rootsOf(graph, suffix);
  const intact = new Map([...roots.values].map((name) => [name, own(prefix, name, values.get(name)!)]));
  const dispatches: Dispatch[] = [];
  for (const layer of roots.derived) {
    const { name } = layer;
    const before = z.get(name);
    const activation = activationOf(layer);
    if (before && activation.kind === "linear") {
      intact.set(name, own(prefix, name, before));
      continue;
    }
    const y = tensor(name);
    if (before) dispatches.push(...activationDispatches(before, y.shape, activation, y.buffer, images));
    else dispatches.push(...ofAllImages(prefix, layer, intact, y));
    intact.set(name, y);
  }
  (await ready(gpu, dispatches))();
  return intact;
}

/** The damaged layer with all units replaced, and what follows from it while channels stay apart. */
async function replaceAll(
  { gpu, arena, prefix, suffix, tensor }: Opening,
  replacement: ChannelReplacement,
  intact: ImageTensors,
): Promise<ImageTensors> {
  const { first } = suffix;
  const { images, start, z } = prefix;
  const y = tensor(first.name);
  const channels = channelsOf(y.shape);
  const plan = planReplaceChannels({
    images,
    positions: positionsOf(y.shape),
    channels,
    activation: activationOf(first),
    before: replacement.before,
    given: replacement.given !== null,
    noise: hasNoise(replacement),
    seed: replacement.seed,
    sampleStart: start,
  });
  if (replacement.given) writeGiven(arena, y.buffer, replacement.given, y.shape, positionsOf(y.shape));
  using transient = arena.scope();
  const coefficients = transient.upload("coefficients", byChannel(replacement.coefficients, channels));
  const dispatches: Dispatch[] = [{ plan, buffers: { z: z.get(first.name)!, coefficients, replaced: y.buffer } }];
  const replaced = new Map([[first.name, y]]);
  for (const layer of suffix.replaced) {
    const result = tensor(layer.name);
    dispatches.push(...ofAllImages(prefix, layer, new Map([...intact, ...replaced]), result));
    replaced.set(layer.name, result);
  }
  (await ready(gpu, dispatches))();
  return replaced;
}

async function findMoved(
  { gpu, transient, prefix, suffix }: Opening,
  intact: ImageTensors,
  replaced: ImageTensors,
): Promise<Pick<Damage, "moved" | "words">> {
  const { name } = suffix.first;
  const { images } = prefix;
  const { buffer: a, shape } = intact.get(name)!;
  const words = wordsFor(images);
  const units = channelsOf(shape);
  const moved = transient.storage("moved", paddedChannels(units) * words * 4);
  const plan = planMovedChannels(images, positionsOf(shape), units);
  (await prepare(gpu, plan, { a, replaced: replaced.get(name)!.buffer, moved })).record();
  const [bits] = await gpu.read({ buffer: moved, sizeBytes: units * words * 4 });
  return { words, moved: new Uint32Array(bits!) };
}

async function differencesOf(
  { gpu, arena, prefix, suffix }: Opening,
  intact: ImageTensors,
  replaced: ImageTensors,
): Promise<Damage["differences"]> {
  const { images } = prefix;
  const names = new Set([...suffix.entries.values()].map(({ from }) => from.name));
  const differences = new Map<string, GPUBuffer>();
  for (const name of names) {
    const [a, b] = [replaced.get(name)!, intact.get(name)!];
    const y = arena.storage(`difference at ${name}`, tensorFloats(images, a.shape) * 4);
    const plan = planBinary({ rows: images, a, b, operator: "subtract", activation: LINEAR });
    (await prepare(gpu, plan, { a: a.buffer, b: b.buffer, rows: a.buffer, y })).record();
    differences.set(name, y);
  }
  return differences;
}

async function enterAllReplaced(
  { gpu, arena, prefix, suffix }: Opening,
  replaced: ImageTensors,
): Promise<Damage["zReplaced"]> {
  const { device, images } = prefix;
  const entered = new Map<string, GPUBuffer>();
  for (const [name, { layer, from }] of suffix.entries) {
    const y = tensorOf(prefix, arena, name);
    using transient = arena.scope();
    let x = replaced.get(from.name)!;
    const dispatches: Dispatch[] = [];
    const input = layer.inputs[0]!;
    if (input !== from.name) {
      // What is entered through a flatten is flattened here, because the whole layer reads it so.
      const flat = tensorOf(prefix, transient, input);
      dispatches.push(...ofAllImages(prefix, device.graph.layers.get(input)!, new Map([[from.name, x]]), flat));
      x = flat;
    }
    dispatches.push(...layerDispatches(device, layer, [x], y.buffer, images, { activation: LINEAR }));
    (await ready(gpu, dispatches))();
    entered.set(name, y.buffer);
  }
  return entered;
}

/** A layer on all images of the prefix. */
function ofAllImages(
  { device, images }: GraphPrefix,
  layer: Layer,
  from: ImageTensors,
  y: DeviceTensor,
): readonly Dispatch[] {
  const operands = layer.inputs.map((name) => from.get(name) ?? constantTensor(device, name));
  const dispatches = layerDispatches(device, layer, operands, y.buffer, images);
  if (dispatches.length > 0) return dispatches;
  // A view is copied, so that every result has a buffer of its own.
  return activationDispatches(operands[0]!.buffer, y.shape, LINEAR, y.buffer, images);
}

function tensorOf(prefix: GraphPrefix, arena: Arena, name: string): DeviceTensor {
  const shape = prefix.device.graph.shapes.get(name)!;
  return own(prefix, name, arena.storage(name, tensorFloats(prefix.images, shape) * 4));
}

function own({ device }: GraphPrefix, name: string, buffer: GPUBuffer): DeviceTensor {
  return { buffer, shape: device.graph.shapes.get(name)!, rows: "own" };
}
