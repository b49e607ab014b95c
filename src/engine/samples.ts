/** A data set on its way into the GPU: stored values in, rows that the network reads out. */
import type { Dataset, Transform } from "../data/dataset.ts";
import { featuresOf } from "../data/dataset.ts";
import { channelsOf, levels, transformed } from "../data/transform.ts";
import type { Arena } from "../gpu/arena.ts";
import type { GatherShape } from "../kernels/gather-rows.ts";

/** Values of samples on the GPU, with what the gather kernel needs to turn them into rows. */
export interface DeviceSamples {
  readonly values: GPUBuffer;
  readonly levels: GPUBuffer;
  readonly shape: Pick<GatherShape, "features" | "channels" | "bytes">;
  /** Puts samples start .. start + count at the front of `values`. */
  load(start: number, count: number): void;
}

/** Bytes of one sample in `values`. */
export function sampleBytes(dataset: Dataset): number {
  const features = featuresOf(dataset);
  return dataset.values instanceof Uint8Array ? Math.ceil(features / 4) * 4 : features * 4;
}

/** Room for `capacity` samples, and the transform's table where the samples are bytes. */
export function deviceSamples(arena: Arena, dataset: Dataset, transform: Transform, capacity: number): DeviceSamples {
  const features = featuresOf(dataset);
  const channels = channelsOf(dataset);
  const values = arena.storage("samples", capacity * sampleBytes(dataset));
  const stored = dataset.values;
  if (stored instanceof Float32Array) {
    return {
      values,
      levels: arena.storage("levels", 16),
      shape: { features, channels, bytes: false },
      load: (start, count) => arena.write(values, transformed(dataset, transform, start, start + count)),
    };
  }
  const table = new Float32Array(channels * 256);
  for (let channel = 0; channel < channels; channel++) table.set(levels(transform, channel), channel * 256);
  const rowBytes = sampleBytes(dataset);
  return {
    values,
    levels: arena.upload("levels", table),
    shape: { features, channels, bytes: true },
    load: (start, count) => {
      if (rowBytes === features) {
        arena.write(values, stored.subarray(start * features, (start + count) * features));
        return;
      }
      const padded = new Uint8Array(count * rowBytes);
      for (let i = 0; i < count; i++) {
        padded.set(stored.subarray((start + i) * features, (start + i + 1) * features), i * rowBytes);
      }
      arena.write(values, padded);
    },
  };
}
