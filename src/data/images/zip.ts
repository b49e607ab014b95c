/**
 * Zip archives: the central directory is read once, and entries are inflated one at a time, when they are asked for.
 * Stored and deflated entries; sizes and checksums are those of the directory, and are checked.
 */
import { inflateSync } from "fflate";
import { LesionError } from "../../core/errors.ts";
import { crc32 } from "../crc32.ts";

const END_SIGNATURE = 0x06054b50;
const ENTRY_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
const END_BYTES = 22;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
/** Most bytes one entry may hold. */
const MAX_ENTRY_BYTES = 1 << 28;
/** Deflate cannot do better. */
const MAX_RATIO = 1032;

/** A file in an archive. */
export interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly encrypted: boolean;
  readonly crc: number;
  readonly packedBytes: number;
  readonly sizeBytes: number;
  /** Where its local header begins. */
  readonly start: number;
}

/** Whether bytes begin as a zip archive does. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5);
}

/** The files of an archive, in the directory's order. Throws `bad-file` for damage, `unsupported` for Zip64. */
export function readZip(bytes: Uint8Array, archive: string): ZipEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = endOf(view, archive);
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  if (count === 0xffff || at === 0xffffffff) {
    throw new LesionError("unsupported", `${archive} is a Zip64 archive, which is not read`, {
      where: `${archive}, byte ${end}`,
      fix: "Unpack it and give the folder, or make several smaller archives.",
    });
  }
  const entries: ZipEntry[] = [];
  for (let n = 0; n < count; n++) {
    if (at + ENTRY_BYTES > end || view.getUint32(at, true) !== ENTRY_SIGNATURE) {
      throw damaged(archive, at, `is damaged: its directory announces ${count} entries, and entry ${n} is none`);
    }
    const nameBytes = view.getUint16(at + 28, true);
    const name = new TextDecoder().decode(bytes.subarray(at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes));
    if (!name.endsWith("/")) {
      entries.push({
        name: name.replaceAll("\\", "/"),
        encrypted: (view.getUint16(at + 8, true) & 1) !== 0,
        method: view.getUint16(at + 10, true),
        crc: view.getUint32(at + 16, true),
        packedBytes: view.getUint32(at + 20, true),
        sizeBytes: view.getUint32(at + 24, true),
        start: view.getUint32(at + 42, true),
      });
    }
    at += ENTRY_BYTES + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries;
}

/** The contents of one entry, in memory of their own. Throws `bad-file` for damage, `unsupported` for other methods. */
export function zipEntryBytes(bytes: Uint8Array, entry: ZipEntry, archive: string): Uint8Array {
  const { name, method, encrypted, crc, packedBytes, sizeBytes } = entry;
  const where = `${archive}, ${name}`;
  if (encrypted || (method !== 0 && method !== 8)) {
    const what = encrypted ? "is encrypted" : `is compressed by method ${method}; 0 (stored) and 8 (deflate) are read`;
    throw new LesionError("unsupported", `${name} in ${archive} ${what}`, {
      where,
      fix: "Make the archive anew, with deflate and without a password.",
    });
  }
  const packed = packedOf(bytes, entry, archive);
  if (sizeBytes > MAX_ENTRY_BYTES || sizeBytes > packedBytes * MAX_RATIO + MAX_RATIO) {
    throw damaged(archive, entry.start, `announces ${sizeBytes} bytes of ${name} in ${packedBytes}`);
  }
  let contents: Uint8Array;
  try {
    contents = method === 0 ? packed.slice() : inflateSync(packed, { out: new Uint8Array(sizeBytes) });
  } catch (cause) {
    throw damaged(archive, entry.start, `is damaged: ${name} (${packedBytes} bytes) cannot be inflated`, cause);
  }
  if (contents.length !== sizeBytes || crc32(contents) !== crc) {
    throw damaged(archive, entry.start, `is damaged: the size or the checksum of ${name} is not as its directory says`);
  }
  return contents;
}

function packedOf(bytes: Uint8Array, { name, start, packedBytes }: ZipEntry, archive: string): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (start + LOCAL_BYTES > bytes.length || view.getUint32(start, true) !== LOCAL_SIGNATURE) {
    throw damaged(archive, start, `is damaged: ${name} does not begin where its directory says`);
  }
  const from = start + LOCAL_BYTES + view.getUint16(start + 26, true) + view.getUint16(start + 28, true);
  if (from + packedBytes > bytes.length) {
    throw damaged(
      archive,
      start,
      `is truncated: ${name} takes ${packedBytes} bytes and ${bytes.length - from} are left`,
    );
  }
  return bytes.subarray(from, from + packedBytes);
}

/** Where the end record begins: it is the last, but for a comment of up to 65,535 bytes. */
function endOf(view: DataView, archive: string): number {
  for (let at = view.byteLength - END_BYTES; at >= Math.max(0, view.byteLength - END_BYTES - 0xffff); at--) {
    if (view.getUint32(at, true) === END_SIGNATURE) return at;
  }
  throw damaged(archive, view.byteLength, "is truncated: it has no directory at its end");
}

function damaged(archive: string, offset: number, what: string, cause?: unknown): LesionError {
  return new LesionError("bad-file", `${archive} ${what}`, {
    where: `${archive}, byte ${offset}`,
    fix: "Copy or make the archive again; `unzip -t` tests it.",
    cause,
  });
}
