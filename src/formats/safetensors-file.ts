/**
 * The safetensors container (Hugging Face, format 1): the length of a header in 8 bytes, the header as JSON, the
 * tensors' bytes. Every claim of the header is compared with the bytes that are there before anything is made of it.
 */
import { LesionError } from "../core/errors.ts";
import { bfloatsToFloats, halfToFloat } from "../core/half-float.ts";

/** A tensor of a file; its values are read when they are asked for. */
export interface SafeTensor {
  readonly name: string;
  /** "F32", "BF16", "I64", ... */
  readonly dtype: string;
  readonly dims: readonly number[];
  /** Where its first byte is in the file. */
  readonly offset: number;
  /** Little-endian, row-major. */
  readonly bytes: Uint8Array;
}

/** Bits of an element. Floats of 16 to 64 bits can be weights; the rest is known so that its size can be checked. */
const BITS: ReadonlyMap<string, number> = new Map([
  ...["F64", "I64", "U64", "C64"].map((dtype) => [dtype, 64] as const),
  ...["F32", "I32", "U32"].map((dtype) => [dtype, 32] as const),
  ...["F16", "BF16", "I16", "U16"].map((dtype) => [dtype, 16] as const),
  ...["F8_E4M3", "F8_E5M2", "F8_E8M0", "I8", "U8", "BOOL"].map((dtype) => [dtype, 8] as const),
]);

const LENGTH_BYTES = 8;
/** The format's own limit. */
const MAX_HEADER_BYTES = 100_000_000;
const MAX_RANK = 8;
const METADATA = "__metadata__";

/**
 * The tensors of a safetensors file by their names. Throws LesionError("bad-file") that names the tensor and the byte
 * where the header is damaged, tensors overlap, leave bytes between them, or end beyond the file.
 */
export function readSafeTensors(file: Uint8Array): ReadonlyMap<string, SafeTensor> {
  const { entries, dataAt } = readHeader(file);
  const tensors = entries.map(([name, entry]) => tensorOf(name, entry, file, dataAt));
  // The file is one run of tensors, so that an overlap, a hole and a name given twice all show as a wrong beginning.
  let end = dataAt;
  for (const { name, offset, bytes } of [...tensors].sort(byPlace)) {
    if (offset !== end) {
      const what = offset < end ? "overlaps the tensor before it" : `leaves ${offset - end} bytes before it unused`;
      throw damaged(
        `tensor ${quoted(name)} ${what}: it begins at byte ${offset}, that one ends at ${end}`,
        name,
        offset,
      );
    }
    end = offset + bytes.length;
  }
  if (end !== file.length) {
    throw damaged(`the tensors end at byte ${end}, and the file has ${file.length} bytes`, null, end);
  }
  return new Map(tensors.map((tensor) => [tensor.name, tensor]));
}

/**
 * A tensor's values in f32, rounded where it has more bits. Throws LesionError("unsupported") for elements that are no
 * floats of 16 to 64 bits, "bad-model" for a value that is no finite f32, with its index.
 */
export function floatsOfTensor({ name, dtype, bytes, offset }: SafeTensor): Float32Array {
  // A copy begins at a multiple of 8 (slice of a Node Buffer would be none); machines with WebGPU are little-endian.
  const { buffer } = new Uint8Array(bytes);
  const values = floats(dtype, buffer);
  if (values === null) {
    throw new LesionError("unsupported", `tensor ${quoted(name)} has elements of type ${dtype}`, {
      where: place(name, offset),
      fix: "Save the weights as F32, F16, BF16 or F64.",
    });
  }
  const index = values.findIndex((value) => !Number.isFinite(value));
  if (index < 0) return values;
  const at = offset + (index * bytes.length) / values.length;
  throw new LesionError("bad-model", `tensor ${quoted(name)} is ${values[index]} as f32 at index ${index}`, {
    where: place(name, at),
    fix: "Train or export the model again and check it with another program.",
    detail: { index, offset: at },
  });
}

function floats(dtype: string, buffer: ArrayBuffer): Float32Array | null {
  switch (dtype) {
    case "F32":
      return new Float32Array(buffer);
    case "F64":
      return Float32Array.from(new Float64Array(buffer));
    case "F16":
      return Float32Array.from(new Uint16Array(buffer), halfToFloat);
    case "BF16":
      return bfloatsToFloats(new Uint16Array(buffer));
    default:
      return null;
  }
}

