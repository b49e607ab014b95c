/**
 * The journal of a run, `results.ndjson`: one record a line, only ever appended to. A process can be killed in the middle
 * of a write, so a last line without its line break never counts; everything before it does, once.
 */
import { wordsFor } from "../core/bitset.ts";
import { type ErrorCode, LesionError } from "../core/errors.ts";
import { analysisKey } from "./analysis-key.ts";
import type { BitRows, LesionRecord, RunRecord } from "./records.ts";

/** A record as its line of the journal, with the line break. */
export function recordLine(record: LesionRecord): string {
  return `${JSON.stringify(record)}\n`;
}

/** Characters of a piece of a journal, about: far less than a string can hold. */
const PIECE_LENGTH = 2 ** 18;

/**
 * The lines of records in pieces: all of a journal may be more than one string can hold, and one line (a matrix of hundreds of
 * units) more than a page should write without a pause.
 */
export function* journalPieces(records: Iterable<LesionRecord>, pieceLength = PIECE_LENGTH): Generator<string> {
  let piece = "";
  for (const record of records) {
    for (const part of lineParts(record)) {
      piece += part;
      if (piece.length < pieceLength) continue;
      yield piece;
      piece = "";
    }
  }
  if (piece !== "") yield piece;
}

/** What `recordLine` gives, an analysis row by row of its arrays. */
function* lineParts(record: LesionRecord): Generator<string> {
  if (record.type !== "analysis") return yield recordLine(record);
  let separator = "{";
  for (const [key, value] of Object.entries(record)) {
    if (value === undefined) continue;
    yield `${separator}${JSON.stringify(key)}:`;
    yield* jsonParts(value);
    separator = ",";
  }
  yield "}\n";
}

/** JSON of a value; of an array of arrays each by itself. */
function* jsonParts(value: unknown): Generator<string> {
  if (!Array.isArray(value) || !Array.isArray(value[0])) return yield JSON.stringify(value);
  let separator = "[";
  for (const item of value) {
    yield separator;
    yield* jsonParts(item ?? null);
    separator = ",";
  }
  yield "]";
}

/**
 * Each thing once, in order. An interrupted and resumed run says some things again: the first run, baseline, epoch of a
 * network, ablation of its row, and epoch of a recovery count, the first analysis of a key. A failure counts if its row never succeeded, the last of a row; an end, if nothing follows.
 */
export function resolved(records: readonly LesionRecord[]): LesionRecord[] {
  const done = completedRows(records);
  const seen = new Set<string>();
  const failures = new Map<number, LesionRecord>();
  for (const record of records) if (record.type === "failure") failures.set(record.row, record);
  return records.filter((record, position) => {
    if (record.type === "end") return position === records.length - 1;
    if (record.type === "failure") return failures.get(record.row) === record && !done.has(record.row);
    const key = recordKey(record);
    if (key === null || seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/**
 * What a record is about: of two with the same, the second says nothing new. Null for failures and ends, of which later
 * ones count.
 */
export function recordKey(record: LesionRecord): string | null {
  switch (record.type) {
    case "ablation":
      return `ablation ${record.row}`;
    case "train":
      return `train ${record.network ?? 0} ${record.epoch}`;
    case "recovery":
      return `recovery ${record.row} ${record.arm} ${record.epoch}`;
    case "analysis":
      return analysisKey(record);
    case "run":
    case "baseline":
      return record.type;
    case "failure":
    case "end":
      return null;
  }
}

/** Rows of the ablations that were measured, and need not be again. */
export function completedRows(records: Iterable<LesionRecord>): Set<number> {
  const rows = new Set<number>();
  for (const record of records) if (record.type === "ablation") rows.add(record.row);
  return rows;
}

/** The hashes that say what a run is about. */
export type RunHashes = Pick<RunRecord, "study" | "model" | "data">;

const ABOUT = {
  study: { code: "bad-study", fix: "Give the study it was started with, or run this one in another folder." },
  model: { code: "bad-model", fix: "Give the model it was started with, or run the study in another folder." },
  data: { code: "bad-data", fix: "Give the data it was started with, or run the study in another folder." },
} as const satisfies Record<keyof RunHashes, { code: ErrorCode; fix: string }>;

/**
 * Refuses to go on with a run whose study, model or data have changed since.
 * @throws LesionError `bad-study`, `bad-model` or `bad-data`, with both hashes.
 */
export function assertSameStudy(run: RunRecord, now: RunHashes): void {
  for (const part of ["study", "model", "data"] as const) {
    if (run[part] === now[part]) continue;
    const { code, fix } = ABOUT[part];
    const was = run[part].slice(0, 12);
    throw new LesionError(
      code,
      `the ${part} is not the one that run "${run.name}" of ${run.started} began with: its hash was ${was}, and is ${now[part].slice(0, 12)}`,
      {
        where: part,
        fix,
        detail: { part, was: run[part], is: now[part] },
      },
    );
  }
}

/** Bytes of one row of `bits.bin`: one bit a sample, in whole 32-bit words. */
export function bitsRowBytes(samples: number): number {
  return 4 * wordsFor(samples);
}

/** Where a row of `bits.bin` begins, in bytes. */
export function bitsOffset(row: number, samples: number): number {
  return row * bitsRowBytes(samples);
}

/** The words of correctness bits (src/core/bitset.ts) as `bits.bin` stores them: little-endian. */
export function bitsBytes(words: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  words.forEach((word, index) => {
    view.setUint32(4 * index, word, true);
  });
  return bytes;
}

/** The rows of a whole `bits.bin`; those that it does not reach are left out. */
export function bitsOfRows(bytes: Uint8Array, rows: readonly number[], samples: number): BitRows {
  const wordsPerRow = wordsFor(samples);
  const held = rows.filter((row) => bitsOffset(row + 1, samples) <= bytes.length);
  const words = new Uint32Array(held.length * wordsPerRow);
  for (const [place, row] of held.entries()) {
    const from = bitsOffset(row, samples);
    words.set(bitsWords(bytes.subarray(from, from + bitsRowBytes(samples))), place * wordsPerRow);
  }
  return { rows: held, wordsPerRow, words };
}

/** The words that bytes of `bits.bin` hold; what is left of a cut-off word is dropped. */
export function bitsWords(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint32Array.from({ length: Math.floor(bytes.length / 4) }, (_, index) => view.getUint32(4 * index, true));
}
