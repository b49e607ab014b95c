import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { setBit } from "../core/bitset.ts";
import { LesionError } from "../core/errors.ts";
import {
  assertSameStudy,
  bitsBytes,
  bitsOffset,
  bitsOfRows,
  bitsRowBytes,
  bitsWords,
  completedRows,
  journalPieces,
  recordLine,
} from "./journal.ts";
import { type Journal, journalReader } from "./read-journal.ts";
import type { LesionRecord } from "./records.ts";
import { analyzeRecovery } from "./recovery-summary.ts";
import {
  sampleAblations,
  sampleBaseline,
  sampleEnd,
  sampleRecords,
  sampleRecoveries,
  sampleRun,
} from "./sample-run.test-support.ts";

/** Reads text, or bytes, that come in pieces of `size` bytes. */
function parseJournal(content: string | Uint8Array, where?: string, size = 1024): Journal {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const reader = journalReader(where);
  for (let at = 0; at < bytes.length; at += size) reader.read(bytes.subarray(at, at + size));
  return reader.end();
}

const textOf = (records: readonly LesionRecord[]) => records.map(recordLine).join("");
const failure = (text: string): LesionError => {
  try {
    parseJournal(text, "out/results.ndjson");
  } catch (error) {
    if (error instanceof LesionError) return error;
    throw error;
  }
  throw new Error("it was accepted");
};

describe("a journal cut off anywhere", () => {
  const named = { ...sampleRun, name: "gemüse 🍌" };
  const bytes = new TextEncoder().encode(textOf([named, ...sampleRecords.slice(1)]));

  test("gives the complete lines, and their length in bytes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: bytes.length }), fc.integer({ min: 1, max: 700 }), (length, size) => {
        const { records, validBytes } = parseJournal(bytes.subarray(0, length), "results.ndjson", size);
        expect(validBytes).toBe(bytes.subarray(0, length).lastIndexOf(10) + 1);
        expect(records).toEqual([named, ...sampleRecords.slice(1)].slice(0, records.length));
      }),
    );
  });

  test("cut to its valid bytes and written on, is whole again", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: bytes.length }), (length) => {
        const first = parseJournal(bytes.subarray(0, length));
        const kept = new TextDecoder().decode(bytes.subarray(0, first.validBytes));
        const done = completedRows(first.records);
        const rest = sampleAblations.filter(({ row }) => !done.has(row));
        const { records } = parseJournal(`${kept}${textOf([named, sampleBaseline, ...rest, sampleEnd])}`);
        expect(records).toEqual([named, ...sampleRecords.slice(1)]);
      }),
    );
  });

  test("zeros that a crash of the machine left at the end are dropped", () => {
    const { records, validBytes } = parseJournal(`${textOf([sampleRun])}\0\0\0\0`);
    expect(records).toEqual([sampleRun]);
    expect(validBytes).toBe(recordLine(sampleRun).length);
  });
});