/** What a file says about itself: the strings of its metadata. Throws as `readSafeTensors` for a damaged header. */
export function metadataOfSafeTensors(file: Uint8Array): Readonly<Record<string, string>> {
  const { metadata } = readHeader(file);
  if (!isObject(metadata)) return {};
  return Object.fromEntries(
    Object.entries(metadata).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

function readHeader(file: Uint8Array): { entries: [string, unknown][]; dataAt: number; metadata: unknown } {
  if (file.length < LENGTH_BYTES)
    throw damaged(`it has ${file.length} bytes, its first field has 8`, null, file.length);
  const length = Number(new DataView(file.buffer, file.byteOffset, LENGTH_BYTES).getBigUint64(0, true));
  const left = file.length - LENGTH_BYTES;
  if (length > left) throw damaged(`its header claims ${length} bytes, and ${left} are left`, null, 0);
  if (length > MAX_HEADER_BYTES) {
    throw damaged(`its header has ${length} bytes, the format allows ${MAX_HEADER_BYTES}`, null, 0);
  }
  const header = parsed(file.subarray(LENGTH_BYTES, LENGTH_BYTES + length));
  if (!isObject(header)) throw damaged("its header is no JSON object", null, LENGTH_BYTES);
  const entries = Object.entries(header).filter(([name]) => name !== METADATA);
  return { entries, dataAt: LENGTH_BYTES + length, metadata: header[METADATA] };
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw damaged("its header is no JSON", null, LENGTH_BYTES, cause);
  }
}

function tensorOf(name: string, entry: unknown, file: Uint8Array, dataAt: number): SafeTensor {
  const wrong = (what: string, byte = LENGTH_BYTES) => damaged(`tensor ${quoted(name)} ${what}`, name, byte);
  if (!isObject(entry)) throw wrong("has no description");
  const { dtype, shape: dims, data_offsets: offsets } = entry;
  if (typeof dtype !== "string") throw wrong("has no type");
  const bits = BITS.get(dtype);
  if (bits === undefined) throw wrong(`has the type ${quoted(dtype)}, which is none of the format`);
  if (!isSizes(dims) || dims.length > MAX_RANK) throw wrong("has no shape of up to 8 sizes");
  if (!isSizes(offsets) || offsets.length !== 2) throw wrong("has no place of a beginning and an end");
  const [begin, end] = offsets as readonly [number, number];
  const needed = dims.reduce((product, size) => product * size, bits / 8);
  const shape = `[${dims.join(", ")}]`;
  if (end < begin || end > file.length - dataAt) {
    throw wrong(
      `lies at bytes ${begin} to ${end} of the data, which has ${file.length - dataAt}`,
      Math.min(dataAt + begin, file.length),
    );
  }
  if (end - begin !== needed) {
    throw wrong(`has ${end - begin} bytes, its shape ${shape} of ${dtype} needs ${needed}`, dataAt + begin);
  }
  return { name, dtype, dims, offset: dataAt + begin, bytes: file.subarray(dataAt + begin, dataAt + end) };
}

/** Tensors without values come before the one that begins at the same byte. */
function byPlace(a: SafeTensor, b: SafeTensor): number {
  return a.offset - b.offset || a.bytes.length - b.bytes.length;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

const LONGEST_NAME = 80;

/** A name from a file, quoted for a message; a damaged file can hold names of megabytes, so it is cut. */
function quoted(name: string): string {
  return JSON.stringify(name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}...` : name);
}

function place(name: string | null, byte: number): string {
  return name === null ? `byte ${byte}` : `tensor ${quoted(name)}, byte ${byte}`;
}

function damaged(message: string, tensor: string | null, byte: number, cause?: unknown): LesionError {
  return new LesionError("bad-file", `the safetensors file is damaged: ${message}`, {
    where: place(tensor, byte),
    fix: "Get the file again, or save the model again, and compare the sizes of both copies.",
    detail: { offset: byte },
    ...(cause === undefined ? {} : { cause }),
  });
}
