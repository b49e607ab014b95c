/**
 * The IDX format of MNIST (LeCun, Cortes, Burges): two zero bytes, a type, the number of dimensions, each dimension as
 * a big-endian 32-bit number, then the values, big-endian. Plain or gzip. Nothing is allocated by what a header claims
 * before the claim is compared with the bytes that are there.
 */
import { LesionError } from "../core/errors.ts";
import { gunzip, isGzip } from "./gzip.ts";

export type IdxValues = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

/** An array as an IDX file holds it. */
export interface IdxArray {
  /** One to eight sizes, each 0 or more. */
  readonly shape: readonly number[];
  /** Row-major. A file of bytes that was not compressed is viewed, not copied. */
  readonly values: IdxValues;
}

interface IdxHeader {
  readonly type: IdxType;
  readonly shape: readonly number[];
  readonly headerBytes: number;
  readonly sizeBytes: number;
}

interface IdxType {
  readonly name: string;
  readonly bytes: number;
  readonly read: (view: DataView, count: number) => IdxValues;
}

const TYPES: Readonly<Record<number, IdxType>> = {
  8: { name: "unsigned byte", bytes: 1, read: (view, n) => new Uint8Array(view.buffer, view.byteOffset, n) },
  9: { name: "signed byte", bytes: 1, read: (view, n) => new Int8Array(view.buffer, view.byteOffset, n) },
  11: {
    name: "16-bit integer",
    bytes: 2,
    read: (view, n) => Int16Array.from({ length: n }, (_, i) => view.getInt16(2 * i)),
  },
  12: {
    name: "32-bit integer",
    bytes: 4,
    read: (view, n) => Int32Array.from({ length: n }, (_, i) => view.getInt32(4 * i)),
  },
  13: {
    name: "32-bit float",
    bytes: 4,
    read: (view, n) => Float32Array.from({ length: n }, (_, i) => view.getFloat32(4 * i)),
  },
  14: {
    name: "64-bit float",
    bytes: 8,
    read: (view, n) => Float64Array.from({ length: n }, (_, i) => view.getFloat64(8 * i)),
  },
};

const MAX_RANK = 8;
const MAX_HEADER_BYTES = 4 + 4 * MAX_RANK;

/** Reads an IDX file, plain or gzip. `name` is what errors call it. Throws `bad-file`; `unsupported` above 1 GiB of gzip contents. */
export function readIdx(bytes: Uint8Array, name: string): IdxArray {
  if (bytes.length === 0) throw wrong(name, 0, "is empty (0 bytes)", { expected: "an IDX file", found: 0 });
  const plain = isGzip(bytes)
    ? gunzip(bytes, name, MAX_HEADER_BYTES, (head) => readHeader(head, name).sizeBytes)
    : bytes;
  const { type, shape, headerBytes, sizeBytes } = readHeader(plain, name);
  if (plain.length !== sizeBytes) {
    const claim = `its header (${shape.join(" x ")}, ${type.name}) makes ${sizeBytes} bytes, and there are ${plain.length}`;
    const what = plain.length < sizeBytes ? "is truncated" : `has ${plain.length - sizeBytes} bytes too many`;
    throw wrong(name, Math.min(plain.length, sizeBytes), `${what}: ${claim}`, {
      expected: sizeBytes,
      found: plain.length,
    });
  }
  const data = new DataView(plain.buffer, plain.byteOffset + headerBytes, sizeBytes - headerBytes);
  return { shape, values: type.read(data, (sizeBytes - headerBytes) / type.bytes) };
}

/** The header, checked in itself: whether the file is as long as it says is the caller's to compare. */
function readHeader(bytes: Uint8Array, name: string): IdxHeader {
  if (bytes.length < 4) {
    throw wrong(name, bytes.length, `is truncated: an IDX file begins with 4 bytes, this one has ${bytes.length}`, {
      expected: 4,
      found: bytes.length,
    });
  }
  const [zero, zeroToo, code, rank] = [...bytes.subarray(0, 4)] as [number, number, number, number];
  if (zero !== 0 || zeroToo !== 0) {
    throw wrong(name, 0, `is no IDX file: it begins with ${hex(zero)} ${hex(zeroToo)}, and IDX with 0x00 0x00`, {
      expected: 0,
      found: zero * 256 + zeroToo,
    });
  }
  const type = TYPES[code];
  if (type === undefined) {
    const known = Object.keys(TYPES).map((key) => hex(Number(key)));
    throw wrong(name, 2, `has the unknown IDX type ${hex(code)}; known are ${known.join(" ")}`, {
      expected: known,
      found: code,
    });
  }
  if (rank < 1 || rank > MAX_RANK) {
    throw wrong(name, 3, `has ${rank} dimensions; 1 to ${MAX_RANK} are read`, { expected: [1, MAX_RANK], found: rank });
  }
  const headerBytes = 4 + 4 * rank;
  if (bytes.length < headerBytes) {
    throw wrong(
      name,
      bytes.length,
      `is truncated: its header of ${rank} dimensions takes ${headerBytes} bytes, and there are ${bytes.length}`,
      {
        expected: headerBytes,
        found: bytes.length,
      },
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, headerBytes);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const sizeBytes = shape.reduce((product, size) => product * size, type.bytes) + headerBytes;
  return { type, shape, headerBytes, sizeBytes };
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, "0")}`;
}

function wrong(name: string, offset: number, what: string, detail: { expected: unknown; found: unknown }): LesionError {
  return new LesionError("bad-file", `${name} ${what}`, {
    where: `${name}, byte ${offset}`,
    fix: "Give an IDX file, plain or gzip, as MNIST's are; if it should be one, copy or download it again.",
    detail,
  });
}
