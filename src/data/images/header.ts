/**
 * What an image file says of itself in its first bytes: format and size. Read before a browser decodes it, so that a
 * file that is no image, or announces more pixels than fit in memory, is refused by name.
 */
import { LesionError } from "../../core/errors.ts";
import { MAX_PIXELS, type Size } from "./fit.ts";

/** A file's format and its size in pixels as stored, orientation tags apart. */
export interface ImageHeader extends Size {
  readonly type: "image/png" | "image/jpeg" | "image/webp";
  /** Where the identifier of a JPEG's Exif segment begins, in bytes; null where it has none. */
  readonly exifAt: number | null;
}

/** Reads the header of a PNG, JPEG or WebP file. Throws `bad-file` for anything else, and for more than MAX_PIXELS. */
export function imageHeader(bytes: Uint8Array, name: string): ImageHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = png(view) ?? jpeg(view) ?? webp(view);
  if (header === null) throw damaged(name, bytes, "is no PNG, JPEG or WebP image, or ends within its header");
  const { width, height } = header;
  if (width < 1 || height < 1 || width * height > MAX_PIXELS) {
    throw damaged(name, bytes, `announces ${width} x ${height} pixels; 1 to ${MAX_PIXELS} are read`);
  }
  return header;
}

/** The error of an image that cannot be decoded. */
export function damaged(name: string, bytes: Uint8Array, what: string, cause?: unknown): LesionError {
  const start = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return new LesionError("bad-file", `${name} (${bytes.length} bytes, beginning ${start || "nowhere"}) ${what}`, {
    where: name,
    fix: "Copy or download the image again, or leave it out of the labels.",
    cause,
  });
}

/** The IHDR chunk comes first. */
function png(view: DataView): ImageHeader | null {
  if (view.byteLength < 24 || view.getUint32(0) !== 0x89504e47 || view.getUint32(12) !== 0x49484452) return null;
  return { type: "image/png", width: view.getUint32(16), height: view.getUint32(20), exifAt: null };
}

/** Walks the segments to the start of frame (SOF0 to SOF15, without the three that are none). */
function jpeg(view: DataView): ImageHeader | null {
  if (view.byteLength < 4 || view.getUint16(0) !== 0xffd8) return null;
  let exifAt: number | null = null;
  for (let at = 2; at + 9 <= view.byteLength; ) {
    if (view.getUint8(at) !== 0xff) return null;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += 2;
      continue;
    }
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return { type: "image/jpeg", height: view.getUint16(at + 5), width: view.getUint16(at + 7), exifAt };
    }
    if (marker === 0xe1 && view.getUint32(at + 4) === 0x45786966) exifAt = at + 4;
    at += 2 + view.getUint16(at + 2);
  }
  return null;
}

/** Lossy (VP8), lossless (VP8L) and extended (VP8X). */
function webp(view: DataView): ImageHeader | null {
  if (view.byteLength < 30 || view.getUint32(0) !== 0x52494646 || view.getUint32(8) !== 0x57454250) return null;
  const found = (width: number, height: number): ImageHeader => ({ type: "image/webp", width, height, exifAt: null });
  const kind = view.getUint32(12);
  if (kind === 0x56503820) return found(view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff);
  if (kind === 0x5650384c) {
    const bits = view.getUint32(21, true);
    return found((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1);
  }
  const three = (at: number) => view.getUint16(at, true) + view.getUint8(at + 2) * 65536 + 1;
  return kind === 0x56503858 ? found(three(24), three(27)) : null;
}
