/**
 * From stored values to what a network reads: `x = (p / scale - mean[c]) / std[c]`, after binarising where a threshold is
 * given. Computed in float64 and rounded once, so that every path through Lesion gives a network the same numbers.
 */
import { LesionError } from "../core/errors.ts";
import type { Dataset, Transform } from "./dataset.ts";

/** The keys of a study's `data` that make a transform. */
export interface TransformOptions {
  readonly scale: number;
  readonly normalize: { readonly mean: readonly number[]; readonly std: readonly number[] };
  readonly threshold: number | null;
}

/** Channels of a data set: the last axis of a sample's shape. */
export function channelsOf({ shape }: Pick<Dataset, "shape">): number {
  return shape.at(-1) ?? 1;
}

/**
 * A transform for data of so many channels. Throws `bad-study`, naming the key, for a scale or std of 0, numbers that are
 * not finite, and a mean or std with neither one number nor one a channel.
 */
export function transformOf(options: TransformOptions, channels: number): Transform {
  const { scale, threshold } = options;
  const { mean, std } = options.normalize;
  if (!Number.isFinite(scale) || scale === 0)
    throw refused("data.scale", scale, "a finite number other than 0, such as 255");
  if (threshold !== null && !Number.isFinite(threshold)) {
    throw refused("data.threshold", threshold, "a finite number, or null for none");
  }
  for (const [key, values] of Object.entries({ mean, std })) {
    if (values.length !== 1 && values.length !== channels) {
      throw new LesionError(
        "bad-study",
        `data.normalize.${key} has ${values.length} numbers, and the data ${channels} channels`,
        {
          where: `data.normalize.${key}`,
          fix: channels === 1 ? "Give one number." : `Give one number, or one for each of the ${channels} channels.`,
        },
      );
    }
    for (const [channel, value] of values.entries()) {
      if (Number.isFinite(value) && !(key === "std" && value === 0)) continue;
      throw refused(
        `data.normalize.${key}[${channel}]`,
        value,
        key === "std" ? "a finite number other than 0" : "a finite number",
      );
    }
  }
  return { scale, mean, std, threshold };
}

/** Samples `start` (included) to `end` (excluded) as a network reads them: [end - start, features], features last. */
export async function transformed(
  dataset: Dataset,
  transform: Transform,
  start: number,
  end: number,
): Promise<Float32Array> {
  return transformedValues(await dataset.read(start, end - start), channelsOf(dataset), transform);
}

/** Stored values, channels last, as a network reads them. */
export function transformedValues(
  stored: Uint8Array | Float32Array,
  channels: number,
  transform: Transform,
): Float32Array {
  const values = new Float32Array(stored.length);
  const tables =
    stored instanceof Uint8Array
      ? Array.from({ length: isUniform(transform) ? 1 : channels }, (_, channel) => levels(transform, channel))
      : null;
  for (let i = 0, channel = 0; i < stored.length; i++) {
    const value = stored[i]!;
    values[i] = tables === null ? level(transform, channel, value) : tables[tables.length === 1 ? 0 : channel]![value]!;
    channel = channel + 1 === channels ? 0 : channel + 1;
  }
  return values;
}

/** What each of the 256 bytes becomes in a channel: the same numbers as `transformed` gives, as a lookup table. */
export function levels(transform: Transform, channel: number): Float32Array {
  return Float32Array.from({ length: 256 }, (_, byte) => level(transform, channel, byte));
}

/** Whether all channels are transformed alike, so that one table of levels does for all. */
export function isUniform(transform: Transform): boolean {
  return transform.mean.length === 1 && transform.std.length === 1;
}

/** One value, in float64. */
function level({ scale, mean, std, threshold }: Transform, channel: number, value: number): number {
  const kept = threshold === null ? value : value > threshold ? scale : 0;
  return (kept / scale - mean[mean.length === 1 ? 0 : channel]!) / std[std.length === 1 ? 0 : channel]!;
}

function refused(where: string, found: number, wanted: string): LesionError {
  return new LesionError("bad-study", `${where} is ${found}; it must be ${wanted}`, {
    where,
    fix: `Set ${where} to ${wanted}.`,
  });
}
