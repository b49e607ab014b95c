/** A data set of two NumPy arrays: the samples, and a class a sample. Names tell them apart, and the splits. */
import { LesionError } from "../core/errors.ts";
import { type Dataset, type MemoryDataset, memoryDataset } from "./dataset.ts";
import type { Split } from "./digits.ts";
import { type NpyArray, readNpy, shapeOf } from "./npy.ts";
import { npyFloats, npyIntegers } from "./npy-values.ts";
import { fileName, folderOf, isBelow, listed } from "./paths.ts";
import { firstSamples } from "./subset.ts";

/** The keys of a study's `data` that say which samples. */
export interface NpySource {
  /** The folder with the two files, as the study names it; null: where the study is. */
  readonly path: string | null;
  readonly split: Split;
  /** Null or left out: all samples. */
  readonly limit?: number | null;
}

/** Paths of the two files of a split. */
export interface NpyPaths {
  readonly images: string;
  readonly labels: string;
}

/** Labels are kept in 16 bits. */
const MAX_CLASSES = 65_536;

const WORDS = { images: ["images", "image", "x", "samples", "inputs"], labels: ["labels", "label", "y", "targets"] };
const SPLIT_WORDS: Readonly<Record<Split, readonly string[]>> = {
  train: ["train", "training"],
  test: ["test", "t10k"],
};

/**
 * Opens the arrays of a split, see `findNpy` and `readNpySet`. Throws as they do, and `bad-study` for a limit below 1.
 */
export async function openNpySet(
  source: NpySource,
  bytesOf: (path: string) => Promise<Uint8Array>,
  available: readonly string[],
): Promise<Dataset> {
  const paths = findNpy(source, available);
  const [images, labels] = await Promise.all([bytesOf(paths.images), bytesOf(paths.labels)]);
  return firstSamples(readNpySet(images, labels, paths, source.split), source.limit ?? null);
}

/**
 * The image and label files of a split: .npy files whose names have the word images or x, resp. labels or y, and, where
 * the folder holds more than one pair, train or test: `x_test.npy` and `y_test.npy`, `train-images.npy` and
 * `train-labels.npy`. Throws `not-found` with what was found, or `bad-study` where more than one pair fits.
 */
export function findNpy(source: NpySource, available: readonly string[]): NpyPaths {
  const files = available.filter((path) => isBelow(path, source.path) && /\.npy$/i.test(path));
  const found = pairsOf(files, (words) => SPLIT_WORDS[source.split].some((word) => words.has(word)));
  const unsaid = pairsOf(
    files,
    (words) =>
      !Object.values(SPLIT_WORDS)
        .flat()
        .some((word) => words.has(word)),
  );
  const pairs = found.length > 0 ? found : unsaid;
  if (pairs.length === 1) return pairs[0]!;
  const folder = source.path === null ? "beside the study" : `in ${source.path}`;
  if (pairs.length > 1) {
    const names = pairs.map(({ images, labels }) => `${images} with ${labels}`);
    throw new LesionError(
      "bad-study",
      `${pairs.length} pairs of arrays fit the ${source.split} split: ${listed(names)}`,
      {
        where: "data.path",
        fix: "Set data.path to the folder that holds only the pair you mean.",
        detail: { found: pairs },
      },
    );
  }
  throw new LesionError(
    "not-found",
    `no pair of arrays for the ${source.split} split of npy: ${folder} there are ${listed(files)}`,
    {
      where: "data.path",
      fix: `Put images_${source.split}.npy and labels_${source.split}.npy ${folder}, or correct data.path.`,
      detail: { available: available.slice(0, 100) },
    },
  );
}

/** Every file of images with every file of labels in the same folder, among the files whose words are as wanted. */
function pairsOf(files: readonly string[], wanted: (words: ReadonlySet<string>) => boolean): NpyPaths[] {
  const named = files.map((path) => ({ path, words: wordsOf(path) })).filter(({ words }) => wanted(words));
  const of = (names: readonly string[]) => named.filter(({ words }) => names.some((name) => words.has(name)));
  return of(WORDS.images).flatMap(({ path: images }) =>
    of(WORDS.labels)
      .filter(({ path }) => path !== images && folderOf(path) === folderOf(images))
      .map(({ path: labels }) => ({ images, labels })),
  );
}

/** The words of a file's name, in lower case: letters and digits, parted by anything else. */
function wordsOf(path: string): ReadonlySet<string> {
  return new Set(
    fileName(path)
      .replace(/\.npy$/i, "")
      .toLowerCase()
      .split(/[^a-z0-9]+/),
  );
}

/**
 * Images [samples, ...] and labels, whole numbers from 0, [samples] or [samples, 1], as one data set. Bytes stay bytes,
 * all else becomes f32; [samples, height, width] gets a channel. Throws `bad-file` for a damaged file, `bad-data` for
 * arrays that do not fit each other, with both shapes.
 */
export function readNpySet(images: Uint8Array, labels: Uint8Array, paths: NpyPaths, split: Split): MemoryDataset {
  const pixels = readNpy(images, paths.images);
  const named = readNpy(labels, paths.labels);
  const [samples = 0, ...sample] = pixels.dims;
  if (sample.length === 0 || pixels.dims.includes(0)) {
    throw unfit(
      `${paths.images} has the shape ${shapeOf(pixels.dims)}; images have samples, then at least one axis`,
      paths.images,
    );
  }
  const isList = named.dims.length === 1 || (named.dims.length === 2 && named.dims[1] === 1);
  if (!isList || named.dims[0] !== samples) {
    const both = `${paths.images} has the shape ${shapeOf(pixels.dims)}, and ${paths.labels} ${shapeOf(named.dims)}`;
    throw unfit(`${both}; labels are (${samples},), one a sample`, paths.labels);
  }
  const classOf = labelsOf(named, paths.labels);
  const classes = classOf.reduce((most, label) => Math.max(most, label), 0) + 1;
  return memoryDataset({
    name: `npy ${split}`,
    shape: sample.length === 2 ? [...sample, 1] : sample,
    values: storedOf(pixels, paths.images),
    labels: classOf,
    classes,
    classNames: Array.from({ length: classes }, (_, label) => String(label)),
  });
}

function labelsOf(array: NpyArray, name: string): Uint16Array {
  const labels = npyIntegers(array, name);
  const at = labels.findIndex((label) => label < 0 || label >= MAX_CLASSES);
  if (at < 0) return Uint16Array.from(labels);
  throw unfit(`${name} gives sample ${at} the label ${labels[at]}; labels are 0 to ${MAX_CLASSES - 1}`, name);
}

/** Bytes as they are, the rest as f32. */
function storedOf(array: NpyArray, name: string): Uint8Array | Float32Array {
  if (array.dtype === "u1") return array.values as Uint8Array;
  const floats = npyFloats(array);
  const at = floats.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return floats;
  const sample = Math.floor(at / (floats.length / array.dims[0]!));
  throw unfit(`${name} has the value ${array.values[at]} in sample ${sample}, which is no finite 32-bit float`, name);
}

function unfit(message: string, where: string): LesionError {
  return new LesionError("bad-data", message, {
    where,
    fix: "Give the two arrays of the same split, as numpy.save writes them.",
  });
}
