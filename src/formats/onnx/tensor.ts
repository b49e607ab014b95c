/**
 * Constant tensors: weights and shapes. A tensor's size is checked against the bytes that are there before anything is
 * allocated, and every weight is checked to be a finite f32.
 */
import { type TensorProto, TensorProto_DataType as Type } from "onnx-buf";
import { halfToFloat } from "../../core/half-float.ts";
import { sizeOf } from "../../network/shapes.ts";
import { firstNonFinite } from "../../network/validate.ts";
import { type ExternalFiles, externalData, isExternal } from "./external.ts";
import { damaged, impossible, quote, unsupported } from "./failure.ts";

/** A constant. Integers (shapes, axes) are kept apart from weights. Row-major. */
export type Tensor = FloatTensor | IntegerTensor;
export interface FloatTensor {
  readonly kind: "float";
  readonly name: string;
  readonly dims: readonly number[];
  readonly values: Float32Array;
}
export interface IntegerTensor {
  /** Booleans are 0 and 1. */
  readonly kind: "integer" | "boolean";
  readonly name: string;
  readonly dims: readonly number[];
  /** Safe integers; NaN stands for the batch size where `Shape` read an open one. */
  readonly values: Float64Array;
}

/** Most axes a value may have; no operator here needs more, and some take time in their square. */
export const MAX_RANK = 8;

interface Format {
  readonly kind: Tensor["kind"];
  /** Size of an element in `raw_data`, and how to read one there (little-endian). */
  readonly bytes: number;
  readonly raw: (view: DataView, offset: number) => number | bigint;
  /** The elements where they are not in `raw_data`. */
  readonly typed: "floatData" | "doubleData" | "int32Data" | "int64Data" | "uint64Data";
  readonly decode?: (element: number) => number;
}

const FORMATS: ReadonlyMap<number, Format> = new Map<number, Format>([
  [Type.FLOAT, { kind: "float", bytes: 4, raw: (view, at) => view.getFloat32(at, true), typed: "floatData" }],
  [Type.DOUBLE, { kind: "float", bytes: 8, raw: (view, at) => view.getFloat64(at, true), typed: "doubleData" }],
  [
    Type.FLOAT16,
    { kind: "float", bytes: 2, raw: (view, at) => view.getUint16(at, true), typed: "int32Data", decode: halfToFloat },
  ],
  [Type.BOOL, { kind: "boolean", bytes: 1, raw: (view, at) => view.getUint8(at), typed: "int32Data" }],
  [Type.UINT8, { kind: "integer", bytes: 1, raw: (view, at) => view.getUint8(at), typed: "int32Data" }],
  [Type.INT8, { kind: "integer", bytes: 1, raw: (view, at) => view.getInt8(at), typed: "int32Data" }],
  [Type.UINT16, { kind: "integer", bytes: 2, raw: (view, at) => view.getUint16(at, true), typed: "int32Data" }],
  [Type.INT16, { kind: "integer", bytes: 2, raw: (view, at) => view.getInt16(at, true), typed: "int32Data" }],
  [Type.UINT32, { kind: "integer", bytes: 4, raw: (view, at) => view.getUint32(at, true), typed: "uint64Data" }],
  [Type.INT32, { kind: "integer", bytes: 4, raw: (view, at) => view.getInt32(at, true), typed: "int32Data" }],
  [Type.UINT64, { kind: "integer", bytes: 8, raw: (view, at) => view.getBigUint64(at, true), typed: "uint64Data" }],
  [Type.INT64, { kind: "integer", bytes: 8, raw: (view, at) => view.getBigInt64(at, true), typed: "int64Data" }],
]);

/** What elements of a type are read as; null for types that are not read. */
export function kindOf(elementType: number): Tensor["kind"] | null {
  return FORMATS.get(elementType)?.kind ?? null;
}

const NO_FILES: ExternalFiles = new Map();

