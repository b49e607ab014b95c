/**
 * Batches of masks of a damaged layer, as lists of (image, mask) rows: each row enters the layers after the damage, goes through
 * the rest, and is scored. What steps of a row do that are no layers of the network is here, one function for each kind.
 */
import { wordsFor } from "../../core/bitset.ts";
import type { Arena } from "../../gpu/arena.ts";
import type { Gpu } from "../../gpu/device.ts";
import { planConcat } from "../../kernels/concat.ts";
import { conv2dDeltaVariants, planConv2dDelta } from "../../kernels/conv2d-delta.ts";
import { planMaskChannels } from "../../kernels/mask-channels.ts";
import { planScoreRows } from "../../kernels/score-rows.ts";
import { planSelectChannels } from "../../kernels/select-channels.ts";
import type { TallyLayout } from "../../kernels/tally.ts";
import { channelsOf, paddedChannels, positionsOf, tensorFloats } from "../../kernels/tensor-layout.ts";
import { LINEAR } from "../../network/network.ts";
import { givenPositions, writeGiven } from "../given.ts";
import { packBits, packProgram } from "../masks.ts";
import { type Prepared, prepare } from "../prepare.ts";
import { byChannel, type ChannelReplacement, hasNoise } from "./channel-replacement.ts";
import type { Dispatch } from "./dispatch.ts";
import { entryShape, tapRows } from "./entry-shape.ts";
import type { Damage } from "./graph-damage.ts";
import type { GraphPrefix, GraphTruth } from "./graph-prefix.ts";
import { activationOf, type DeviceTensor } from "./layer-dispatches.ts";
import { constantTensor } from "./open-graph.ts";
import { openPass, type Pass } from "./pass.ts";
import { type Entry, type Partial, planSuffix, type Suffix } from "./suffix.ts";

/** A batch of masks and the images to visit for each. */
export interface RowBatch {
  /** Units of the first damaged layer, one list a mask. */
  readonly masks: readonly (readonly number[])[];
  /** Units of further masked layers, by layer; one list a mask. */
  readonly deeper: ReadonlyMap<string, readonly (readonly number[])[]>;
  /** (image, mask) pairs, one after the other. */
  readonly rows: Uint32Array;
}

export interface RowOptions {
  /** Of further masked layers. */
  readonly deeper: ReadonlyMap<string, ChannelReplacement>;
  readonly output: string;
  readonly layout: TallyLayout;
  readonly loss: boolean;
  /** Masks of a batch, and rows computed at once, at most. */
  readonly masksPerBatch: number;
  readonly rowsAtOnce: number;
}

/** Computes a batch; resolves with its tally rows, [masks, layout.words]. The next may be given before that. */
export type EvaluateRows = (batch: RowBatch) => Promise<Uint32Array>;

/** Makes the rows of a damage ready. Buffers belong to `arena`. */
export function openRows(
  gpu: Gpu,
  arena: Arena,
  prefix: GraphPrefix,
  { truth }: GraphTruth,
  suffix: Suffix,
  damage: Damage,
  options: RowOptions,
): EvaluateRows {
  const { layout, loss, rowsAtOnce } = options;
  const { shapes } = prefix.device.graph;
  const units = channelsOf(shapes.get(suffix.first.name)!);
  const buffers = openBuffers(arena, prefix, units, options);
  const { rows: table, program, bits, deeperBits, tally, logits } = buffers;
  const pass = openRowPass(gpu, arena, { prefix, suffix, damage, units, buffers }, options);
  const scores = new Map<number, Promise<Prepared>>();
  const score = (rows: number) => {
    const known =
      scores.get(rows) ?? prepare(gpu, planScoreRows(rows, layout, loss), { logits, truth, rows: table, tally });
    scores.set(rows, known);
    return known;
  };
  /** Submits a batch, and resolves with the reading of its tally, which is under way. */
  const submit = async ({ masks, deeper, rows }: RowBatch) => {
    gpu.recorder.submit();
    arena.write(program, packProgram(masks, units));
    arena.write(bits, packBits(masks, units));
    for (const [name, buffer] of deeperBits)
      arena.write(buffer, packBits(deeper.get(name)!, channelsOf(shapes.get(name)!)));
    gpu.recorder.clear(tally, 0, masks.length * layout.words * 4);
    const all = rows.length / 2;
    for (let from = 0; from < all; from += rowsAtOnce) {
      const count = Math.min(rowsAtOnce, all - from);
      const [record, scored] = await Promise.all([pass.prepare(count), score(count)]);
      // The table is written once what reads it before is submitted: the queue keeps the order.
      gpu.recorder.submit();
      arena.write(table, rows.subarray(2 * from, 2 * (from + count)));
      record();
      scored.record();
    }
    return { counted: gpu.read({ buffer: tally, sizeBytes: masks.length * layout.words * 4 }) };
  };
  // Batches share their buffers, so one is submitted whole before the next is begun.
  let last: Promise<unknown> = Promise.resolve();
  return async (batch) => {
    const submitted = last.then(() => submit(batch));
    last = submitted.catch(() => {});
    const [counts] = await (await submitted).counted;
    return new Uint32Array(counts!);
  };
}

