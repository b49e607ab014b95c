/**
 * JSON with comments, as people write studies. JSON.parse names no line, takes the last of two equal keys without a word,
 * and forgets where a value stood; this parser tells all three, so that an error can point into the text.
 */
import { LesionError } from "../core/errors.ts";

/** A line and a column of a text, both from 1; columns count UTF-16 units. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

/** A parsed text. */
export interface ParsedText {
  readonly value: unknown;
  /** Where the value at a path such as `sweeps[1].layers` begins (its key, in an object), or null. */
  position(path: string): TextPosition | null;
}

/** Nesting beyond this is refused: no study comes near it, and the parser recurses. */
const MAX_DEPTH = 64;

/** `parent.key`, with keys that are no plain names in brackets and quotes. */
export function joinPath(parent: string, key: string | number): string {
  if (typeof key === "number") return `${parent}[${key}]`;
  if (!/^[A-Za-z_$][\w$-]*$/.test(key)) return `${parent}[${JSON.stringify(key)}]`;
  return parent === "" ? key : `${parent}.${key}`;
}

/**
 * Parses JSON in which // and block comments may stand between tokens. `where` names the document in errors.
 * @throws LesionError `bad-study` at the line and column of the first thing that is not JSON, or of a repeated key.
 */
export function parseJsonc(text: string, where?: string): ParsedText {
  const offsets = new Map<string, number>();
  let at = text.startsWith("\uFEFF") ? 1 : 0;

  const fail = (what: string, fix: string, offset = at): never => {
    const { line, column } = positionAt(text, offset);
    const place = `line ${line}, column ${column}`;
    throw new LesionError("bad-study", `the study is not JSON: ${what} at ${place}`, {
      where: where === undefined ? place : `${where}, ${place}`,
      fix,
      detail: { line, column, offset },
    });
  };
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found === null) return null;
    at = pattern.lastIndex;
    return found[0];
  };
  const found = () =>
    at >= text.length ? "the end of the text" : JSON.stringify(text.slice(at, at + 12).split(/\s/)[0] || text[at]);
  const skip = () => {
    take(/(?:[ \t\r\n]+|\/\/[^\n\r]*|\/\*[\s\S]*?\*\/)*/y);
    if (text.startsWith("/*", at)) fail("a comment without its end", "Close it with */.");
  };
  const peek = () => {
    skip();
    return text[at];
  };
  const string = (): string => {
    const start = at;
    const token = take(/"(?:[^"\\]|\\.)*"/sy);
    if (token === null) return fail("a string without its end", 'Close it with ".');
    try {
      return JSON.parse(token) as string;
    } catch {
      return fail("a string with a bad escape or a line break", "Write line breaks as \\n and \\ as \\\\.", start);
    }
  };
  const separated = (close: string, depth: number, item: () => void) => {
    if (depth > MAX_DEPTH) fail(`nesting deeper than ${MAX_DEPTH}`, "A study nests a few levels only.");
    at++;
    if (peek() === close) {
      at++;
      return;
    }
    for (;;) {
      item();
      const next = peek();
      if (next !== "," && next !== close)
        fail(`found ${found()} in place of "," or "${close}"`, "Add what is missing.");
      at++;
      if (next === close) return;
      if (peek() === close) fail(`a "," before "${close}"`, "Remove the comma after the last item.", at);
    }
  };
  const value = (path: string, depth: number): unknown => {
    const next = peek();
    if (!offsets.has(path)) offsets.set(path, at);
    if (next === '"') return string();
    if (next === "[") {
      const items: unknown[] = [];
      separated("]", depth, () => items.push(value(joinPath(path, items.length), depth + 1)));
      return items;
    }
    if (next === "{") {
      const entries = new Map<string, unknown>();
      separated("}", depth, () => {
        if (peek() !== '"') fail(`found ${found()} in place of a key`, 'Keys stand in double quotes: "name".');
        const keyOffset = at;
        const key = string();
        if (entries.has(key)) fail(`a second key "${key}" in the same object`, "Keep one of the two.", keyOffset);
        offsets.set(joinPath(path, key), keyOffset);
        if (peek() !== ":") fail(`found ${found()} in place of ":" after the key "${key}"`, 'Write "key": value.');
        at++;
        entries.set(key, value(joinPath(path, key), depth + 1));
      });
      return Object.fromEntries(entries);
    }
    const token = take(/(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y);
    if (token === null) return fail(`found ${found()} in place of a value`, "Texts stand in double quotes.");
    return JSON.parse(token);
  };

  const parsed = value("", 0);
  if (peek() !== undefined) fail(`found ${found()} after the end of the document`, "Remove what follows it.");
  return {
    value: parsed,
    position: (path) => {
      const offset = offsets.get(path);
      return offset === undefined ? null : positionAt(text, offset);
    },
  };
}

function positionAt(text: string, offset: number): TextPosition {
  const before = text.slice(0, offset).split(/\r\n|\n|\r/);
  return { line: before.length, column: before.at(-1)!.length + 1 };
}
