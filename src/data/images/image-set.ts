/**
 * A data set of image files. Nothing is decoded before it is read; what was decoded is kept where all of it fits a
 * budget, and decoded anew with each pass over a set that is larger.
 */
import { LesionError } from "../../core/errors.ts";
import { canonicalJson, sha256 } from "../../core/hash.ts";
import { type Dataset, featuresOf } from "../dataset.ts";
import { folderOf, plainPath } from "../paths.ts";
import { firstSamples } from "../subset.ts";
import { readCsv, type Table } from "./csv.ts";
import type { Decode } from "./decode.ts";
import { decodeInPool, IMAGES_UNDER_WAY } from "./decode-pool.ts";
import { type FitOptions, sampleShape } from "./fit.ts";
import { imageHeader } from "./header.ts";
import { filesBelow, type ImageFiles, openImageFiles } from "./image-files.ts";
import { classNamesOf, type LabelledFiles, labelsFromFolders, labelsFromTable } from "./labels.ts";

/** The keys of a study's `data` that say which images, and how they become samples. */
export interface ImageSource extends FitOptions {
  readonly set: "images";
  /** A folder or an archive, as the study names it; null: where the study is. */
  readonly path: string | null;
  /** A table of files and classes; null: labels.csv in the set, or else one folder a class. */
  readonly labels: string | null;
  /** A table that names all classes; null: classes.csv beside the labels, where there is one. */
  readonly classes: string | null;
  readonly split: "train" | "test";
  /** Null or left out: all samples. */
  readonly limit?: number | null;
}

type BytesOf = (path: string) => Promise<Uint8Array>;

const SPLIT_FOLDERS = { train: /^train(ing)?$/i, test: /^(test|val|validation)$/i } as const;

/** The names that tables have where a study gives none. */
const LABELS = "labels.csv";
const CLASSES = "classes.csv";

/** Bytes of decoded samples that are kept. */
const KEPT_BYTES = 2 ** 28;

/**
 * Opens a set of images. Throws `not-found` for files that are not there, `bad-file` for tables and archives that cannot
 * be read and, here or while samples are read, for a damaged image, `bad-data` for images that give no samples, or
 * samples of different shapes.
 */
export async function openImages(
  source: ImageSource,
  bytesOf: BytesOf,
  available: readonly string[],
  { decode = decodeInPool, keptBytes = KEPT_BYTES }: { readonly decode?: Decode; readonly keptBytes?: number } = {},
): Promise<Dataset> {
  const files = splitOf(await openImageFiles(source.path, bytesOf, available), source);
  const outside = { bytesOf, available };
  const labelled = await labelsOf(source, files, outside);
  const first = labelled.files[0]!;
  const { resize, crop, channels } = source;
  const options = { resize, crop, channels };
  const shape = sampleShape(imageHeader(await files.bytesOf(first), first), options, first);
  const name = `images ${source.path ?? files.origin}`;
  const { limit = null } = source;
  const wanted = firstFiles(labelled, limit ?? labelled.files.length);
  return firstSamples(imageSet({ name, shape, options, files, labelled: wanted, decode, keptBytes }), limit);
}

/** The folder of a split, where a set without a table has folders named as splits are; else the whole set. */
function splitOf(files: ImageFiles, { split, labels }: ImageSource): ImageFiles {
  if (labels !== null || files.names.includes(LABELS)) return files;
  const folders = new Set(files.names.filter((name) => name.includes("/")).map((name) => name.split("/")[0]!));
  const found = [...folders].filter((folder) => SPLIT_FOLDERS[split].test(folder));
  return found.length === 1 ? filesBelow(files, found[0]!) : files;
}

interface Outside {
  readonly bytesOf: BytesOf;
  readonly available: readonly string[];
}

async function labelsOf(source: ImageSource, files: ImageFiles, outside: Outside): Promise<LabelledFiles> {
  const labels = source.labels ?? LABELS;
  const table = await tableAt(labels, files, source.labels === null ? null : outside);
  if (table === null && source.labels !== null) throw noTable("data.labels", source.labels, files);
  const classes = source.classes ?? joined(folderOf(labels), CLASSES);
  const asked = source.labels !== null || source.classes !== null;
  const named = await tableAt(classes, files, asked ? outside : null);
  if (named === null && source.classes !== null) throw noTable("data.classes", source.classes, files);
  const names = named && classNamesOf(named);
  return table === null ? labelsFromFolders(files.names, names, files.origin) : labelsFromTable(table, names);
}