/** What a batch is told by, and what it gives. */
interface RowBuffers {
  /** (image, mask) of each row. */
  readonly rows: GPUBuffer;
  /** Masks as lists of units, and as bits. */
  readonly program: GPUBuffer;
  readonly bits: GPUBuffer;
  readonly deeperBits: ReadonlyMap<string, GPUBuffer>;
  readonly tally: GPUBuffer;
  readonly logits: GPUBuffer;
}

function openBuffers(
  arena: Arena,
  { device }: GraphPrefix,
  units: number,
  { output, layout, masksPerBatch, rowsAtOnce, deeper }: RowOptions,
): RowBuffers {
  const { shapes } = device.graph;
  const bitsOf = (label: string, count: number) => arena.storage(label, masksPerBatch * wordsFor(count) * 4);
  return {
    rows: arena.storage("rows", rowsAtOnce * 8),
    program: arena.storage("program", (masksPerBatch + 1 + masksPerBatch * units) * 4),
    bits: bitsOf("mask bits", units),
    deeperBits: new Map(
      [...deeper.keys()].map((name) => [name, bitsOf(`mask bits of ${name}`, channelsOf(shapes.get(name)!))]),
    ),
    tally: arena.storage("tally", masksPerBatch * layout.words * 4),
    logits: arena.storage("logits", tensorFloats(rowsAtOnce, shapes.get(output)!) * 4),
  };
}

/** What the steps of a row read. */
interface RowSources {
  readonly prefix: GraphPrefix;
  readonly suffix: Suffix;
  readonly damage: Damage;
  readonly units: number;
  readonly buffers: RowBuffers;
}

/** What a step does to its result `y` of so many rows. */
type RowStep = (y: GPUBuffer, rows: number) => readonly Dispatch[];

function openRowPass(gpu: Gpu, arena: Arena, sources: RowSources, { deeper, output, rowsAtOnce }: RowOptions): Pass {
  const { prefix, suffix, damage, buffers } = sources;
  const { device } = prefix;
  const isLate = (name: string) => deeper.get(name)?.before ?? false;
  const instead = new Map<string, RowStep>();
  for (const [name, entry] of suffix.entries) instead.set(name, entered(gpu, sources, name, entry, isLate(name)));
  for (const [name, partial] of suffix.selected) instead.set(name, selected(sources, partial));
  for (const [name, source] of suffix.spread) {
    const shape = device.graph.shapes.get(name)!;
    const before: DeviceTensor = { buffer: prefix.z.get(name)!, shape, rows: "own" };
    instead.set(name, spread(sources, isLate(name) ? before : damage.intact.get(source)!));
  }
  const after = new Map(
    Array.from(deeper, ([name, replacement]) => {
      const dispatches = masked(arena, sources, name, replacement);
      return [name, { linear: replacement.before, dispatches }] as const;
    }),
  );
  return openPass(gpu, arena, device, planSuffix(device.graph, suffix, output), rowsAtOnce, {
    outside: (name) => {
      const found = damage.intact.get(name);
      return found ? { ...found, rows: "shared" } : constantTensor(device, name);
    },
    kept: new Map([[output, buffers.logits]]),
    rowTable: buffers.rows,
    instead,
    after,
  });
}