describe("a journal in pieces", () => {
  test("may be split in the middle of a character, of a line, and before or after a line break", () => {
    const named = { ...sampleRun, name: "gemüse 🍌" };
    const text = textOf([named, ...sampleRecords.slice(1)]);
    const whole = { records: [named, ...sampleRecords.slice(1)], validBytes: new TextEncoder().encode(text).length };
    for (const size of [1, 2, 3, 7, 64, text.length]) {
      expect(parseJournal(text, "results.ndjson", size)).toEqual(whole);
      expect(parseJournal(`${text}{"type":"ablation","na`, "results.ndjson", size)).toEqual(whole);
    }
  });

  test("names the line that is damaged, however it was split", () => {
    const text = `${textOf([sampleRun, sampleBaseline])}{}\n`;
    for (const size of [1, 5, 4096])
      expect(() => parseJournal(text, "r", size)).toThrow(expect.objectContaining({ where: "r, line 3" }));
  });

  test("is written in pieces of about so many characters", () => {
    const text = textOf(sampleRecords);
    const longest = Math.max(...sampleRecords.map((record) => recordLine(record).length));
    for (const length of [1, 500, 2 ** 20]) {
      const pieces = [...journalPieces(sampleRecords, length)];
      expect(pieces.join("")).toBe(text);
      expect(pieces.slice(0, -1).every((piece) => piece.length >= length)).toBe(true);
      expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(length + longest);
    }
  });

  test("has a large analysis in more than one piece, and the same line", () => {
    const matrix = Array.from({ length: 40 }, (_, i) =>
      Array.from({ length: 40 }, (_, j) => (i === j ? null : i / (j + 1))),
    );
    const record = { type: "analysis", name: "interactions", units: [], matrix, n: 3 } as unknown as LesionRecord;
    const pieces = [...journalPieces([record], 1000)];
    expect(pieces.join("")).toBe(recordLine(record));
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(1000 + 40 * 25);
    const anything = fc.oneof(
      fc.jsonValue({ maxDepth: 4 }),
      fc.constant(undefined),
      fc.constant([[Number.NaN], undefined]),
    );
    fc.assert(
      fc.property(anything, anything, (first, second) => {
        const any = { type: "analysis", name: "depth", first, second } as unknown as LesionRecord;
        expect([...journalPieces([any], 1)].join("")).toBe(recordLine(any));
      }),
    );
  });
});

describe("damage", () => {
  test.each([
    ["{ torn", "line 2", "is not JSON"],
    ["", "line 2", "is not JSON"],
    ['{"type":"ablation","row":1}', "line 2", "sweep"],
    ['{"type":"surprise"}', "line 2", "type"],
    ["[]", "line 2", "is no record"],
    [JSON.stringify({ ...sampleAblations[0], correct: -1 }), "line 2", "correct"],
    [JSON.stringify({ ...sampleRecoveries[0], arm: "before" }), "line 2", "arm"],
  ])("%j in the middle", (line, where, message) => {
    const error = failure(`${recordLine(sampleRun)}${line}\n${recordLine(sampleBaseline)}`);
    expect(error.code).toBe("bad-file");
    expect(error.where).toBe(`out/results.ndjson, ${where}`);
    expect(error.message).toContain(message);
    expect(error.fix).toBeTruthy();
  });

  test("a loss that is no number is null in JSON, and no damage", () => {
    const text = recordLine({ ...sampleBaseline, loss: Number.NaN });
    expect(parseJournal(text).records).toEqual([{ ...sampleBaseline, loss: null }]);
  });

  test("keys of a later version pass through", () => {
    const later = { ...sampleBaseline, confusion: [[1]] };
    expect(parseJournal(recordLine(later)).records).toEqual([later]);
  });
});

describe("what is said twice", () => {
  test("the first counts", () => {
    const [a, b] = sampleAblations as [LesionRecord, LesionRecord];
    const again = { ...sampleAblations[0]!, correct: 1 };
    const { records } = parseJournal(textOf([sampleRun, sampleBaseline, a, sampleRun, sampleBaseline, again, b]));
    expect(records).toEqual([sampleRun, sampleBaseline, a, b]);
  });

  test("of each network, arm and epoch, and analysis", () => {
    const epoch = { type: "train", epochs: 2, loss: null, correct: 1, samples: 4, ms: 1 } as const;
    const training = [
      { ...epoch, epoch: 1, network: 0 },
      { ...epoch, epoch: 1, network: 1 },
      { ...epoch, epoch: 2, network: 0 },
    ];
    const analyses = analyzeRecovery(
      { baseline: sampleBaseline, ablations: sampleAblations, recoveries: sampleRecoveries },
      1,
    );
    const once = [sampleRun, ...training, sampleBaseline, ...sampleRecoveries, ...analyses];
    const again = [...training, ...sampleRecoveries, ...analyses].map((record) => ({ ...record, ms: 3 }));
    expect(analyses).toHaveLength(1);
    expect(parseJournal(textOf([...once, ...again])).records).toEqual(once);
  });

  test("a failure counts until its row succeeds, an end if nothing follows", () => {
    const error = { code: "gpu-error", message: "m" } as const;
    const failed = (row: number, message: string): LesionRecord => ({
      type: "failure",
      row,
      error: { ...error, message },
    });
    const cancelled = { ...sampleEnd, state: "cancelled" } as const;
    const text = textOf([sampleRun, failed(0, "a"), failed(5, "b"), cancelled, sampleAblations[0]!, failed(5, "c")]);
    expect(parseJournal(text).records).toEqual([sampleRun, sampleAblations[0], failed(5, "c")]);
    expect(parseJournal(textOf([sampleRun, cancelled])).records).toEqual([sampleRun, cancelled]);
  });

  test("completed rows are those of ablations", () => {
    expect(completedRows(sampleRecords)).toEqual(new Set([0, 1, 2, 3]));
  });
});

