/**
 * Constant tensors: weights and shapes. A tensor's size is checked against the bytes that are there before anything is
 * allocated, and every weight is checked to be a finite f32.
 */
import { type TensorProto, TensorProto_DataLocation, TensorProto_DataType } from "onnx-buf";
import { sizeOf } from "../../network/shapes.ts";
import { firstNonFinite } from "../../network/validate.ts";
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
  readonly kind: "integer";
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
  readonly typed: (proto: TensorProto) => readonly (number | bigint)[];
  readonly decode?: (element: number) => number;
}

const FORMATS: ReadonlyMap<number, Format> = new Map<number, Format>([
  [
    TensorProto_DataType.FLOAT,
    float(
      4,
      (view, at) => view.getFloat32(at, true),
      (proto) => proto.floatData,
    ),
  ],
  [
    TensorProto_DataType.DOUBLE,
    float(
      8,
      (view, at) => view.getFloat64(at, true),
      (proto) => proto.doubleData,
    ),
  ],
  [
    TensorProto_DataType.FLOAT16,
    {
      ...float(
        2,
        (view, at) => view.getUint16(at, true),
        (proto) => proto.int32Data,
      ),
      decode: halfToFloat,
    },
  ],
  [
    TensorProto_DataType.INT32,
    integer(
      4,
      (view, at) => view.getInt32(at, true),
      (proto) => proto.int32Data,
    ),
  ],
  [
    TensorProto_DataType.BOOL,
    integer(
      1,
      (view, at) => view.getUint8(at),
      (proto) => proto.int32Data,
    ),
  ],
  [
    TensorProto_DataType.INT64,
    integer(
      8,
      (view, at) => view.getBigInt64(at, true),
      (proto) => proto.int64Data,
    ),
  ],
]);

function float(bytes: number, raw: Format["raw"], typed: Format["typed"]): Format {
  return { kind: "float", bytes, raw, typed };
}
function integer(bytes: number, raw: Format["raw"], typed: Format["typed"]): Format {
  return { kind: "integer", bytes, raw, typed };
}

/**
 * The tensor, named `name`. Throws LesionError: "unsupported" for other element types and data kept in other files,
 * "bad-file" where dims and data disagree, "bad-model" for a weight that is NaN or beyond f32, with its first index.
 */
export function readTensor(proto: TensorProto, name: string): Tensor {
  const where = `tensor ${quote(name)}`;
  if (proto.dataLocation === TensorProto_DataLocation.EXTERNAL || proto.externalData.length > 0) {
    const location = proto.externalData.find(({ key }) => key === "location")?.value ?? "";
    const message = `${where} is kept in another file, ${quote(location)}`;
    throw unsupported(
      message,
      where,
      "Save the model as one file: onnx.save(model, path, save_as_external_data=False).",
    );
  }
  const format = FORMATS.get(proto.dataType);
  if (format === undefined) {
    const type = TensorProto_DataType[proto.dataType] ?? `number ${proto.dataType}`;
    const message = `${where} has elements of type ${type}`;
    throw unsupported(message, where, "Export the model with float, float16 or double weights.");
  }
  const dims = dimsOf(proto, where);
  const elements = elementsOf(proto, format, sizeOf(dims), where);
  return format.kind === "float"
    ? { kind: "float", name, dims, values: floats(elements, format, where) }
    : { kind: "integer", name, dims, values: integers(elements, where) };
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

function elementsOf(proto: TensorProto, format: Format, count: number, where: string): Elements {
  const { rawData } = proto;
  const typed = format.typed(proto);
  const shape = `[${proto.dims.join(", ")}]`;
  if (typed.length > 0 || rawData.length === 0) {
    if (typed.length !== count || rawData.length > 0) {
      throw damaged(`${where} has ${typed.length} numbers, its shape ${shape} needs ${count}`, where);
    }
    return { count, at: (index) => typed[index]! };
  }
  if (rawData.length !== count * format.bytes) {
    const needed = `${count} of ${format.bytes} bytes, ${count * format.bytes} in all`;
    throw damaged(`${where} has ${rawData.length} bytes of data, its shape ${shape} needs ${needed}`, where);
  }
  const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength);
  return { count, at: (index) => format.raw(view, index * format.bytes) };
}

function floats(elements: Elements, format: Format, where: string): Float32Array {
  const values = new Float32Array(elements.count);
  const decode = format.decode ?? ((element: number) => element);
  for (let i = 0; i < elements.count; i++) values[i] = decode(Number(elements.at(i)));
  const index = firstNonFinite(values);
  if (index >= 0) {
    const found = decode(Number(elements.at(index)));
    const reason = Number.isFinite(found) ? `${found}, beyond the range of f32,` : `${found}`;
    throw impossible(`${where} is ${reason} at index ${index}`, where, { index });
  }
  return values;
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

/** IEEE 754 half precision: 1 sign, 5 exponent and 10 fraction bits. */
function halfToFloat(bits: number): number {
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
