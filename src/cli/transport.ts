/**
 * Typed arrays on their way between Node and the page: what crosses there is JSON, so bytes and words travel as base64
 * under the keys $u8 and $u32 (little-endian).
 */

/** A value as the page sent it, with its typed arrays restored. */
export function decode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decode);
  if (typeof value !== "object" || value === null) return value;
  const { $u8, $u32 } = value as { $u8?: unknown; $u32?: unknown };
  if (typeof $u8 === "string") return bytesOf($u8);
  if (typeof $u32 === "string") return new Uint32Array(bytesOf($u32).buffer);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, decode(item)]));
}

/** A value that JSON can carry, with its typed arrays replaced. */
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

const base64 = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");

/** A copy of its own: Node's small buffers share memory at any offset, which a Uint32Array cannot start from. */
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, "base64"));
