/**
 * Gzip, against damaged and hostile files: what the data should come to is asked of their own first bytes, and inflating
 * stops as soon as there is more. fflate inflates; the header, the size and the checksum (which fflate does not
 * compare) are checked here. RFC 1952, one member a file.
 */
import { Inflate } from "fflate";
import { LesionError } from "../core/errors.ts";
import { crc32 } from "./crc32.ts";

/** Most bytes a gzip file may hold: 1 GiB. */
export const MAX_INFLATED_BYTES = 1 << 30;

/** Deflate cannot do better: 258 bytes from 2 bits, and a little over. */
const MAX_RATIO = 1032;
/** Bytes inflated at a time; at most MAX_RATIO times as many come out. */
const STEP_BYTES = 1 << 14;
/** Steps without contents after which a file is given up: no deflate block that makes sense is as long. */
const IDLE_STEPS = 8;
const TRAILER_BYTES = 8;
const REPAIR = "Copy or download the file again; `gzip -t` tests it.";

/** Whether bytes begin as gzip does. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * The contents of a gzip file. `sizeOf` is given the first bytes of the contents (`headBytes` of them, fewer where there
 * are no more) and says how long the contents must be, or throws. Throws `bad-file` for damage and for contents that are
 * longer or shorter, `unsupported` for contents above MAX_INFLATED_BYTES.
 */
export function gunzip(
  bytes: Uint8Array,
  name: string,
  headBytes: number,
  sizeOf: (head: Uint8Array) => number,
): Uint8Array {
  const start = memberStart(bytes, name);
  const end = bytes.length - TRAILER_BYTES;
  const chunks: Uint8Array[] = [];
  let found = 0;
  let expected: number | null = null;
  let idle = 0;
  const inflate = new Inflate((chunk) => {
    chunks.push(chunk);
    found += chunk.length;
  });
  for (let at = start; at < end; at += STEP_BYTES) {
    const last = at + STEP_BYTES >= end;
    const before = found;
    try {
      inflate.push(bytes.subarray(at, Math.min(end, at + STEP_BYTES)), last);
    } catch (cause) {
      throw damaged(name, at, `cannot be inflated between byte ${at} and ${Math.min(end, at + STEP_BYTES)}`, cause);
    }
    idle = found === before ? idle + 1 : 0;
    // fflate keeps and copies what follows the end of a stream at each step: quadratic in the rest of the file.
    if (idle > IDLE_STEPS) throw damaged(name, at, `has bytes after its end: ${found} bytes of contents, then none`);
    if (expected === null && (found >= headBytes || last)) {
      expected = checkedSize(sizeOf(joined(chunks, found).subarray(0, headBytes)), bytes.length, name);
    }
    if (expected !== null && found > expected) {
      throw damaged(name, at, `holds more than the ${expected} bytes its contents' header announces`);
    }
  }
  const contents = joined(chunks, found);
  checkTrailer(bytes, contents, name);
  if (found !== expected) {
    throw damaged(name, end, `holds ${found} bytes, and its contents' header announces ${expected}`);
  }
  return contents;
}

/** The announced size, if a file of `compressedBytes` can hold it. */
function checkedSize(expectedBytes: number, compressedBytes: number, name: string): number {
  if (expectedBytes > compressedBytes * MAX_RATIO) {
    const most = compressedBytes * MAX_RATIO;
    throw damaged(
      name,
      0,
      `announces ${expectedBytes} bytes of contents, and ${compressedBytes} bytes of gzip hold at most ${most}`,
    );
  }
  if (expectedBytes > MAX_INFLATED_BYTES) {
    throw new LesionError(
      "unsupported",
      `${name} holds ${expectedBytes} bytes; at most ${MAX_INFLATED_BYTES} are inflated`,
      {
        where: name,
        fix: "Unpack the file with `gunzip` and give the plain one.",
        detail: { expected: MAX_INFLATED_BYTES, found: expectedBytes },
      },
    );
  }
  return expectedBytes;
}

/** Where the deflate stream of the first member begins. */
function memberStart(bytes: Uint8Array, name: string): number {
  const FIXED_BYTES = 10;
  if (bytes.length < FIXED_BYTES + TRAILER_BYTES) {
    throw damaged(name, bytes.length, `is truncated: a gzip file has at least 18 bytes, this one ${bytes.length}`);
  }
  if (bytes[2] !== 8) throw damaged(name, 2, `has compression method ${bytes[2]}; gzip knows only 8 (deflate)`);
  const flags = bytes[3]!;
  if (flags > 0x1f) throw damaged(name, 3, `has reserved gzip flags set (0x${flags.toString(16)})`);
  let at = FIXED_BYTES;
  if (flags & 4) at += 2 + (bytes[at]! | (bytes[at + 1]! << 8));
  for (const text of [8, 16]) {
    if (!(flags & text)) continue;
    const zero = bytes.indexOf(0, at);
    at = zero < 0 ? bytes.length : zero + 1;
  }
  if (flags & 2) at += 2;
  if (at >= bytes.length - TRAILER_BYTES) {
    throw damaged(name, bytes.length, `is truncated inside its gzip header, at byte ${bytes.length}`);
  }
  return at;
}

function checkTrailer(bytes: Uint8Array, contents: Uint8Array, name: string): void {
  const end = bytes.length - TRAILER_BYTES;
  const trailer = new DataView(bytes.buffer, bytes.byteOffset + end, TRAILER_BYTES);
  const size = trailer.getUint32(4, true);
  if (size !== contents.length) {
    throw damaged(
      name,
      end + 4,
      `is damaged, truncated or has bytes after its end: its last bytes announce ${size} bytes of contents, and there are ${contents.length}`,
    );
  }
  const expected = trailer.getUint32(0, true);
  const found = crc32(contents);
  if (found !== expected) {
    throw damaged(
      name,
      end,
      `is damaged: its checksum is 0x${expected.toString(16)}, and its contents' 0x${found.toString(16)}`,
    );
  }
}

function damaged(name: string, offset: number, what: string, cause?: unknown): LesionError {
  return new LesionError("bad-file", `${name} ${what}`, { where: `${name}, byte ${offset}`, fix: REPAIR, cause });
}

function joined(chunks: readonly Uint8Array[], total: number): Uint8Array {
  const all = new Uint8Array(total);
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.length;
  }
  return all;
}
