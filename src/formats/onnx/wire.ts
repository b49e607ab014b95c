/**
 * From bytes to an ONNX ModelProto. The protobuf reader trusts the lengths it finds and knows no positions, so the
 * wire format is walked first: every length is checked against what surrounds it, every wire type against the schema, and
 * the number of objects the file would become against a limit. Damage is found with its byte offset, before allocating.
 */
import { type DescField, type DescMessage, fromBinary, ScalarType } from "@bufbuild/protobuf";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { type ModelProto, ModelProtoSchema } from "onnx-buf";
import { LesionError } from "../../core/errors.ts";
import { damaged } from "./failure.ts";

/** Nesting of messages; the deepest real models have about 10 levels. */
const MAX_DEPTH = 64;
/**
 * Objects that the decoded file may hold, weighted by the memory they take: 16 for a message or byte string, 1 for a
 * 64-bit integer. A file of 2-byte empty messages would otherwise grow 300-fold in memory.
 */
const MAX_OBJECTS = 1 << 22;
const MESSAGE_WEIGHT = 16;

/** The model in the bytes. Throws LesionError("bad-file") with the byte offset of the damage. Weights stay views of `bytes`. */
export function parseModel(bytes: Uint8Array): ModelProto {
  if (bytes.length === 0) throw damaged("it has 0 bytes", "byte 0", { offset: 0 });
  const walk: Walk = { bytes, reader: new BinaryReader(bytes), objects: 0 };
  try {
    checkMessage(walk, ModelProtoSchema, bytes.length, "model", 0);
    return fromBinary(ModelProtoSchema, bytes, { readUnknownFields: false });
  } catch (error) {
    if (error instanceof LesionError) throw error;
    const offset = Math.min(walk.reader.pos, bytes.length);
    const reason = error instanceof Error ? error.message : String(error);
    throw damaged(`${reason} (byte ${offset} of ${bytes.length})`, `byte ${offset}`, { offset, cause: error });
  }
}

interface Walk {
  readonly bytes: Uint8Array;
  readonly reader: BinaryReader;
  objects: number;
}

const fieldsByNumber = new Map<DescMessage, Map<number, DescField>>();

function fieldOf(message: DescMessage, number: number): DescField | undefined {
  let fields = fieldsByNumber.get(message);
  if (fields === undefined) {
    fields = new Map(message.fields.map((field) => [field.number, field]));
    fieldsByNumber.set(message, fields);
  }
  return fields.get(number);
}

function checkMessage(walk: Walk, message: DescMessage, end: number, path: string, depth: number): void {
  const { reader } = walk;
  if (depth > MAX_DEPTH) throw at(reader.pos, `${path} is nested more than ${MAX_DEPTH} levels deep`);
  while (reader.pos < end) {
    const start = reader.pos;
    const [number, wireType] = reader.tag();
    const field = fieldOf(message, number);
    if (field === undefined) reader.skip(wireType, number);
    else checkField(walk, field, wireType, { start, end, path: `${path}.${field.name}`, depth });
    if (reader.pos > end) throw at(start, `a field of ${path} reaches ${reader.pos - end} bytes past its end`);
  }
}

function checkField(
  walk: Walk,
  field: DescField,
  wireType: WireType,
  place: { start: number; end: number; path: string; depth: number },
): void {
  const { reader } = walk;
  const { start, end, path } = place;
  const plain = wireTypeOf(field);
  const packed = wireType === WireType.LengthDelimited && field.fieldKind === "list";
  if (wireType !== plain && !packed) throw at(start, `${path} has the wire type ${wireType}, not ${plain}`);
  walk.objects += weightOf(field);
  if (wireType === WireType.LengthDelimited) {
    const length = reader.uint32();
    const stop = reader.pos + length;
    if (stop > end) throw at(start, `${path} claims ${length} bytes, and ${Math.max(0, end - reader.pos)} are left`);
    if (field.message !== undefined) checkMessage(walk, field.message, stop, path, place.depth + 1);
    else if (plain !== WireType.LengthDelimited) checkPacked(walk, field, plain, stop, path);
    reader.pos = stop;
  } else {
    reader.skip(wireType);
  }
  if (walk.objects > MAX_OBJECTS) throw at(start, `${path} makes it more than ${MAX_OBJECTS} objects`);
}

function checkPacked(walk: Walk, field: DescField, element: WireType, stop: number, path: string): void {
  const { reader } = walk;
  const length = stop - reader.pos;
  const elementBytes = element === WireType.Bit64 ? 8 : element === WireType.Bit32 ? 4 : 1;
  if (length % elementBytes !== 0) throw at(reader.pos, `${path} has ${length} bytes, no multiple of ${elementBytes}`);
  if (element === WireType.Varint && length > 0 && (walk.bytes[stop - 1]! & 0x80) !== 0) {
    throw at(stop - 1, `the last number of ${path} has no end`);
  }
  walk.objects += weightOf(field) * length;
}

/** The wire type of one value of the field. */
function wireTypeOf(field: DescField): WireType {
  if (field.message !== undefined) return WireType.LengthDelimited;
  switch (field.scalar) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return WireType.LengthDelimited;
    case ScalarType.FLOAT:
      return WireType.Bit32;
    case ScalarType.DOUBLE:
      return WireType.Bit64;
    default:
      return WireType.Varint;
  }
}

function weightOf(field: DescField): number {
  if (wireTypeOf(field) === WireType.LengthDelimited) return MESSAGE_WEIGHT;
  return field.scalar === ScalarType.INT64 || field.scalar === ScalarType.UINT64 ? 1 : 0;
}

function at(offset: number, message: string): LesionError {
  return damaged(`at byte ${offset}, ${message}`, `byte ${offset}`, { offset });
}
