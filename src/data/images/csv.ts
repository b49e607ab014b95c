/** Tables with a header line, as spreadsheets write them: RFC 4180, with LF or CRLF, quoted fields and a byte order mark. */
import { LesionError } from "../../core/errors.ts";

/** Most bytes of a table that is read: some millions of rows. */
const MAX_BYTES = 1 << 28;

/** A table's rows, each with its line in the file, counted from 1. */
export interface Table {
  readonly name: string;
  /** Names of the columns, in lower case, in order. */
  readonly columns: readonly string[];
  readonly rows: readonly { readonly line: number; readonly fields: readonly string[] }[];
}

/**
 * Reads a table. Empty lines are skipped. Throws `bad-file`, naming the line, for text that is no UTF-8, a quote that is
 * not closed or closed within a field, repeated columns, and rows with more or fewer fields than the header.
 */
export function readCsv(bytes: Uint8Array, name: string): Table {
  if (bytes.length > MAX_BYTES) throw wrong(name, 1, `has ${bytes.length} bytes; at most ${MAX_BYTES} are read`);
  const records = recordsOf(textOf(bytes, name), name);
  const header = records[0];
  if (header === undefined) throw wrong(name, 1, "is empty; its first line must name its columns");
  const columns = header.fields.map((column) => column.trim().toLowerCase());
  const twice = columns.find((column, i) => columns.indexOf(column) !== i);
  if (twice !== undefined) throw wrong(name, header.line, `has two columns named "${twice}"`);
  const rows = records.slice(1);
  const odd = rows.find(({ fields }) => fields.length !== columns.length);
  if (odd !== undefined) {
    throw wrong(name, odd.line, `has ${odd.fields.length} fields on line ${odd.line} and ${columns.length} columns`);
  }
  return { name, columns, rows };
}

function textOf(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw wrong(name, 1, "is not UTF-8 text");
  }
}

function recordsOf(text: string, name: string): { line: number; fields: string[] }[] {
  const records: { line: number; fields: string[] }[] = [];
  for (let at = 0, line = 1; at < text.length; ) {
    const first = line;
    const fields: string[] = [];
    for (let more = true; more; ) {
      const field = text[at] === '"' ? quotedField(text, at, name, line) : plainField(text, at);
      fields.push(field.value);
      line += field.lines;
      more = text[field.end] === ",";
      at = field.end + 1;
    }
    line++;
    if (fields.length > 1 || fields[0] !== "") records.push({ line: first, fields });
  }
  return records;
}

/** A field and where it ends: at a comma, a line feed, or the end of the text. */
interface Field {
  readonly value: string;
  readonly end: number;
  /** Line feeds in it. */
  readonly lines: number;
}

const FIELD_END = /[,\n]/g;

function plainField(text: string, start: number): Field {
  FIELD_END.lastIndex = start;
  const end = FIELD_END.exec(text)?.index ?? text.length;
  const isLast = text[end] !== ",";
  return { value: text.slice(start, isLast && text[end - 1] === "\r" && end > start ? end - 1 : end), end, lines: 0 };
}

function quotedField(text: string, start: number, name: string, line: number): Field {
  let value = "";
  for (let from = start + 1; ; ) {
    const quote = text.indexOf('"', from);
    if (quote < 0) throw wrong(name, line, `has a quote on line ${line} that is not closed`);
    value += text.slice(from, quote);
    if (text[quote + 1] === '"') {
      value += '"';
      from = quote + 2;
      continue;
    }
    const end = text[quote + 1] === "\r" ? quote + 2 : quote + 1;
    if (end < text.length && text[end] !== "\n" && (text[end] !== "," || end !== quote + 1)) {
      throw wrong(name, line, `has text after a closing quote on line ${line}`);
    }
    return { value, end, lines: value.split("\n").length - 1 };
  }
}

function wrong(name: string, line: number, what: string): LesionError {
  return new LesionError("bad-file", `${name} ${what}`, {
    where: `${name}, line ${line}`,
    fix: "Give a comma-separated table in UTF-8 whose first line names its columns.",
  });
}
