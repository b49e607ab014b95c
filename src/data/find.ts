/**
 * From what a study says of its data to a data set: the kinds of sets there are, and IDX files, of which the image and
 * label files of a split are chosen among the files that are there. Names decide, as data sets in the IDX format are
 * published under MNIST's names.
 */
import { LesionError } from "../core/errors.ts";
import { openCifar10 } from "./cifar10.ts";
import type { Dataset } from "./dataset.ts";
import { DIGITS_SAMPLES, digitsMaker, type Split } from "./digits.ts";
import { readIdxPair } from "./idx-pair.ts";
import { type ImageSource, openImages } from "./images/image-set.ts";
import { openNpySet } from "./npy-set.ts";
import { fileName, folderOf, isBelow, listed } from "./paths.ts";
import { firstSamples } from "./subset.ts";

/** The keys of a study's `data` that say which samples. */
export type SampleSource = ArraySource | ImageSource;

/** Samples from files of arrays, or made. */
export interface ArraySource {
  readonly set: "digits" | "mnist" | "idx" | "cifar10" | "npy";
  /** The folder with the files, as the study names it; null: where the study is. */
  readonly path: string | null;
  readonly split: Split;
  /** Null or left out: all samples. */
  readonly limit?: number | null;
}

/** Paths of the two files of a split. */
export interface IdxPaths {
  readonly images: string;
  readonly labels: string;
}

/** Called while digits are made, after each thousand; awaiting it lets a worker answer messages. */
export type DigitsProgress = (done: number, total: number) => void | Promise<void>;

const DIGITS_AT_A_TIME = 1000;
const MNIST_CLASSES = 10;

/**
 * Opens a study's data. `available` are the paths of the files there are, and `bytesOf` reads one of them. Throws
 * `not-found` where no files fit, `bad-file` and `bad-data` as the set's reader does, `bad-study` for a limit below 1.
 */
export async function openDataset(
  source: SampleSource,
  bytesOf: (path: string) => Promise<Uint8Array>,
  available: readonly string[],
  progress: DigitsProgress = () => {},
): Promise<Dataset> {
  switch (source.set) {
    case "digits":
      return openDigits(source, progress);
    case "images":
      return openImages(source, bytesOf, available);
    case "cifar10":
      return openCifar10(source, bytesOf, available);
    case "npy":
      return openNpySet(source, bytesOf, available);
    case "mnist":
    case "idx":
      return openIdx(source, bytesOf, available);
  }
}

async function openIdx(
  source: ArraySource,
  bytesOf: (path: string) => Promise<Uint8Array>,
  available: readonly string[],
): Promise<Dataset> {
  const paths = findIdx(source, available);
  const [images, labels] = await Promise.all([bytesOf(paths.images), bytesOf(paths.labels)]);
  const names = { dataset: `${source.set} ${source.split}`, ...paths };
  const dataset = readIdxPair(images, labels, names, source.set === "mnist" ? MNIST_CLASSES : undefined);
  return firstSamples(dataset, source.limit ?? null);
}

async function openDigits({ split, limit }: ArraySource, progress: DigitsProgress): Promise<Dataset> {
  const { dataset, make } = digitsMaker({ split, samples: Math.min(limit ?? Infinity, DIGITS_SAMPLES[split]) });
  for (let done = 0; done < dataset.samples; ) {
    const next = Math.min(done + DIGITS_AT_A_TIME, dataset.samples);
    make(done, next);
    await progress(next, dataset.samples);
    done = next;
  }
  return dataset;
}

/**
 * The image and label files of a split, in or below the source's folder. "mnist" wants MNIST's own names
 * (`t10k-images-idx3-ubyte`, `train-labels.idx1-ubyte.gz`, ...); "idx" takes a pair whose names say images and labels, and
 * the split where the folder holds more than one pair. Where a file is there plain and as .gz, the plain one is taken.
 * Throws `not-found` with what was found, or `bad-study` where more than one pair fits.
 */
