/**
 * NumPy's array format, .npy, versions 1 to 3 (numpy.lib.format): a signature, the header as a Python dictionary, then
 * the values. Numbers and booleans alone are read; objects, text and records are not. Nothing is allocated by what a
 * header claims before the claim is compared with the bytes that are there.
 */
import { fillByStrides } from "../core/by-strides.ts";
import { LesionError } from "../core/errors.ts";
import { halfToFloat } from "../core/half-float.ts";

/** Element types without byte order: NumPy's kind and size in bytes, "bool" where that is b1. */
export type NpyType = "f2" | "f4" | "f8" | "i1" | "i2" | "i4" | "i8" | "u1" | "u2" | "u4" | "u8" | "bool";

export type NpyValues =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array;

/** An array as a file holds it. */
export interface NpyArray {
  readonly dtype: NpyType;
  /** Empty for a single number. */
  readonly dims: readonly number[];
  /** Row-major, whichever order the file has. f2 is widened to f32; bool is 0 and 1 in bytes. */
  readonly values: NpyValues;
}

interface Header {
  readonly dtype: NpyType;
  readonly bigEndian: boolean;
  readonly fortranOrder: boolean;
  readonly dims: readonly number[];
  /** Where the values begin. */
  readonly dataAt: number;
}

const TYPES: Readonly<Record<NpyType, { readonly bytes: number; readonly of: (buffer: ArrayBuffer) => NpyValues }>> = {
  f2: { bytes: 2, of: (buffer) => Float32Array.from(new Uint16Array(buffer), halfToFloat) },
  f4: { bytes: 4, of: (buffer) => new Float32Array(buffer) },
  f8: { bytes: 8, of: (buffer) => new Float64Array(buffer) },
  i1: { bytes: 1, of: (buffer) => new Int8Array(buffer) },
  i2: { bytes: 2, of: (buffer) => new Int16Array(buffer) },
  i4: { bytes: 4, of: (buffer) => new Int32Array(buffer) },
  i8: { bytes: 8, of: (buffer) => new BigInt64Array(buffer) },
  u1: { bytes: 1, of: (buffer) => new Uint8Array(buffer) },
  u2: { bytes: 2, of: (buffer) => new Uint16Array(buffer) },
  u4: { bytes: 4, of: (buffer) => new Uint32Array(buffer) },
  u8: { bytes: 8, of: (buffer) => new BigUint64Array(buffer) },
  bool: { bytes: 1, of: (buffer) => new Uint8Array(buffer).map((byte) => (byte === 0 ? 0 : 1)) },
};

const SIGNATURE = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const MAX_RANK = 32;
const MAX_HEADER_BYTES = 2 ** 16;

/** Whether bytes begin as an .npy file does. */
export function isNpy(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/**
 * Reads an .npy file. `name` is what errors call it. Throws `bad-file` with the byte, `unsupported` for other element
 * types.
 */
export function readNpy(bytes: Uint8Array, name: string): NpyArray {
  const { dtype, bigEndian, fortranOrder, dims, dataAt } = readHeader(bytes, name);
  const type = TYPES[dtype];
  const sizeBytes = dataAt + dims.reduce((product, size) => product * size, type.bytes);
  if (bytes.length !== sizeBytes) {
    const claim = `its header (${shapeOf(dims)}, ${dtype}) makes ${sizeBytes} bytes, and there are ${bytes.length}`;
    const what = bytes.length < sizeBytes ? "is truncated" : `has ${bytes.length - sizeBytes} bytes too many`;
    throw damaged(name, Math.min(bytes.length, sizeBytes), `${what}: ${claim}`);
  }
  // A copy, also of a Node Buffer, whose own slice is none.
  const copy = new Uint8Array(bytes.subarray(dataAt));
  // Every machine that runs WebGPU is little-endian, as typed arrays are there.
  if (bigEndian) reverseEach(copy, type.bytes);
  const values = type.of(copy.buffer);
  return { dtype, dims, values: fortranOrder && dims.length > 1 ? rowMajor(values, dims) : values };
}

/** Dimensions as NumPy writes them: "(3, 4)". */
export function shapeOf(dims: readonly number[]): string {
  return `(${dims.join(", ")}${dims.length === 1 ? "," : ""})`;
}

function readHeader(bytes: Uint8Array, name: string): Header {
  if (!isNpy(bytes)) throw damaged(name, 0, "is no NumPy array: it does not begin with \\x93NUMPY");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = bytes[6] ?? 0;
  const lengthBytes = version === 1 ? 2 : 4;
  const start = 8 + lengthBytes;
  if (bytes.length < start) throw damaged(name, bytes.length, `is truncated: it has ${bytes.length} bytes`);
  if (version < 1 || version > 3) {
    throw damaged(name, 6, `has version ${version}.${bytes[7]} of the format; 1.0 to 3.0 are read`);
  }
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > bytes.length - start) {
    throw damaged(name, 8, `is truncated: its header claims ${length} bytes, and ${bytes.length - start} are left`);
  }
  if (length > MAX_HEADER_BYTES) {
    throw damaged(name, 8, `has a header of ${length} bytes; at most ${MAX_HEADER_BYTES} are read`);
  }
  const text = new TextDecoder("latin1").decode(bytes.subarray(start, start + length));
  return { ...parseHeader(text, start, name), dataAt: start + length };
}

