/** Layers that shift and scale each channel: batch normalisation in evaluation, Rescaling, and adapted Normalization. */
import { LINEAR } from "../../../network/network.ts";
import { floatsOf } from "../../../network/weight.ts";
import { type Call, channelsOf, elementwise, onlyInput, refuse, type Value } from "../call.ts";
import { itemsOf, numberOf, textOf } from "../config.ts";
import { impossible } from "../failure.ts";

/** y = gamma (x - mean) / sqrt(variance + epsilon) + beta. */
export function BatchNormalization(call: Call): Value {
  const value = onlyInput(call);
  requireLast(call, value, call.config.raw("axis"));
  const channels = channelsOf(value);
  const shape = [channels];
  const scaled = call.config.flag("scale", true);
  const centred = call.config.flag("center", true);
  const weights = call.weights([
    ...(scaled ? [{ names: ["gamma"], shape }] : []),
    ...(centred ? [{ names: ["beta"], shape }] : []),
    { names: ["moving_mean", "running_mean"], shape },
    { names: ["moving_variance", "running_variance"], shape },
  ]);
  const found = weights.map(floatsOf);
  const gamma = scaled ? found.shift()! : new Float32Array(channels).fill(1);
  const beta = centred ? found.shift()! : new Float32Array(channels);
  const layer = call.emit({
    kind: "batch-norm",
    name: call.name,
    inputs: [value.layer],
    gamma,
    beta,
    mean: found[0]!,
    variance: found[1]!,
    epsilon: call.config.number("epsilon", 1e-3),
  });
  return elementwise(value, layer);
}

/** y = x * scale + offset: numbers, or one a channel. */
export function Rescaling(call: Call): Value {
  const channels = channelsOf(onlyInput(call));
  const scale = perChannel(call, "scale", channels, 1);
  return scaled(call, scale, perChannel(call, "offset", channels, 0));
}

/** y = (x - mean) / sqrt(variance), by what the layer was given or adapted to. */
export function Normalization(call: Call): Value {
  const value = onlyInput(call);
  const channels = channelsOf(value);
  const axis = call.config.raw("axis");
  // No axis: one mean for all numbers, which must be given.
  if (axis !== null) requireLast(call, value, axis);
  if (call.config.flag("invert", false)) {
    throw refuse(call, "undoes a normalisation", "Leave the layer out, or write it as Rescaling.");
  }
  let [mean, variance] = [call.config.raw("mean"), call.config.raw("variance")];
  if (mean === null || variance === null) {
    const shape = axis === null ? [] : [channels];
    const found = call.weights([
      { names: ["mean"], shape },
      { names: ["variance"], shape },
    ]);
    [mean, variance] = found.map((weight) => [...floatsOf(weight)]);
  }
  const means = numbersOf(call, "mean", mean, channels);
  const scale = numbersOf(call, "variance", variance, channels).map((item) => 1 / Math.max(Math.sqrt(item), LEAST));
  return scaled(
    call,
    scale,
    means.map((item, channel) => -item * scale[channel]!),
  );
}

/** Keras' epsilon: what a standard deviation is at least. */
const LEAST = 1e-7;

function scaled(call: Call, scale: readonly number[], shift: readonly number[]): Value {
  const value = onlyInput(call);
  const layer = call.emit({
    kind: "scale",
    name: call.name,
    inputs: [value.layer],
    scale: Float32Array.from(scale),
    shift: Float32Array.from(shift),
    activation: LINEAR,
  });
  return elementwise(value, layer);
}

function perChannel(call: Call, key: string, channels: number, otherwise: number): number[] {
  return numbersOf(call, key, call.config.raw(key) ?? otherwise, channels);
}

/** One number for every channel, of one number or as many as channels, however deeply the file nests them. */
function numbersOf(call: Call, key: string, value: unknown, channels: number): number[] {
  const { where } = call.config;
  let items: readonly unknown[] = [value];
  for (let inner = itemsOf(items[0]); items.length === 1 && inner !== null; inner = itemsOf(items[0])) items = inner;
  const numbers = items.map(numberOf).filter((item) => item !== undefined);
  if (numbers.length !== items.length || (numbers.length !== 1 && numbers.length !== channels)) {
    throw impossible(
      `${where} has the ${key} ${textOf(value)}; 1 number or ${channels} are possible`,
      `${where}, ${key}`,
    );
  }
  return numbers.length === channels ? numbers : Array.from({ length: channels }, () => numbers[0]!);
}

/** Throws unless the axis, a number or a list of one, is the last. */
function requireLast(call: Call, value: Value, axis: unknown): void {
  const [first, ...more] = itemsOf(axis) ?? [axis ?? -1];
  if (more.length === 0 && (first === -1 || first === value.shape.length)) return;
  throw refuse(
    call,
    `normalises axis ${textOf(axis)} of ${value.shape.length + 1}`,
    "Build the model with the channels as the last axis (data_format channels_last), and normalise those.",
  );
}
