/**
 * Where the units of a layer are found further on: through all layers that keep channels apart, each channel of a result
 * is a unit's, or is none's. So the weights that read a unit are known without computing anything.
 */
import type { Layer, Network } from "../../network/network.ts";
import { inferShapes, type Shape, sizeOf } from "../../network/shapes.ts";

/** The unit that each channel of a tensor's last axis holds and nothing else; NO_UNIT where there is none. */
export type ChannelUnits = Int32Array;
export const NO_UNIT = -1;

/**
 * The units of a layer's result in it and in the results after it, by name; those that hold no unit are left out. A channel
 * that meets another in a sum, or in a normalisation across channels, holds neither from there on.
 */
export function unitsOfChannels(network: Network, layer: string, units: number): ReadonlyMap<string, ChannelUnits> {
  const shapes = new Map<string, Shape>(network.inputs.map(({ name, shape }) => [name, shape]));
  for (const [name, shape] of inferShapes(network)) shapes.set(name, shape);
  const found = new Map<string, ChannelUnits>([[layer, Int32Array.from({ length: units }, (_, unit) => unit)]]);
  const none = (name: string) => new Int32Array(shapes.get(name)!.at(-1) ?? 1).fill(NO_UNIT);
  for (const reader of network.layers) {
    if (!reader.inputs.some((input) => found.has(input))) continue;
    const read = reader.inputs.map((input) => found.get(input) ?? none(input));
    const passed = passedOn(reader, read, shapes.get(reader.name)!);
    if (passed?.some((unit) => unit !== NO_UNIT)) found.set(reader.name, passed);
  }
  return found;
}

/** The units of a layer's result, given those of what it reads; null where channels are mixed. */
function passedOn(layer: Layer, read: readonly ChannelUnits[], output: Shape): ChannelUnits | null {
  const units = read[0]!;
  const last = output.length - 1;
  const each = (unitOf: (channel: number) => number | undefined) =>
    Int32Array.from({ length: output[last]! }, (_, channel) => unitOf(channel) ?? NO_UNIT);
  switch (layer.kind) {
    case "activation":
    case "batch-norm":
    case "scale":
    case "bias":
    case "identity":
    case "pool2d":
    case "global-pool":
      return units;
    case "flatten":
    case "reshape":
      return reshaped(units, sizeOf(output), output[last]!);
    case "concat": {
      if (layer.axis === last) return Int32Array.from(read.flatMap((one) => [...one]));
      return each((channel) => (read.every((one) => one[channel] === units[channel]) ? units[channel] : NO_UNIT));
    }
    case "pad":
      return each((channel) => units[channel - layer.before[last]!]);
    case "slice":
      return each((channel) => units[layer.starts[last]! + channel * layer.steps[last]!]);
    case "transpose":
      return layer.axes[last] === last ? units : null;
    default:
      return null;
  }
}

/** Numbers in their order, `width` channels where there were as many as `units`: a channel is a unit's if all of its numbers are. */
function reshaped(units: ChannelUnits, size: number, width: number): ChannelUnits {
  const passed = Int32Array.from({ length: width }, (_, channel) => units[channel % units.length]!);
  for (let at = width; at < size; at++) {
    if (units[at % units.length] !== passed[at % width]) passed[at % width] = NO_UNIT;
  }
  return passed;
}