const ENTRY =
  /\s*(['"])(descr|fortran_order|shape)\1\s*:\s*('[^']*'|"[^"]*"|True|False|\([\s\dL,]*\)|\[.*?\])\s*(,|(?=\}))/y;
const OPEN = /\s*\{/y;
const CLOSE = /\s*\}\s*$/y;

/** The three entries of the header's dictionary, in any order. `start` is the text's place in the file. */
function parseHeader(text: string, start: number, name: string): Omit<Header, "dataAt"> {
  const entries = new Map<string, string>();
  let at = 0;
  const take = (pattern: RegExp) => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };
  const opened = take(OPEN) !== null;
  for (let entry = take(ENTRY); entry !== null; entry = take(ENTRY)) entries.set(entry[2]!, entry[3]!);
  const [descr, order, shape] = ["descr", "fortran_order", "shape"].map((key) => entries.get(key));
  if (!opened || take(CLOSE) === null || descr === undefined || order === undefined || shape === undefined) {
    throw damaged(name, start + at, 'has a header without "descr", "fortran_order" and "shape"');
  }
  if ((order !== "True" && order !== "False") || !shape.startsWith("(")) {
    throw damaged(name, start, `has the order ${cut(order)} and the shape ${cut(shape)}`);
  }
  return { ...typeOf(descr, start, name), fortranOrder: order === "True", dims: dimsOf(shape, start, name) };
}

function typeOf(descr: string, start: number, name: string): Pick<Header, "dtype" | "bigEndian"> {
  const [, order, code] = /^['"]([<>|=]?)(\w+)['"]$/.exec(descr) ?? [];
  const dtype = code === "b1" || code === "?" ? "bool" : code;
  if (dtype === undefined || !Object.hasOwn(TYPES, dtype) || code === "bool") {
    throw new LesionError("unsupported", `${name} has elements of the type ${cut(descr)}`, {
      where: `${name}, byte ${start}`,
      fix: `Save numbers of one type: array.astype("float32"). Read are ${Object.keys(TYPES).join(" ")}.`,
    });
  }
  return { dtype: dtype as NpyType, bigEndian: order === ">" };
}

function dimsOf(shape: string, start: number, name: string): number[] {
  const items = shape
    .slice(1, -1)
    .split(",")
    .map((item) => item.trim());
  if (items.at(-1) === "") items.pop();
  // Python 2 wrote long integers with an L.
  const dims = items.map((item) => (/^\d+L?$/.test(item) ? Number.parseInt(item, 10) : Number.NaN));
  const product = dims.reduce((all, size) => all * size, 8);
  if (dims.length > MAX_RANK || !Number.isSafeInteger(product) || dims.some((size) => !Number.isSafeInteger(size))) {
    throw damaged(name, start, `has the shape ${cut(shape)}`);
  }
  return dims;
}

function reverseEach(bytes: Uint8Array, size: number): void {
  if (size > 1) for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
}

/** Values whose first axis varies fastest, with the last one varying fastest. */
function rowMajor(values: NpyValues, dims: readonly number[]): NpyValues {
  const strides = dims.map((_, axis) => dims.slice(0, axis).reduce((product, size) => product * size, 1));
  const ordered = values.slice();
  fillByStrides<number | bigint>(ordered, values, dims, strides);
  return ordered;
}

function cut(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function damaged(name: string, offset: number, what: string): LesionError {
  return new LesionError("bad-file", `${name} ${what}`, {
    where: `${name}, byte ${offset}`,
    fix: "Give an array as numpy.save writes it; if it should be one, copy or save it again.",
    detail: { offset },
  });
}
