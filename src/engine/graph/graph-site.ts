/**
 * A damaged layer of a graph, made ready for masks: intact and replaced results as far as channels stay apart, the difference
 * at each entry, the images on which a unit moves at all; then batches of masks, as lists of (image, mask) rows.
 */
import { wordsFor } from "../../core/bitset.ts";
import type { Arena } from "../../gpu/arena.ts";
import type { Gpu } from "../../gpu/device.ts";
import { planBinary } from "../../kernels/binary.ts";
import { planConcat } from "../../kernels/concat.ts";
import type { ConvShape } from "../../kernels/conv-shape.ts";
import { conv2dDeltaVariants, planConv2dDelta } from "../../kernels/conv2d-delta.ts";
import { planMaskChannels } from "../../kernels/mask-channels.ts";
import { planMovedChannels } from "../../kernels/moved-channels.ts";
import { planReplaceChannels } from "../../kernels/replace-channels.ts";
import { planScoreRows } from "../../kernels/score-rows.ts";
import { planSelectChannels } from "../../kernels/select-channels.ts";
import type { TallyLayout } from "../../kernels/tally.ts";
import { channelsOf, paddedChannels, positionsOf, tensorFloats } from "../../kernels/tensor-layout.ts";
import { LINEAR } from "../../network/network.ts";
import { type GivenValues, givenPositions, writeGiven } from "../given.ts";
import { packBits, packProgram } from "../masks.ts";
import { type Prepared, prepare } from "../prepare.ts";
import type { CompiledGraph } from "./compiled-graph.ts";
import { convShapeOf } from "./convolution.ts";
import { type Dispatch, ready } from "./dispatch.ts";
import type { GraphPrefix, GraphTruth } from "./graph-prefix.ts";
import { activationDispatches, activationOf, type DeviceTensor, layerDispatches } from "./layer-dispatches.ts";
import { constantTensor } from "./open-graph.ts";
import { openPass, type PassPlan, planPass } from "./pass.ts";
import { type Entry, rootsOf, type Suffix } from "./suffix.ts";

/** How units are replaced: coefficients [units, 3], a' = factor a + shift + sigma noise. */
export interface ChannelReplacement {
  readonly coefficients: Float32Array;
  /** What units become on each image of the prefix, where that differs; then the coefficients are zeros. */
  readonly given: GivenValues | null;
  /** Before the layer's activation, not after it. */
  readonly before: boolean;
  readonly seed: number;
}

/** A batch of masks and the images to visit for each. */
export interface RowBatch {
  /** Units of the first damaged layer, one list a mask. */
  readonly masks: readonly (readonly number[])[];
  /** Units of further masked layers, by layer; one list a mask. */
  readonly deeper: ReadonlyMap<string, readonly (readonly number[])[]>;
  /** (image, mask) pairs, one after the other. */
  readonly rows: Uint32Array;
}

export interface GraphSite extends Disposable {
  readonly units: number;
  /** [units, wordsFor(images)]: the images on which a unit moves. */
  readonly moved: Uint32Array;
  readonly words: number;
  /** Computes a batch; resolves with its tally rows, [masks, layout.words]. The next may be given before that. */
  evaluate(batch: RowBatch): Promise<Uint32Array>;
}

export interface GraphSiteOptions {
  readonly replacement: ChannelReplacement;
  /** Of further masked layers. */
  readonly deeper: ReadonlyMap<string, ChannelReplacement>;
  readonly output: string;
  readonly layout: TallyLayout;
  readonly loss: boolean;
  /** Masks of a batch, and rows computed at once, at most. */
  readonly masksPerBatch: number;
  readonly rowsAtOnce: number;
  /** Whether masks of most of the units come, which are entered from all units replaced. */
  readonly complements: boolean;
}

/** The pass of a suffix: its own steps. */
export function planSuffix(graph: CompiledGraph, suffix: Suffix, output: string): PassPlan {
  return planPass(graph, suffix.steps, new Set([output]), suffix.masked);
}

/** Opens a site. */
export async function openGraphSite(
  gpu: Gpu,
  prefix: GraphPrefix,
  truth: GraphTruth,
  suffix: Suffix,
  options: GraphSiteOptions,
): Promise<GraphSite> {
  return gpu.arena.opening((arena) => new SiteMaker(gpu, arena, prefix, truth, suffix, options).made());
}

/** What all masks of a site start from. */
interface Damage {
  readonly words: number;
  readonly moved: Uint32Array;
  /** a' - a of each partial result that is entered from. */
  readonly differences: ReadonlyMap<string, GPUBuffer>;
  /** Pre-activations of entered layers with all units replaced. */
  readonly zReplaced: ReadonlyMap<string, GPUBuffer>;
}