test("a changed study, model or data is refused, and named", () => {
  expect(() => assertSameStudy(sampleRun, sampleRun)).not.toThrow();
  for (const [part, code] of [
    ["study", "bad-study"],
    ["model", "bad-model"],
    ["data", "bad-data"],
  ] as const) {
    try {
      assertSameStudy(sampleRun, { ...sampleRun, [part]: "f".repeat(64) });
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code, where: part, detail: { was: sampleRun[part], is: "f".repeat(64) } });
    }
  }
});

describe("bits", () => {
  test.each([
    [1, 4],
    [32, 4],
    [33, 8],
    [10_000, 1252],
  ])("%i samples take %i bytes a row", (samples, rowBytes) => {
    expect(bitsRowBytes(samples)).toBe(rowBytes);
    expect(bitsOffset(0, samples)).toBe(0);
    expect(bitsOffset(7, samples)).toBe(7 * rowBytes);
  });

  test("sample 0 is the lowest bit of the first byte", () => {
    const words = new Uint32Array(2);
    for (const sample of [0, 9, 31, 32]) setBit(words, sample);
    expect(Array.from(bitsBytes(words))).toEqual([1, 2, 0, 128, 1, 0, 0, 0]);
  });

  test("bytes and words are each other's inverse, at any place in a buffer", () => {
    fc.assert(
      fc.property(fc.uint32Array({ maxLength: 17 }), fc.nat({ max: 5 }), (words, offset) => {
        const file = new Uint8Array(offset + 4 * words.length);
        file.set(bitsBytes(words), offset);
        expect(bitsWords(file.subarray(offset))).toEqual(words);
      }),
    );
  });
});

describe("bits of rows", () => {
  // 40 samples: two words a row; row r is [r, 100 + r].
  const file = bitsBytes(Uint32Array.from({ length: 10 }, (_, i) => (i % 2 ? 100 : 0) + Math.floor(i / 2)));

  test("come in the order that is asked for", () => {
    expect(bitsOfRows(file, [3, 0], 40)).toEqual({
      rows: [3, 0],
      wordsPerRow: 2,
      words: Uint32Array.of(3, 103, 0, 100),
    });
  });

  test("of rows that the file does not reach, or cut off in their middle, are left out", () => {
    expect(bitsOfRows(file.subarray(0, 37), [1, 4, 9], 40).rows).toEqual([1]);
    expect(bitsOfRows(file, [4, 5], 40).rows).toEqual([4]);
    expect(bitsOfRows(new Uint8Array(0), [0], 40)).toEqual({ rows: [], wordsPerRow: 2, words: new Uint32Array(0) });
  });

  test("are those that were written, wherever a view of the file begins", () => {
    const shifted = new Uint8Array(file.length + 3);
    shifted.set(file, 3);
    expect(bitsOfRows(shifted.subarray(3), [2], 40).words).toEqual(Uint32Array.of(2, 102));
  });
});
