/**
 * Typed arrays as JSON carries them, between Node and a page: bytes and words travel as base64 under the keys $u8 and $u32
 * (little-endian).
 */

/** A value as the other side sent it, with its typed arrays restored. */
export function decode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decode);
  if (typeof value !== "object" || value === null) return value;
  const { $u8, $u32 } = value as { $u8?: unknown; $u32?: unknown };
  if (typeof $u8 === "string") return bytesOf($u8);
  if (typeof $u32 === "string") return new Uint32Array(bytesOf($u32).buffer);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, decode(item)]));
}

/** A value that JSON can carry, with its typed arrays replaced and undefined fields left out. */
export function encode(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $u8: base64(value) };
  if (value instanceof Uint32Array) {
    return { $u32: base64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)) };
  }
  if (Array.isArray(value)) return value.map(encode);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => (item === undefined ? [] : [[key, encode(item)]])),
  );
}

/** In parts, because a call takes only so many arguments. */
function base64(bytes: Uint8Array): string {
  let letters = "";
  for (let at = 0; at < bytes.length; at += 8192) letters += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(letters);
}

function bytesOf(text: string): Uint8Array {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}
