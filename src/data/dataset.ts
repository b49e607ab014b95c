/**
 * A labelled data set, read a range at a time so that it may be larger than memory, and the transform that turns its
 * stored values into what a network reads.
 */
import { sha256 } from "../core/hash.ts";

/** Labelled samples. Values are stored as they came (bytes for images), and transformed where they are used. */
export interface Dataset {
  /** What it is, for people: "digits test", "mnist t10k". */
  readonly name: string;
  readonly samples: number;
  /** Shape of one sample, features last: [28, 28, 1]. */
  readonly shape: readonly number[];
  /** Whether `read` gives bytes (Uint8Array) or floats (Float32Array). */
  readonly stored: "bytes" | "floats";
  /** [samples], each 0 .. classes - 1. */
  readonly labels: Uint16Array;
  readonly classes: number;
  readonly classNames: readonly string[];
  /**
   * Samples start .. start + count as stored, [count, ...shape], row-major; not to be written to. A set in memory gives a
   * view. Rejects with a LesionError where a file cannot be read.
   */
  read(start: number, count: number): Promise<Uint8Array | Float32Array>;
  /** SHA-256 that names the contents of the first `samples` samples and labels in a run's journal. */
  hash(samples: number): Promise<string>;
}

/** What a set in memory is made of. */
export interface MemorySource {
  readonly name: string;
  readonly shape: readonly number[];
  /** [samples, ...shape], row-major. */
  readonly values: Uint8Array | Float32Array;
  /** [samples]; says how many samples there are. */
  readonly labels: Uint16Array;
  readonly classes: number;
  readonly classNames: readonly string[];
}

/** A data set whose values are all in memory. */
export interface MemoryDataset extends Dataset {
  /** [samples, ...shape], row-major. */
  readonly values: Uint8Array | Float32Array;
}

/** A data set of values in memory; they are neither copied nor checked. Its hash is of the values, then the labels. */
export function memoryDataset<const Source extends MemorySource>(
  source: Source,
): MemoryDataset & { readonly values: Source["values"] } {
  const { name, shape, values, labels, classes, classNames } = source;
  const features = shape.reduce((product, size) => product * size, 1);
  return {
    name,
    samples: labels.length,
    shape,
    stored: values instanceof Uint8Array ? "bytes" : "floats",
    values,
    labels,
    classes,
    classNames,
    read: async (start, count) => values.subarray(start * features, (start + count) * features),
    hash: (samples) => sha256(bytesOf(values.subarray(0, samples * features)), bytesOf(labels.subarray(0, samples))),
  };
}

/** `x = (p / scale - mean[c]) / std[c]`, and before it, where a threshold is given, `p = p > threshold ? scale : 0`. */
export interface Transform {
  readonly scale: number;
  /** One number for all channels, or one a channel. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** Binarises at this stored value, or null. */
  readonly threshold: number | null;
}

/** Numbers in one sample. */
export function featuresOf({ shape }: Pick<Dataset, "shape">): number {
  return shape.reduce((product, size) => product * size, 1);
}

function bytesOf(values: Uint8Array | Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