class SiteMaker {
  readonly #gpu: Gpu;
  readonly #arena: Arena;
  readonly #prefix: GraphPrefix;
  readonly #graph: CompiledGraph;
  readonly #truth: GraphTruth;
  readonly #suffix: Suffix;
  readonly #options: GraphSiteOptions;
  /** Intact results, and the same with all units of the damaged layer replaced: [images, ...shape]. */
  readonly #intact = new Map<string, DeviceTensor>();
  readonly #replaced = new Map<string, DeviceTensor>();

  constructor(
    gpu: Gpu,
    arena: Arena,
    prefix: GraphPrefix,
    truth: GraphTruth,
    suffix: Suffix,
    options: GraphSiteOptions,
  ) {
    this.#gpu = gpu;
    this.#arena = arena;
    this.#prefix = prefix;
    this.#graph = prefix.device.graph;
    this.#truth = truth;
    this.#suffix = suffix;
    this.#options = options;
  }

  async made(): Promise<GraphSite> {
    const damage = await this.#damage();
    return this.#opened(damage);
  }

  async #damage(): Promise<Damage> {
    using transient = this.#arena.scope();
    // What rows read outlives the opening; all else is only needed for differences.
    const lasting = readByRows(this.#suffix);
    const arenaFor = (name: string) => (lasting.has(name) ? this.#arena : transient);
    await this.#deriveIntact(arenaFor);
    await this.#replace(arenaFor);
    const found = await this.#findMoved(transient);
    const differences = await this.#differences();
    return { ...found, differences, zReplaced: await this.#enterAllReplaced() };
  }

  /** Intact results that the prefix does not hold, from what it holds. */
  async #deriveIntact(arenaFor: (name: string) => Arena): Promise<void> {
    const { z, values, images } = this.#prefix;
    const roots = rootsOf(this.#graph, this.#suffix);
    for (const name of roots.values) this.#intact.set(name, this.#own(name, values.get(name)!));
    const dispatches: Dispatch[] = [];
    for (const layer of roots.derived) {
      const { name } = layer;
      const shape = this.#graph.shapes.get(name)!;
      const before = z.get(name);
      const activation = activationOf(layer);
      if (before && activation.kind === "linear") {
        this.#intact.set(name, this.#own(name, before));
        continue;
      }
      const y = this.#tensor(arenaFor(name), name);
      if (before) dispatches.push(...activationDispatches(before, shape, activation, y.buffer, images));
      else dispatches.push(...this.#layer(layer, this.#intact, y));
      this.#intact.set(name, y);
    }
    (await ready(this.#gpu, dispatches))();
  }

  /** The damaged layer with all units replaced, and what follows from it while channels stay apart. */
  async #replace(arenaFor: (name: string) => Arena): Promise<void> {
    const { first, replaced } = this.#suffix;
    const { images, start, z } = this.#prefix;
    const { replacement } = this.#options;
    const shape = this.#graph.shapes.get(first.name)!;
    const channels = channelsOf(shape);
    const y = this.#tensor(arenaFor(first.name), first.name);
    const plan = planReplaceChannels({
      images,
      positions: positionsOf(shape),
      channels,
      activation: activationOf(first),
      before: replacement.before,
      given: replacement.given !== null,
      noise: hasNoise(replacement),
      seed: replacement.seed,
      sampleStart: start,
    });
    if (replacement.given) writeGiven(this.#arena, y.buffer, replacement.given, shape, positionsOf(shape));
    using transient = this.#arena.scope();
    const coefficients = transient.upload("coefficients", byChannel(replacement.coefficients, channels));
    const dispatches: Dispatch[] = [{ plan, buffers: { z: z.get(first.name)!, coefficients, replaced: y.buffer } }];
    this.#replaced.set(first.name, y);
    for (const layer of replaced) {
      const result = this.#tensor(arenaFor(layer.name), layer.name);
      dispatches.push(...this.#layer(layer, new Map([...this.#intact, ...this.#replaced]), result));
      this.#replaced.set(layer.name, result);
    }
    (await ready(this.#gpu, dispatches))();
  }

  async #findMoved(transient: Arena): Promise<{ readonly words: number; readonly moved: Uint32Array }> {
    const { first } = this.#suffix;
    const { images } = this.#prefix;
    const shape = this.#graph.shapes.get(first.name)!;
    const words = wordsFor(images);
    const units = channelsOf(shape);
    const moved = transient.storage("moved", paddedChannels(units) * words * 4);
    const plan = planMovedChannels(images, positionsOf(shape), units);
    const a = this.#intact.get(first.name)!.buffer;
    (await prepare(this.#gpu, plan, { a, replaced: this.#replaced.get(first.name)!.buffer, moved })).record();
    const [bits] = await this.#gpu.read({ buffer: moved, sizeBytes: units * words * 4 });
    return { words, moved: new Uint32Array(bits!) };
  }

  /** a' - a of each partial result that is entered from. */
  async #differences(): Promise<ReadonlyMap<string, GPUBuffer>> {
    const { images } = this.#prefix;
    const names = new Set([...this.#suffix.entries.values()].map(({ from }) => from.name));
    const differences = new Map<string, GPUBuffer>();
    for (const name of names) {
      const [a, b] = [this.#replaced.get(name)!, this.#intact.get(name)!];
      const y = this.#arena.storage(`difference at ${name}`, tensorFloats(images, a.shape) * 4);
      const plan = planBinary({ rows: images, a, b, operator: "subtract", activation: LINEAR });
      (await prepare(this.#gpu, plan, { a: a.buffer, b: b.buffer, rows: a.buffer, y })).record();
      differences.set(name, y);
    }
    return differences;
  }

  /** Pre-activations of entered layers with all units replaced, where complements are to come. */
  async #enterAllReplaced(): Promise<ReadonlyMap<string, GPUBuffer>> {
    const entered = new Map<string, GPUBuffer>();
    if (!this.#options.complements) return entered;
    for (const [name, { layer, from }] of this.#suffix.entries) {
      const y = this.#tensor(this.#arena, name);
      using transient = this.#arena.scope();
      let x = this.#replaced.get(from.name)!;
      const dispatches: Dispatch[] = [];
      const input = layer.inputs[0]!;
      if (input !== from.name) {
        // What is entered through a flatten is flattened here, because the whole layer reads it so.
        const flat = this.#tensor(transient, input);
        dispatches.push(...this.#layer(this.#graph.layers.get(input)!, new Map([[from.name, x]]), flat));
        x = flat;
      }
      const { device, images } = this.#prefix;
      dispatches.push(...layerDispatches(device, layer, [x], y.buffer, images, { activation: LINEAR }));
      (await ready(this.#gpu, dispatches))();
      entered.set(name, y.buffer);
    }
    return entered;
  }

  #opened({ words, moved, differences, zReplaced }: Damage): GraphSite {
    const gpu = this.#gpu;
    const arena = this.#arena;
    const { output, layout, loss, masksPerBatch, rowsAtOnce, deeper } = this.#options;
    const units = channelsOf(this.#graph.shapes.get(this.#suffix.first.name)!);
    const rowTable = arena.storage("rows", rowsAtOnce * 8);
    const program = arena.storage("program", (masksPerBatch + 1 + masksPerBatch * units) * 4);
    const bits = arena.storage("mask bits", masksPerBatch * wordsFor(units) * 4);
    const deeperBits = new Map(
      [...deeper.keys()].map((name) => {
        const count = channelsOf(this.#graph.shapes.get(name)!);
        return [
          name,
          { units: count, buffer: arena.storage(`mask bits of ${name}`, masksPerBatch * wordsFor(count) * 4) },
        ];
      }),
    );
    const tally = arena.storage("tally", masksPerBatch * layout.words * 4);
    const logits = arena.storage("logits", tensorFloats(rowsAtOnce, this.#graph.shapes.get(output)!) * 4);
    const instead = new Map<string, (y: GPUBuffer, rows: number) => readonly Dispatch[]>();
    for (const [name, entry] of this.#suffix.entries) {
      const d = differences.get(entry.from.name)!;
      const z = this.#prefix.z.get(name)!;
      const buffers = { z, zReplaced: zReplaced.get(name) ?? z, d, program, rows: rowTable };
      const isLinear = deeper.get(name)?.before ?? false;
      instead.set(name, (y, rows) => this.#entryDispatches(entry, buffers, y, rows, isLinear));
    }
    for (const [name, partial] of this.#suffix.selected) {
      const [a, replaced] = [this.#intact.get(partial.name)!, this.#replaced.get(partial.name)!];
      const { shape, channelStart } = partial;
      instead.set(name, (y, rows) => [
        {
          plan: planSelectChannels({
            rows,
            positions: positionsOf(shape),
            channels: channelsOf(shape),
            channelStart,
            units,
          }),
          buffers: { a: a.buffer, replaced: replaced.buffer, masks: bits, rows: rowTable, y },
        },
      ]);
    }
    for (const [name, source] of this.#suffix.spread) {
      const before = deeper.get(name)?.before ?? false;
      const x = before ? this.#own(name, this.#prefix.z.get(name)!) : this.#intact.get(source)!;
      instead.set(name, (y, rows) => [
        {
          plan: planConcat({
            rows,
            input: { shape: [1, ...x.shape], rows: "shared" },
            outShape: [1, ...x.shape],
            axis: 0,
            begin: 0,
          }),
          buffers: { x: x.buffer, rows: rowTable, y },
        },
      ]);
    }
    const after = new Map(
      [...deeper].map(([name, replacement]) => {
        const shape = this.#graph.shapes.get(name)!;
        const channels = channelsOf(shape);
        const { given } = replacement;
        const positions = given ? givenPositions(given, shape) : 0;
        const coefficients = given
          ? arena.storage(`replaced values of ${name}`, given.rowOf.length * positions * paddedChannels(channels) * 4)
          : arena.upload(`coefficients of ${name}`, byChannel(replacement.coefficients, channels));
        if (given) writeGiven(arena, coefficients, given, shape, positions);
        const dispatches = (h: GPUBuffer, rows: number): Dispatch[] => [
          {
            plan: planMaskChannels({
              rows,
              positions: positionsOf(shape),
              units: channels,
              activation: replacement.before ? activationOf(this.#graph.layers.get(name)!) : LINEAR,
              noise: hasNoise(replacement),
              givenPositions: positions,
              seed: replacement.seed,
              sampleStart: this.#prefix.start,
            }),
            buffers: { masks: deeperBits.get(name)!.buffer, coefficients, rows: rowTable, h },
          },
        ];
        return [name, { linear: replacement.before, dispatches }];
      }),
    );
    const pass = openPass(gpu, arena, this.#prefix.device, planSuffix(this.#graph, this.#suffix, output), rowsAtOnce, {
      outside: (name) => {
        const found = this.#intact.get(name);
        return found ? { ...found, rows: "shared" } : constantTensor(this.#prefix.device, name);
      },
      kept: new Map([[output, logits]]),
      rowTable,
      instead,
      after,
    });
    const scores = new Map<number, Promise<Prepared>>();
    const score = (rows: number) => {
      const known =
        scores.get(rows) ??
        prepare(gpu, planScoreRows(rows, layout, loss), { logits, truth: this.#truth.truth, rows: rowTable, tally });
      scores.set(rows, known);
      return known;
    };
    /** Submits a batch, and resolves with the reading of its tally, which is under way. */
    const submit = async ({ masks, deeper: further, rows }: RowBatch) => {
      gpu.recorder.submit();
      arena.write(program, packProgram(masks, units));
      arena.write(bits, packBits(masks, units));
      for (const [name, { buffer, units: count }] of deeperBits)
        arena.write(buffer, packBits(further.get(name)!, count));
      gpu.recorder.clear(tally, 0, masks.length * layout.words * 4);
      const all = rows.length / 2;
      for (let from = 0; from < all; from += rowsAtOnce) {
        const count = Math.min(rowsAtOnce, all - from);
        const [record, scored] = await Promise.all([pass.prepare(count), score(count)]);
        // The table is written once what reads it before is submitted: the queue keeps the order.
        gpu.recorder.submit();
        arena.write(rowTable, rows.subarray(2 * from, 2 * (from + count)));
        record();
        scored.record();
      }
      return { counted: gpu.read({ buffer: tally, sizeBytes: masks.length * layout.words * 4 }) };
    };
    // Batches share their buffers, so one is submitted whole before the next is begun.
    let last: Promise<unknown> = Promise.resolve();
    return {
      units,
      moved,
      words,
      async evaluate(batch) {
        const submitted = last.then(() => submit(batch));
        last = submitted.catch(() => {});
        const [counts] = await (await submitted).counted;
        return new Uint32Array(counts!);
      },
      [Symbol.dispose]: () => arena[Symbol.dispose](),
    };
  }

  #entryDispatches(
    { layer, from }: Entry,
    buffers: Readonly<Record<"z" | "zReplaced" | "d" | "program" | "rows", GPUBuffer>>,
    y: GPUBuffer,
    rows: number,
    isLinear: boolean,
  ): readonly Dispatch[] {
    const shape = entryShape(this.#graph, { layer, from }, rows);
    const activation = isLinear ? LINEAR : layer.activation;
    const variant = conv2dDeltaVariants(this.#gpu.isProcessor, shape.outHeight * shape.outWidth)[0];
    const { parts } = this.#prefix.device.weights.get(layer.name)!;
    return parts.flatMap(({ start4, count4, buffer, make }): Dispatch[] => {
      const plan = planConv2dDelta(
        { ...shape, tapRows: tapRows({ layer, from }), channelStart: from.channelStart, part: { start4, count4 } },
        variant,
        { activation },
      );
      const enter: Dispatch = { plan, buffers: { ...buffers, weight: buffer, y } };
      return make ? [make, enter] : [enter];
    });
  }

  #layer(layer: Parameters<typeof layerDispatches>[1], from: ReadonlyMap<string, DeviceTensor>, y: DeviceTensor) {
    const { device, images } = this.#prefix;
    const operands = layer.inputs.map((name) => from.get(name) ?? constantTensor(device, name));
    const dispatches = layerDispatches(device, layer, operands, y.buffer, images);
    if (dispatches.length > 0) return dispatches;
    // A view is copied, so that every result has a buffer of its own.
    return activationDispatches(operands[0]!.buffer, y.shape, LINEAR, y.buffer, images);
  }

  #tensor(arena: Arena, name: string): DeviceTensor {
    return this.#own(name, arena.storage(name, tensorFloats(this.#prefix.images, this.#graph.shapes.get(name)!) * 4));
  }

  #own(name: string, buffer: GPUBuffer): DeviceTensor {
    return { buffer, shape: this.#graph.shapes.get(name)!, rows: "own" };
  }
}

/** An entry as a convolution: a dense layer's taps are the positions of the map it reads. */
function entryShape(graph: CompiledGraph, { layer, from }: Entry, rows: number): ConvShape {
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
function tapRows({ layer, from }: Entry): number {
  return layer.kind === "conv2d" ? paddedChannels(layer.inChannels) : channelsOf(from.shape);
}

/** Multiply-accumulates of one row of an entry, for each unit listed. */
export function entryMacsPerUnit(graph: CompiledGraph, entry: Entry): number {
  const { kernel, outHeight, outWidth, outChannels } = entryShape(graph, entry, 1);
  return kernel[0] * kernel[1] * outHeight * outWidth * outChannels;
}

/** [units, 3] as [3, channels padded]. */
function byChannel(coefficients: Float32Array, channels: number): Float32Array {
  const width = paddedChannels(channels);
  const turned = new Float32Array(3 * width);
  for (let unit = 0; unit < channels; unit++) {
    for (let i = 0; i < 3; i++) turned[i * width + unit] = coefficients[unit * 3 + i]!;
  }
  return turned;
}

function hasNoise({ coefficients }: ChannelReplacement): boolean {
  return coefficients.some((value, i) => i % 3 === 2 && value !== 0);
}

/** Results from before the rows, intact or replaced, that rows read: they outlive the opening of the site. */
function readByRows({ steps, selected, spread }: Suffix): ReadonlySet<string> {
  const inPass = new Set(steps.map(({ name }) => name));
  return new Set([
    ...steps.flatMap(({ reads }) => reads.filter((name) => !inPass.has(name))),
    ...[...selected.values()].map(({ name }) => name),
    ...spread.values(),
  ]);
}

/** Flattened maps that the entered layers read as a whole. */
function flattenedFor({ entries }: Suffix): string[] {
  return [...entries.values()].flatMap(({ layer, from }) => (layer.inputs[0] === from.name ? [] : [layer.inputs[0]!]));
}

/** Bytes that opening a site takes for `images` images, and what it keeps of them. */
export function graphSiteBytes(
  graph: CompiledGraph,
  suffix: Suffix,
  images: number,
  complements: boolean,
): { readonly opening: number; readonly kept: number } {
  const bytes = (name: string) => tensorFloats(images, graph.shapes.get(name)!) * 4;
  const sum = (names: Iterable<string>) => [...names].reduce((total, name) => total + bytes(name), 0);
  const differences = sum(new Set([...suffix.entries.values()].map(({ from }) => from.name)));
  const entered = complements ? sum(suffix.entries.keys()) : 0;
  const lasting = readByRows(suffix);
  const { derived } = rootsOf(graph, suffix);
  const made = [
    ...derived.filter((layer) => activationOf(layer).kind !== "linear" || !("weight" in layer)).map(({ name }) => name),
    suffix.first.name,
    ...suffix.replaced.map(({ name }) => name),
  ];
  const keptOnes = made.filter((name) => lasting.has(name));
  const channels = paddedChannels(channelsOf(graph.shapes.get(suffix.first.name)!));
  const flattened = complements ? sum(flattenedFor(suffix)) : 0;
  const transient = sum(made) - sum(keptOnes) + channels * (12 + 4 * wordsFor(images)) + flattened;
  const kept = sum(keptOnes) + differences + entered;
  return { opening: transient + kept, kept };
}
