/** A labelled data set in memory, and the transform that turns its stored values into what a network reads. */

/** Labelled samples. Values are stored as they came (bytes for images), and transformed where they are used. */
export interface Dataset {
  /** What it is, for people: "digits test", "mnist t10k". */
  readonly name: string;
  readonly samples: number;
  /** Shape of one sample, features last: [28, 28, 1]. */
  readonly shape: readonly number[];
  /** [samples, ...shape], row-major. */
  readonly values: Uint8Array | Float32Array;
  /** [samples], each 0 .. classes - 1. */
  readonly labels: Uint16Array;
  readonly classes: number;
  readonly classNames: readonly string[];
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
export function featuresOf(dataset: Dataset): number {
  return dataset.shape.reduce((product, size) => product * size, 1);
}
