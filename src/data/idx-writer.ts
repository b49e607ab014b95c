/** Writes arrays as IDX files. Tests make their inputs with it, so that no data set need lie in the repository. */
import type { IdxArray } from "./idx.ts";

const CODES: Readonly<Record<string, number>> = {
  Uint8Array: 0x08,
  Int8Array: 0x09,
  Int16Array: 0x0b,
  Int32Array: 0x0c,
  Float32Array: 0x0d,
  Float64Array: 0x0e,
};

/** The bytes of an uncompressed IDX file with this array. */
export function writeIdx({ shape, values }: IdxArray): Uint8Array {
  const headerBytes = 4 + 4 * shape.length;
  const bytes = new Uint8Array(headerBytes + values.byteLength);
  bytes.set([0, 0, CODES[values.constructor.name]!, shape.length]);
  const view = new DataView(bytes.buffer);
  for (const [axis, size] of shape.entries()) view.setUint32(4 + 4 * axis, size);
  // Typed arrays are little-endian on every platform that has WebGPU.
  const little = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const width = values.BYTES_PER_ELEMENT;
  for (let i = 0; i < little.length; i++) bytes[headerBytes + i] = little[i - (i % width) + width - 1 - (i % width)]!;
  return bytes;
}