/** A layer entered by the difference that the masked units make. `isLate`: without its activation. */
function entered(
  { isProcessor }: Gpu,
  { prefix, damage, buffers: { program, rows: table } }: RowSources,
  name: string,
  entry: Entry,
  isLate: boolean,
): RowStep {
  const { layer, from } = entry;
  const { graph, weights } = prefix.device;
  const z = prefix.z.get(name)!;
  const d = damage.differences.get(from.name)!;
  const buffers = { z, zReplaced: damage.zReplaced.get(name) ?? z, d, program, rows: table };
  const activation = isLate ? LINEAR : layer.activation;
  return (y, rows) => {
    const shape = entryShape(graph, entry, rows);
    const variant = conv2dDeltaVariants(isProcessor, shape.outHeight * shape.outWidth)[0];
    return weights.get(layer.name)!.parts.flatMap(({ start4, count4, buffer, make }): Dispatch[] => {
      const part = { start4, count4 };
      const sizes = { ...shape, tapRows: tapRows(entry), channelStart: from.channelStart, part };
      const plan = planConv2dDelta(sizes, variant, { activation });
      const enter: Dispatch = { plan, buffers: { ...buffers, weight: buffer, y } };
      return make ? [make, enter] : [enter];
    });
  };
}

/** A partial result spelled out: of masked units the replaced channels, of others the intact ones. */
function selected({ damage, units, buffers }: RowSources, { name, shape, channelStart }: Partial): RowStep {
  const { buffer: a } = damage.intact.get(name)!;
  const { buffer: replaced } = damage.replaced.get(name)!;
  const sizes = { positions: positionsOf(shape), channels: channelsOf(shape), channelStart, units };
  return (y, rows) => [
    {
      plan: planSelectChannels({ ...sizes, rows }),
      buffers: { a, replaced, masks: buffers.bits, rows: buffers.rows, y },
    },
  ];
}

/** What no damage reaches, copied for each row. */
function spread({ buffers }: RowSources, x: DeviceTensor): RowStep {
  const shape = [1, ...x.shape];
  return (y, rows) => [
    {
      plan: planConcat({ rows, input: { shape, rows: "shared" }, outShape: shape, axis: 0, begin: 0 }),
      buffers: { x: x.buffer, rows: buffers.rows, y },
    },
  ];
}

/** Units of a further layer masked, in place. What they are replaced by belongs to `arena`. */
function masked(
  arena: Arena,
  { prefix, buffers: { rows: table, deeperBits } }: RowSources,
  name: string,
  replacement: ChannelReplacement,
): RowStep {
  const { graph } = prefix.device;
  const shape = graph.shapes.get(name)!;
  const units = channelsOf(shape);
  const { given, before, seed } = replacement;
  const positions = given ? givenPositions(given, shape) : 0;
  const coefficients = given
    ? arena.storage(`replaced values of ${name}`, given.rowOf.length * positions * paddedChannels(units) * 4)
    : arena.upload(`coefficients of ${name}`, byChannel(replacement.coefficients, units));
  if (given) writeGiven(arena, coefficients, given, shape, positions);
  const sizes = {
    ...{ positions: positionsOf(shape), units, seed, sampleStart: prefix.start },
    activation: before ? activationOf(graph.layers.get(name)!) : LINEAR,
    noise: hasNoise(replacement),
    givenPositions: positions,
  };
  return (h, rows) => [
    {
      plan: planMaskChannels({ ...sizes, rows }),
      buffers: { masks: deeperBits.get(name)!, coefficients, rows: table, h },
    },
  ];
}
