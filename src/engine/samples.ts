/** A data set on its way into the GPU: stored values in, rows that the network reads out. */
import type { Dataset, Transform } from "../data/dataset.ts";
import { featuresOf } from "../data/dataset.ts";
import { channelsOf, levels, transformedValues } from "../data/transform.ts";
import { type Arena, storageBytes } from "../gpu/arena.ts";
import type { GatherShape } from "../kernels/gather-rows.ts";

/** Values of samples on the GPU, with what the gather kernel needs to turn them into rows. */
export interface DeviceSamples {
  readonly values: GPUBuffer;
  readonly levels: GPUBuffer;
  readonly shape: Pick<GatherShape, "features" | "channels" | "bytes">;
  /** Puts samples start .. start + count at the front of `values`, once they are read. Rejects as the data set's `read`. */
  load(start: number, count: number): Promise<void>;
}

/** Bytes of one sample in `values`. */
export function sampleBytes(dataset: Dataset): number {
  const features = featuresOf(dataset);
  return dataset.stored === "bytes" ? Math.ceil(features / 4) * 4 : features * 4;
}

/** Bytes of each buffer of `deviceSamples`. */
export function deviceSamplesBytes(dataset: Dataset, capacity: number): readonly [values: number, levels: number] {
  const levels = dataset.stored === "bytes" ? channelsOf(dataset) * LEVELS * 4 : 0;
  return [storageBytes(capacity * sampleBytes(dataset)), storageBytes(levels)];
}

/** Of a byte. */
const LEVELS = 256;

/** Room for `capacity` samples, and the transform's table where the samples are bytes. */
export function deviceSamples(arena: Arena, dataset: Dataset, transform: Transform, capacity: number): DeviceSamples {
  const features = featuresOf(dataset);
  const channels = channelsOf(dataset);
  const bytes = dataset.stored === "bytes";
  const values = arena.storage("samples", capacity * sampleBytes(dataset));
  const rowsOf = (stored: Uint8Array | Float32Array) =>
    stored instanceof Uint8Array
      ? padded(stored, features, sampleBytes(dataset))
      : transformedValues(stored, channels, transform);
  return {
    values,
    levels: bytes ? arena.upload("levels", levelTable(transform, channels)) : arena.storage("levels", 16),
    shape: { features, channels, bytes },
    load: async (start, count) => arena.write(values, rowsOf(await dataset.read(start, count))),
  };
}

/** What each byte becomes, [channels, LEVELS]. */
function levelTable(transform: Transform, channels: number): Float32Array {
  const table = new Float32Array(channels * LEVELS);
  for (let channel = 0; channel < channels; channel++) table.set(levels(transform, channel), channel * LEVELS);
  return table;
}

/** Rows of bytes with zeros after each, up to a whole number of words. */
function padded(stored: Uint8Array, features: number, rowBytes: number): Uint8Array {
  if (rowBytes === features) return stored;
  const count = stored.length / features;
  const rows = new Uint8Array(count * rowBytes);
  for (let i = 0; i < count; i++) rows.set(stored.subarray(i * features, (i + 1) * features), i * rowBytes);
  return rows;
}