/**
 * The tensor, named `name`; `external` holds the files beside the model. Throws LesionError: "unsupported" for other element
 * types, "bad-file" where dims and data disagree, "bad-model" for a weight that is NaN or beyond f32, with its first index,
 * and as `externalData` does.
 */
export function readTensor(proto: TensorProto, name: string, external = NO_FILES): Tensor {
  const where = `tensor ${quote(name)}`;
  const format = FORMATS.get(proto.dataType);
  if (format === undefined) {
    const type = Type[proto.dataType] ?? `number ${proto.dataType}`;
    const message = `${where} has elements of type ${type}`;
    throw unsupported(message, where, "Export the model with float, float16 or double weights.");
  }
  const dims = dimsOf(proto, where);
  const count = sizeOf(dims);
  const data = isExternal(proto) ? externalData(proto, external, where) : proto.rawData;
  const elements = elementsOf(proto, data, format, count, where);
  if (format.kind !== "float") return { kind: format.kind, name, dims, values: integers(elements, where) };
  const plain = proto.dataType === Type.FLOAT && data.length > 0;
  const values = plain ? littleEndianFloats(data) : floats(elements, format);
  checkFinite(values, elements, format, where);
  return { kind: "float", name, dims, values };
}

function dimsOf(proto: TensorProto, where: string): number[] {
  if (proto.dims.length > MAX_RANK) throw damaged(`${where} has ${proto.dims.length} axes`, where);
  const dims = proto.dims.map(Number);
  if (dims.some((size) => size < 0) || !Number.isSafeInteger(sizeOf(dims))) {
    throw damaged(`${where} has the shape [${dims.join(", ")}]`, where);
  }
  return dims;
}

interface Elements {
  readonly count: number;
  readonly at: (index: number) => number | bigint;
}

function elementsOf(proto: TensorProto, data: Uint8Array, format: Format, count: number, where: string): Elements {
  const typed = proto[format.typed];
  const shape = `[${proto.dims.join(", ")}]`;
  if (typed.length > 0 || data.length === 0) {
    if (typed.length !== count || data.length > 0) {
      throw damaged(`${where} has ${typed.length} numbers, its shape ${shape} needs ${count}`, where);
    }
    return { count, at: (index) => typed[index]! };
  }
  if (data.length !== count * format.bytes) {
    const needed = `${count} of ${format.bytes} bytes, ${count * format.bytes} in all`;
    throw damaged(`${where} has ${data.length} bytes of data, its shape ${shape} needs ${needed}`, where);
  }
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return { count, at: (index) => format.raw(view, index * format.bytes) };
}

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** A copy, because the bytes may begin at any address; all at once, because networks hold hundreds of millions. */
function littleEndianFloats(data: Uint8Array): Float32Array {
  const { buffer } = new Uint8Array(data);
  if (isLittleEndian) return new Float32Array(buffer);
  const view = new DataView(buffer);
  return Float32Array.from({ length: data.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
}

function floats(elements: Elements, { decode }: Format): Float32Array {
  const values = new Float32Array(elements.count);
  for (let i = 0; i < elements.count; i++) {
    const element = Number(elements.at(i));
    values[i] = decode === undefined ? element : decode(element);
  }
  return values;
}

function checkFinite(values: Float32Array, elements: Elements, { decode }: Format, where: string): void {
  const index = firstNonFinite(values);
  if (index < 0) return;
  const element = Number(elements.at(index));
  const found = decode === undefined ? element : decode(element);
  const reason = Number.isFinite(found) ? `${found}, beyond the range of f32,` : `${found}`;
  throw impossible(`${where} is ${reason} at index ${index}`, where, { index });
}

function integers(elements: Elements, where: string): Float64Array {
  const values = new Float64Array(elements.count);
  for (let i = 0; i < elements.count; i++) {
    const value = Number(elements.at(i));
    // Slices to the end are written with the largest int64 as their end.
    values[i] = Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, value));
    if (Number.isNaN(values[i])) throw impossible(`${where} is no integer at index ${i}`, where, { index: i });
  }
  return values;
}
