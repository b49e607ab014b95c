/**
 * Tar archives: POSIX ustar with pax headers (path, size) and GNU long names. Entries are found by walking the headers;
 * their contents stay where they are in the archive's bytes.
 */
import { LesionError } from "../../core/errors.ts";

const BLOCK = 512;
/** Most bytes of a header that holds a name: no file system has longer paths by far. */
const MAX_NAME_BYTES = 1 << 16;

/** Where a file's contents lie in an archive. */
export interface TarEntry {
  readonly name: string;
  readonly start: number;
  readonly sizeBytes: number;
}

/** The regular files of an archive, in order. Throws `bad-file`, naming the byte, for damage. */
export function readTar(bytes: Uint8Array, archive: string): TarEntry[] {
  const entries: TarEntry[] = [];
  let next: { name?: string; sizeBytes?: number } = {};
  for (let at = 0; at + BLOCK <= bytes.length; ) {
    const header = bytes.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) return entries;
    checkSum(header, archive, at);
    const type = String.fromCharCode(header[156]!);
    const sizeBytes = (isFile(type) ? next.sizeBytes : undefined) ?? numberAt(header, 124, 12, archive, at);
    const start = at + BLOCK;
    if (start + sizeBytes > bytes.length) {
      const left = bytes.length - start;
      throw damaged(archive, at, `is truncated: an entry of ${sizeBytes} bytes begins where ${left} are left`);
    }
    if (type === "x" || type === "L") {
      if (sizeBytes > MAX_NAME_BYTES) throw damaged(archive, at, `has a header of ${sizeBytes} bytes`);
      const contents = bytes.subarray(start, start + sizeBytes);
      next = type === "L" ? { ...next, name: textAt(contents, 0, sizeBytes) } : { ...next, ...pax(contents) };
    } else if (type !== "g") {
      if (isFile(type)) entries.push({ name: next.name ?? ustarName(header), start, sizeBytes });
      next = {};
    }
    at = start + Math.ceil(sizeBytes / BLOCK) * BLOCK;
  }
  if (bytes.length < BLOCK) throw damaged(archive, 0, `has ${bytes.length} bytes; a tar archive has at least ${BLOCK}`);
  return entries;
}

function isFile(type: string): boolean {
  return type === "0" || type === "\0" || type === "7";
}

/** The sum of the header's bytes, its own field counted as spaces. */
function checkSum(header: Uint8Array, archive: string, at: number): void {
  const expected = numberAt(header, 148, 8, archive, at);
  const found = header.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 32 : byte), 0);
  if (found === expected) return;
  if (at === 0) throw damaged(archive, 0, "is no zip or tar archive");
  throw damaged(archive, at, `is damaged: a header's checksum is ${expected}, and its bytes' ${found}`);
}

/** An octal number, or, where its first bit is set, a big-endian one (GNU). */
function numberAt(header: Uint8Array, offset: number, length: number, archive: string, at: number): number {
  const field = header.subarray(offset, offset + length);
  if (field[0]! === 0x80) return field.subarray(1).reduce((value, byte) => value * 256 + byte, 0);
  const text = textAt(header, offset, length).trim();
  if (/^[0-7]*$/.test(text)) return text === "" ? 0 : Number.parseInt(text, 8);
  if (at === 0) throw damaged(archive, 0, "is no zip or tar archive");
  throw damaged(archive, at + offset, "has a header with a number that is not octal");
}

function ustarName(header: Uint8Array): string {
  const name = textAt(header, 0, 100);
  const prefix = textAt(header, 257, 5) === "ustar" && header[262] === 0 ? textAt(header, 345, 155) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

/** The records `length key=value\n` of a pax header that matter here. */
function pax(contents: Uint8Array): { name?: string; sizeBytes?: number } {
  const found: { name?: string; sizeBytes?: number } = {};
  for (let at = 0; at < contents.length; ) {
    const space = contents.indexOf(32, at);
    const length = space < 0 ? 0 : Number(textAt(contents, at, space - at));
    if (!Number.isInteger(length) || length <= space - at) break;
    const record = textAt(contents, space + 1, at + length - space - 2);
    if (record.startsWith("path=")) found.name = record.slice(5);
    if (/^size=\d{1,15}$/.test(record)) found.sizeBytes = Number(record.slice(5));
    at += length;
  }
  return found;
}

/** Text up to its first zero. */
function textAt(bytes: Uint8Array, offset: number, length: number): string {
  const field = bytes.subarray(offset, offset + length);
  const zero = field.indexOf(0);
  return new TextDecoder().decode(zero < 0 ? field : field.subarray(0, zero));
}

function damaged(archive: string, offset: number, what: string): LesionError {
  return new LesionError("bad-file", `${archive} ${what}`, {
    where: `${archive}, byte ${offset}`,
    fix: "Copy or make the archive again; `tar -tf` tests it.",
  });
}
