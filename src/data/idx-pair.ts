/**
 * Two IDX files, images and labels, as one data set. Whether the two belong together is checked here: numbers of samples,
 * dimensions, labels that name a class.
 */
import { LesionError } from "../core/errors.ts";
import { type MemoryDataset, memoryDataset } from "./dataset.ts";
import { type IdxArray, type IdxValues, readIdx } from "./idx.ts";

/** What errors and people call a data set and its two files. */
export interface IdxPairNames {
  readonly dataset: string;
  readonly images: string;
  readonly labels: string;
}

/** Labels are kept in 16 bits. */
const MAX_CLASSES = 65_536;

/**
 * Reads images ([samples, features], [samples, height, width] or [samples, height, width, channels]) and labels
 * ([samples], whole numbers from 0). Bytes stay bytes; every other type becomes f32. `classes` is one more than the largest
 * label unless given. Throws `bad-file` for a damaged file, `bad-data` for files that do not fit each other.
 */
export function readIdxPair(
  images: Uint8Array,
  labels: Uint8Array,
  names: IdxPairNames,
  classes?: number,
): MemoryDataset {
  const pixels = readIdx(images, names.images);
  const named = readIdx(labels, names.labels);
  const shape = sampleShape(pixels, names);
  const samples = pixels.shape[0]!;
  if (named.shape.length !== 1) {
    throw unfit(
      `${names.labels} has ${named.shape.length} dimensions (${named.shape.join(" x ")}); labels have 1`,
      `${names.labels}, byte 3`,
      swapped(names),
    );
  }
  if (named.shape[0] !== samples) {
    throw unfit(
      `${names.images} has ${samples} images, and ${names.labels} has ${named.shape[0]} labels`,
      `${names.labels}, byte 4`,
      "Give the two files of the same split: train with train, t10k with t10k.",
    );
  }
  const checked = checkedLabels(named.values, names.labels, classes ?? MAX_CLASSES);
  const count = classes ?? checked.reduce((most, label) => Math.max(most, label), 0) + 1;
  return memoryDataset({
    name: names.dataset,
    shape,
    values: stored(pixels, names.images),
    labels: checked,
    classes: count,
    classNames: Array.from({ length: count }, (_, label) => String(label)),
  });
}

/** Shape of one image, with a channel axis where it is a plane. */
function sampleShape({ shape }: IdxArray, names: IdxPairNames): number[] {
  if (shape.length < 2 || shape.length > 4) {
    throw unfit(
      `${names.images} has ${shape.length} dimensions (${shape.join(" x ")}); images have 2 to 4`,
      `${names.images}, byte 3`,
      swapped(names),
    );
  }
  const empty = shape.indexOf(0);
  if (empty >= 0) {
    throw unfit(
      `${names.images} holds no images: its dimensions are ${shape.join(" x ")}`,
      `${names.images}, byte ${4 + 4 * empty}`,
      "Give a file with at least one image.",
    );
  }
  return shape.length === 3 ? [...shape.slice(1), 1] : shape.slice(1);
}

function checkedLabels(values: IdxValues, name: string, classes: number): Uint16Array {
  if (values instanceof Float32Array || values instanceof Float64Array) {
    throw unfit(
      `${name} holds floating-point numbers; labels are whole numbers`,
      `${name}, byte 2`,
      "Store the labels as bytes (IDX type 0x08).",
    );
  }
  const at = values.findIndex((label) => label < 0 || label >= classes);
  if (at >= 0) {
    throw unfit(
      `${name} gives sample ${at} the label ${values[at]}; labels are 0 to ${classes - 1}`,
      `${name}, byte ${8 + at * values.BYTES_PER_ELEMENT}`,
      classes < MAX_CLASSES
        ? 'Read data with other classes as the set "idx", or correct the file.'
        : "Correct the file.",
    );
  }
  return Uint16Array.from(values);
}

/** Bytes as they are, the rest as f32. */
function stored({ values, shape }: IdxArray, name: string): Uint8Array | Float32Array {
  if (values instanceof Uint8Array) return values;
  const floats = values instanceof Float32Array ? values : Float32Array.from(values);
  const at = floats.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) {
    throw unfit(
      `${name} has the value ${values[at]} in sample ${Math.floor(at / (floats.length / shape[0]!))}, which is no finite 32-bit float`,
      `${name}, byte ${4 + 4 * shape.length + at * values.BYTES_PER_ELEMENT}`,
      "Replace values that are not finite before writing the file.",
    );
  }
  return floats;
}

function swapped({ images, labels }: IdxPairNames): string {
  return `Check that ${images} holds the images and ${labels} the labels.`;
}

function unfit(message: string, where: string, fix: string): LesionError {
  return new LesionError("bad-data", message, { where, fix });
}