export function findIdx(source: ArraySource, available: readonly string[]): IdxPaths {
  const files = available.filter((path) => isBelow(path, source.path));
  const named = pairs(files, source.set === "mnist" ? MNIST_NAMES[source.split] : IDX_NAMES);
  const inSplit =
    source.set === "mnist" ? named : named.filter(({ images }) => SPLIT_WORDS[source.split].test(plainName(images)));
  const unsaid = named.filter(({ images }) => !Object.values(SPLIT_WORDS).some((word) => word.test(plainName(images))));
  const found = inSplit.length > 0 ? inSplit : unsaid;
  if (found.length === 1) return found[0]!;
  if (found.length === 0) throw missing(source, files, available);
  throw new LesionError(
    "bad-study",
    `${found.length} pairs of files fit ${described(source)}: ${listed(found.map(({ images }) => images))}`,
    {
      where: "data.path",
      fix: "Set data.path to the folder that holds only the pair you mean.",
      detail: { found },
    },
  );
}

interface Names {
  readonly images: RegExp;
  readonly labels: RegExp;
}

const MNIST_NAMES: Readonly<Record<Split, Names>> = {
  train: { images: /^train-images[-.]idx3-ubyte$/i, labels: /^train-labels[-.]idx1-ubyte$/i },
  test: { images: /^t10k-images[-.]idx3-ubyte$/i, labels: /^t10k-labels[-.]idx1-ubyte$/i },
};
const IDX_NAMES: Names = { images: /images?|idx[2-4]\b/i, labels: /labels?|idx1\b/i };
const SPLIT_WORDS: Readonly<Record<Split, RegExp>> = { train: /train/i, test: /t10k|test/i };

/** Image files, each with the label file that lies beside it and is named like it. */
function pairs(files: readonly string[], names: Names): IdxPaths[] {
  const plainFirst = [...files].sort((a, b) => Number(isGz(a)) - Number(isGz(b)) || (a < b ? -1 : 1));
  const once = new Map<string, string>();
  for (const path of plainFirst) if (!once.has(withoutGz(path))) once.set(withoutGz(path), path);
  const of = (pattern: RegExp) => [...once].filter(([path]) => pattern.test(plainName(path)));
  const labels = of(names.labels);
  return of(names.images)
    .filter(([path]) => !names.labels.test(plainName(path)))
    .flatMap(([images, imagesPath]) => {
      const beside = labels.filter(([path]) => folderOf(path) === folderOf(images));
      const alike = beside.filter(([path]) => family(path) === family(images));
      const chosen = alike.length > 0 ? alike : beside.length === 1 ? beside : [];
      return chosen.map(([, labelsPath]) => ({ images: imagesPath, labels: labelsPath }));
    });
}

/** A file's name without what tells images from labels. */
function family(path: string): string {
  return plainName(path)

    .toLowerCase()
    .replace(/images?|labels?/, "")
    .replace(/idx\d/, "");
}

function missing(source: ArraySource, files: readonly string[], available: readonly string[]): LesionError {
  const folder = source.path === null ? "beside the study" : `in ${source.path}`;
  const names = source.split === "test" ? "t10k" : "train";
  const elsewhere = files.length === 0 && available.length > 0 ? `; elsewhere there are ${listed(available)}` : "";
  const there = files.length === 0 ? "no files" : listed(files);
  return new LesionError(
    "not-found",
    `no image and label files for ${described(source)}: ${folder} there are ${there}${elsewhere}`,
    {
      where: "data.path",
      fix: `Put ${names}-images-idx3-ubyte and ${names}-labels-idx1-ubyte, plain or .gz, ${folder}, or correct data.path.`,
      detail: { available: available.slice(0, 100) },
    },
  );
}

function described({ set, split }: ArraySource): string {
  return `the ${split} split of ${set}`;
}

function isGz(path: string): boolean {
  return /\.gz$/i.test(path);
}

function withoutGz(path: string): string {
  return path.replace(/\.gz$/i, "");
}

/** The last part of a path, without .gz. */
function plainName(path: string): string {
  return withoutGz(fileName(path));
}