/** A table in the set, or else outside it, relative to the study; null where there is none. */
async function tableAt(path: string, files: ImageFiles, outside: Outside | null): Promise<Table | null> {
  const name = plainPath(path);
  if (files.names.includes(name)) return readCsv(await files.bytesOf(name), name);
  const found = outside?.available.find((file) => plainPath(file) === name);
  return outside && found !== undefined ? readCsv(await outside.bytesOf(found), found) : null;
}

function noTable(key: string, name: string, files: ImageFiles): LesionError {
  return new LesionError("not-found", `${key} is ${name}, which is neither in ${files.origin} nor beside the study`, {
    where: key,
    fix: `Correct ${key}, or leave it out.`,
  });
}

function joined(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}

interface ImageSet {
  readonly name: string;
  readonly shape: readonly number[];
  readonly options: FitOptions;
  readonly files: ImageFiles;
  readonly labelled: LabelledFiles;
  readonly decode: Decode;
  readonly keptBytes: number;
}

/** The first `count` images; classes stay those of the whole set. */
function firstFiles(labelled: LabelledFiles, count: number): LabelledFiles {
  return { ...labelled, files: labelled.files.slice(0, count), labels: labelled.labels.slice(0, count) };
}

function imageSet(set: ImageSet): Dataset {
  const { name, shape, labelled, keptBytes } = set;
  const samples = labelled.files.length;
  const sampleBytes = featuresOf(set);
  const kept =
    samples * sampleBytes <= keptBytes
      ? { values: new Uint8Array(samples * sampleBytes), decoded: new Set<number>() }
      : null;
  return {
    name,
    samples,
    shape,
    stored: "bytes",
    labels: labelled.labels,
    classes: labelled.classes,
    classNames: labelled.classNames,
    async read(start, count) {
      const part = (values: Uint8Array, from: number) =>
        values.subarray(from * sampleBytes, (from + count) * sampleBytes);
      const values = kept ? part(kept.values, start) : new Uint8Array(count * sampleBytes);
      await eachOf(count, async (i) => {
        if (kept?.decoded.has(start + i)) return;
        values.set(await decoded(set, start + i), i * sampleBytes);
        kept?.decoded.add(start + i);
      });
      return values;
    },
    hash: (count) => hashOf(set, count),
  };
}

/** The values of one sample. Rejects with `bad-data` where its shape is not the set's. */
async function decoded({ files, labelled, shape, options, decode }: ImageSet, sample: number): Promise<Uint8Array> {
  const file = labelled.files[sample]!;
  const { height, width, channels, values } = await decode(await files.bytesOf(file), file, options);
  if (height === shape[0] && width === shape[1] && channels === shape[2]) return values;
  const [first] = labelled.files;
  throw new LesionError(
    "bad-data",
    `${file} gives ${width} x ${height} pixels, and ${first} ${shape[1]} x ${shape[0]}`,
    {
      where: file,
      fix: "Set data.resize and data.crop, which give all images one size.",
    },
  );
}

/** SHA-256 of the files' own hashes, the labels, and what becomes of the images. */
async function hashOf({ files, labelled, options }: ImageSet, count: number): Promise<string> {
  const hashes = new Array<string>(count);
  await eachOf(count, async (i) => {
    hashes[i] = await sha256(await files.bytesOf(labelled.files[i]!));
  });
  return sha256(canonicalJson({ ...options, labels: [...labelled.labels.subarray(0, count)], files: hashes }));
}

/** Calls `work` for 0 .. count - 1, a bounded number at a time; rejects with the first error, and begins no more. */
async function eachOf(count: number, work: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const i = next++;
      try {
        await work(i);
      } catch (error) {
        next = count;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(count, IMAGES_UNDER_WAY) }, worker));
}
