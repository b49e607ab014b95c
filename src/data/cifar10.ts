/**
 * CIFAR-10 (Krizhevsky 2009) in its binary form: batches of records, each a label and an image of 32 x 32, the red
 * plane, the green and the blue. Planes become channels, features last, as networks here read them.
 */
import { LesionError } from "../core/errors.ts";
import { type Dataset, type MemoryDataset, memoryDataset } from "./dataset.ts";
import type { Split } from "./digits.ts";
import { fileName, isBelow, listed } from "./paths.ts";
import { firstSamples } from "./subset.ts";

/** The keys of a study's `data` that say which samples. */
export interface Cifar10Source {
  /** The folder with the batches, as the study names it; null: where the study is. */
  readonly path: string | null;
  readonly split: Split;
  /** Null or left out: all samples. */
  readonly limit?: number | null;
}

/** A batch and what errors call it. */
export interface Cifar10Batch {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const SIDE = 32;
const PIXELS = SIDE * SIDE;
const RECORD_BYTES = 1 + 3 * PIXELS;
const CLASS_NAMES = [
  ...["airplane", "automobile", "bird", "cat", "deer"],
  ...["dog", "frog", "horse", "ship", "truck"],
] as const;
const BATCH_NAMES: Readonly<Record<Split, RegExp>> = {
  train: /^data_batch.*\.bin$/i,
  test: /^test_batch.*\.bin$/i,
};

/**
 * Opens a split of CIFAR-10: all files below the folder that are named data_batch*.bin (train) or test_batch*.bin
 * (test), in the order of their numbers, as [samples, 32, 32, 3] bytes. Batches beyond `limit` are not read. Throws
 * `not-found` where there is none, `bad-study` for a limit below 1, `bad-file` and `bad-data` as `readCifar10`.
 */
export async function openCifar10(
  source: Cifar10Source,
  bytesOf: (path: string) => Promise<Uint8Array>,
  available: readonly string[],
): Promise<Dataset> {
  const limit = source.limit ?? Number.POSITIVE_INFINITY;
  const batches: Cifar10Batch[] = [];
  let samples = 0;
  for (const path of findBatches(source, available)) {
    if (samples >= limit && samples > 0) break;
    const bytes = await bytesOf(path);
    batches.push({ name: path, bytes });
    samples += Math.floor(bytes.length / RECORD_BYTES);
  }
  return firstSamples(readCifar10(batches, `cifar10 ${source.split}`), source.limit ?? null);
}

/**
 * Batches as one data set, in the order given. Throws `bad-file` for a batch that is not made of whole records,
 * `bad-data` for a label above 9, both with the record.
 */
export function readCifar10(batches: readonly Cifar10Batch[], name: string): MemoryDataset {
  for (const batch of batches) checkLength(batch);
  const samples = batches.reduce((sum, { bytes }) => sum + bytes.length / RECORD_BYTES, 0);
  const values = new Uint8Array(samples * 3 * PIXELS);
  const labels = new Uint16Array(samples);
  let sample = 0;
  for (const batch of batches) {
    for (let record = 0; record * RECORD_BYTES < batch.bytes.length; record++, sample++) {
      labels[sample] = labelOf(batch, record);
      interleave(batch.bytes, record * RECORD_BYTES + 1, values, sample * 3 * PIXELS);
    }
  }
  return memoryDataset({
    name,
    shape: [SIDE, SIDE, 3],
    values,
    labels,
    classes: CLASS_NAMES.length,
    classNames: CLASS_NAMES,
  });
}

/** The batches of a split; data_batch_2 comes before data_batch_10. */
function findBatches(source: Cifar10Source, available: readonly string[]): string[] {
  const files = available.filter((path) => isBelow(path, source.path));
  const found = files.filter((path) => BATCH_NAMES[source.split].test(fileName(path)));
  if (found.length > 0) return found.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  const folder = source.path === null ? "beside the study" : `in ${source.path}`;
  const names = source.split === "train" ? "data_batch_1.bin to data_batch_5.bin" : "test_batch.bin";
  throw new LesionError(
    "not-found",
    `no batches for the ${source.split} split of cifar10: ${folder} there are ${listed(files)}`,
    {
      where: "data.path",
      fix: `Put ${names} of CIFAR-10's binary version ${folder}, unpacked, or correct data.path.`,
      detail: { available: available.slice(0, 100) },
    },
  );
}

function checkLength({ name, bytes }: Cifar10Batch): void {
  const rest = bytes.length % RECORD_BYTES;
  if (bytes.length > 0 && rest === 0) return;
  const record = Math.floor(bytes.length / RECORD_BYTES);
  const what =
    bytes.length === 0
      ? "is empty (0 bytes)"
      : `has ${bytes.length} bytes, ${record} records of ${RECORD_BYTES} and ${rest} bytes of another`;
  throw new LesionError("bad-file", `${name} ${what}`, {
    where: `${name}, record ${record}, byte ${bytes.length - rest}`,
    fix: "Give a batch of CIFAR-10's binary version; if it should be one, copy or download it again.",
    detail: { record },
  });
}

function labelOf({ name, bytes }: Cifar10Batch, record: number): number {
  const label = bytes[record * RECORD_BYTES]!;
  if (label < CLASS_NAMES.length) return label;
  throw new LesionError("bad-data", `${name} gives record ${record} the label ${label}; labels are 0 to 9`, {
    where: `${name}, record ${record}, byte ${record * RECORD_BYTES}`,
    fix: "Give CIFAR-10's own binary version; that of CIFAR-100 has two labels a record.",
    detail: { record, label },
  });
}

/** Three planes as pixels of three channels. */
function interleave(planes: Uint8Array, from: number, pixels: Uint8Array, to: number): void {
  for (let i = 0; i < PIXELS; i++) {
    pixels[to + 3 * i] = planes[from + i]!;
    pixels[to + 3 * i + 1] = planes[from + PIXELS + i]!;
    pixels[to + 3 * i + 2] = planes[from + 2 * PIXELS + i]!;
  }
}
