/**
 * What of a network stands still while it trains with units held: which channels of which tensors, and which parameters.
 * Those into a held unit and out of it get no gradient, whatever the unit is held at (Meyes et al. 2019, section 4).
 */
import { setBit, wordsFor } from "../../core/bitset.ts";
import { LesionError } from "../../core/errors.ts";
import { paddedChannels } from "../../kernels/tensor-layout.ts";
import { layersByName } from "../../network/graph.ts";
import type { Layer, Network } from "../../network/network.ts";
import type { Shape } from "../../network/shapes.ts";
import { postActivationOf } from "../../network/simplify.ts";
import type { ParameterLayout } from "./parameter-layout.ts";
import type { HeldUnits } from "./trainer-interface.ts";

/** Channels of a tensor that are held, and at what. */
export interface HeldChannels {
  readonly tensor: string;
  /** The layer with units that makes it. */
  readonly layer: string;
  readonly channels: readonly number[];
  readonly values: readonly number[];
}

/** Where units of layers are held. Throws `bad-study` for a unit that the layer does not have. */
export function heldChannels(
  form: Network,
  shapes: ReadonlyMap<string, Shape>,
  held: readonly HeldUnits[],
): readonly HeldChannels[] {
  return held.map(({ layer, units, values }) => {
    const tensor = postActivationOf(form, layer);
    const channels = shapes.get(tensor)?.at(-1) ?? 0;
    const beyond = units.find((unit) => unit >= channels);
    if (beyond === undefined) return { tensor, layer, channels: units, values };
    throw new LesionError("bad-study", `the layer ${layer} has ${channels} units; unit ${beyond} is not among them`, {
      where: layer,
      fix: `Choose units from 0 to ${channels - 1}.`,
    });
  });
}

/** Bits of the trained parameters that stand still, [trainedFloats / 32] words: those of held units, and all padding. */
export function heldParameters(
  form: Network,
  shapes: ReadonlyMap<string, Shape>,
  layout: ParameterLayout,
  held: readonly HeldChannels[],
): Uint32Array {
  const bits = new Uint32Array(wordsFor(layout.trainedFloats)).fill(0xffffffff);
  const { into, outOf } = touched(form, shapes, held);
  for (const tensor of layout.trained) {
    const { layer, part, at, matrices, rows, paddedRows, columns } = tensor;
    const width = paddedChannels(columns);
    const heldColumns = into.get(layer);
    const heldRows = part === "weight" ? outOf.get(layer) : undefined;
    for (let matrix = 0; matrix < matrices; matrix++) {
      for (let row = 0; row < rows; row++) {
        const from = at + (matrix * paddedRows + row) * width;
        if (heldColumns || heldRows) {
          for (let column = 0; column < columns; column++) {
            if (!heldColumns?.has(column) && !heldRows?.(row, column))
              clearBits(bits, from + column, from + column + 1);
          }
        } else clearBits(bits, from, from + columns);
      }
    }
  }
  return bits;
}

function clearBits(bits: Uint32Array, from: number, to: number): void {
  for (let index = from; index < to; ) {
    const whole = (index & 31) === 0 && index + 32 <= to;
    bits[index >>> 5] = whole ? 0 : bits[index >>> 5]! & ~(1 << (index & 31));
    index += whole ? 32 : 1;
  }
}

/** Whether the weight at (row, column) of a layer reads a held channel. */
type ReadsHeld = (row: number, column: number) => boolean;

/** Held output channels by layer, and which weights read held channels, by layer. */
function touched(form: Network, shapes: ReadonlyMap<string, Shape>, held: readonly HeldChannels[]) {
  const layers = layersByName(form);
  const into = new Map<string, Set<number>>();
  const channelsOf = new Map<string, Set<number>>();
  const add = (sets: Map<string, Set<number>>, name: string, channels: Iterable<number>) => {
    const set = sets.get(name) ?? new Set();
    for (const channel of channels) set.add(channel);
    sets.set(name, set);
  };
  for (const { tensor, layer, channels } of held) {
    add(channelsOf, tensor, channels);
    // Back from the tensor to the layer with units: batch norm, scale and activation between them are channel by channel.
    for (let name = tensor; ; name = layers.get(name)!.inputs[0]!) {
      add(into, name, channels);
      if (name === layer) break;
    }
  }
  const outOf = new Map<string, ReadsHeld>();
  for (const layer of form.layers) {
    const found = layer.inputs.map((input) => channelsOf.get(input));
    if (found.every((channels) => channels === undefined)) continue;
    // A constant channel that is normed or scaled is still the held unit's: trained, it would speak for it.
    if (layer.kind === "batch-norm" || layer.kind === "scale") add(into, layer.name, found[0] ?? []);
    const reads = weightsThatRead(layer, found[0]);
    if (reads) outOf.set(layer.name, reads);
    add(
      channelsOf,
      layer.name,
      passedOn(
        layer,
        found,
        layer.inputs.map((input) => shapes.get(input)!),
        shapes,
      ),
    );
  }
  return { into, outOf };
}

function weightsThatRead(layer: Layer, channels: ReadonlySet<number> | undefined): ReadsHeld | null {
  if (channels === undefined) return null;
  if (layer.kind === "dense") return (row) => channels.has(row);
  if (layer.kind !== "conv2d") return null;
  const { groups, inChannels, outChannels } = layer;
  const deep = inChannels / groups;
  const group = (column: number) => Math.floor(column / (outChannels / groups));
  return (row, column) => channels.has(group(column) * deep + row);
}

/** Channels of a layer's result that are those of held ones and nothing else. */
function passedOn(
  layer: Layer,
  held: readonly (ReadonlySet<number> | undefined)[],
  inputs: readonly Shape[],
  shapes: ReadonlyMap<string, Shape>,
): readonly number[] {
  const [first = new Set<number>()] = held;
  const output = shapes.get(layer.name)!;
  switch (layer.kind) {
    case "pool2d":
    case "global-pool":
    case "activation":
    case "batch-norm":
    case "scale":
    case "identity":
      return [...first];
    case "flatten":
    case "reshape": {
      const channels = inputs[0]!.at(-1) ?? 1;
      const width = output.at(-1) ?? 1;
      if (width === channels) return [...first];
      // Features of a position stand side by side.
      if (width % channels !== 0) return [];
      return Array.from({ length: width }, (_, at) => at).filter((at) => first.has(at % channels));
    }
    case "concat": {
      if (layer.axis !== output.length - 1) return [];
      let begin = 0;
      return inputs.flatMap((shape, i) => {
        const found = [...(held[i] ?? [])].map((channel) => begin + channel);
        begin += shape.at(-1)!;
        return found;
      });
    }
    default:
      return [];
  }
}

/** Held channels of one tensor as its kernels read them, for copies one after the other: bits, and values in vec4s. */
export function heldTables(
  channels: number,
  copies: readonly (readonly HeldChannels[])[],
  tensor: string,
): { readonly bits: Uint32Array; readonly values: Float32Array } {
  const words = wordsFor(channels);
  const width = paddedChannels(channels);
  const bits = new Uint32Array(copies.length * words);
  const values = new Float32Array(copies.length * width);
  for (const [copy, held] of copies.entries()) {
    const own = bits.subarray(copy * words, (copy + 1) * words);
    for (const each of held) {
      if (each.tensor !== tensor) continue;
      each.channels.forEach((channel, i) => {
        setBit(own, channel);
        values[copy * width + channel] = each.values[i]!;
      });
    }
  }
  return { bits, values };
}
