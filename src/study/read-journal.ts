/**
 * Reading a journal, which may be larger than a string can be: it comes in pieces, and whatever falls across two of them (a
 * line, a character) is put together here. A last line without its line break was cut off while it was written.
 */
import * as v from "valibot";
import { LesionError } from "../core/errors.ts";
import { resolved } from "./journal.ts";
import { recordSchema } from "./record-schema.ts";
import type { LesionRecord } from "./records.ts";

/** What a journal holds. */
export interface Journal {
  /** In the order of the journal, each thing once; see `resolved`. */
  readonly records: LesionRecord[];
  /** Length of the complete lines in bytes: cut the file to it before appending. */
  readonly validBytes: number;
}

/** Takes a journal's bytes as they come. */
export interface JournalReader {
  /** @throws LesionError `bad-file` naming the line, where a complete line is no record. */
  read(piece: Uint8Array): void;
  /** What was read; the last line is left out where it has no line break. */
  end(): Journal;
}

const LINE_BREAK = 10;

/** `where` names the file in errors. */
export function journalReader(where = "results.ndjson"): JournalReader {
  const decoder = new TextDecoder();
  const records: LesionRecord[] = [];
  let torn = "";
  let bytes = 0;
  let validBytes = 0;
  return {
    read(piece) {
      const breakAt = piece.lastIndexOf(LINE_BREAK);
      const text = decoder.decode(piece, { stream: true });
      if (breakAt < 0) torn += text;
      else {
        const lines = `${torn}${text}`.split("\n");
        torn = lines.pop()!;
        for (const line of lines) records.push(recordIn(line, `${where}, line ${records.length + 1}`));
        validBytes = bytes + breakAt + 1;
      }
      bytes += piece.length;
    },
    end: () => ({ records: resolved(records), validBytes }),
  };
}

/** Reads a journal to its end. Throws as `journalReader` does. */
export async function readJournal(pieces: AsyncIterable<Uint8Array>, where?: string): Promise<Journal> {
  const reader = journalReader(where);
  for await (const piece of pieces) reader.read(piece);
  return reader.end();
}

function recordIn(line: string, where: string): LesionRecord {
  const fix = "The file was changed after it was written; restore it from a copy, or run the study again.";
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new LesionError("bad-file", `${where} is not JSON: ${JSON.stringify(line.slice(0, 60))}`, {
      where,
      fix,
      cause,
    });
  }
  const result = v.safeParse(recordSchema, value);
  if (result.success) return value as LesionRecord;
  const [issue] = result.issues;
  const key = v.getDotPath(issue) ?? "the record";
  throw new LesionError("bad-file", `${where} is no record: ${key}: ${issue.message}`, {
    where,
    fix,
    detail: { key, expected: issue.expected, received: issue.received },
  });
}
