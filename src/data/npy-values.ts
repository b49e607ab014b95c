/** What arrays become: floats for a network to read, whole numbers where nothing may be lost, and files again. */
import { LesionError } from "../core/errors.ts";
import { floatToHalf } from "../core/half-float.ts";
import { type NpyArray, type NpyType, type NpyValues, shapeOf } from "./npy.ts";

/** The values in f32, rounded where they have more bits. An f4 or f2 array's own values are not copied. */
export function npyFloats({ values }: NpyArray): Float32Array {
  return values instanceof Float32Array ? values : Float32Array.from(values as ArrayLike<number | bigint>, Number);
}

/**
 * The values of an integer or bool array, exact. Throws `bad-data` for floats, and for what a double cannot tell apart.
 */
export function npyIntegers({ values, dtype, dims }: NpyArray, name: string): number[] {
  if (values instanceof Float32Array || values instanceof Float64Array) {
    throw new LesionError("bad-data", `${name} holds floating-point numbers (${dtype}); whole numbers are wanted`, {
      where: name,
      fix: 'Save the array as integers: array.astype("int64").',
    });
  }
  return Array.from(values as ArrayLike<number | bigint>, (value, index) => {
    const number = Number(value);
    if (Number.isSafeInteger(number)) return number;
    throw new LesionError("bad-data", `${name}, of shape ${shapeOf(dims)}, has ${value} at index ${index}`, {
      where: `${name}, index ${index}`,
      fix: "Whole numbers are read up to 2^53 - 1.",
    });
  });
}

/** An array to write. */
export interface NpyOutput {
  readonly dtype: NpyType;
  readonly dims: readonly number[];
  /** Row-major. Integers that the type has not wrap around; floats are rounded to it. */
  readonly values: ArrayLike<number>;
}

/**
 * An .npy file, version 1.0, little-endian, row-major; its values begin at a multiple of 64 bytes, as NumPy's own do.
 */
export function writeNpy({ dtype, dims, values }: NpyOutput): Uint8Array {
  const count = dims.reduce((product, size) => product * size, 1);
  if (count !== values.length) {
    throw new LesionError("internal", `${values.length} values were to be written as ${shapeOf(dims)}`);
  }
  const descr = dtype === "bool" ? "|b1" : dtype.endsWith("1") ? `|${dtype}` : `<${dtype}`;
  const entries = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shapeOf(dims)}, }`;
  const text = `${entries.padEnd(Math.ceil((entries.length + 11) / 64) * 64 - 11)}\n`;
  const data = bytesOf(dtype, values);
  const file = new Uint8Array(10 + text.length + data.length);
  file.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length & 255, text.length >>> 8]);
  file.set(new TextEncoder().encode(text), 10);
  file.set(data, 10 + text.length);
  return file;
}

function bytesOf(dtype: NpyType, values: ArrayLike<number>): Uint8Array {
  return new Uint8Array(elementsOf(dtype, values).buffer);
}

function elementsOf(dtype: NpyType, values: ArrayLike<number>): NpyValues {
  switch (dtype) {
    case "f2":
      return Uint16Array.from(values, floatToHalf);
    case "f4":
      return Float32Array.from(values);
    case "f8":
      return Float64Array.from(values);
    case "i1":
      return Int8Array.from(values);
    case "i2":
      return Int16Array.from(values);
    case "i4":
      return Int32Array.from(values);
    case "i8":
      return BigInt64Array.from(values, BigInt);
    case "u1":
      return Uint8Array.from(values);
    case "u2":
      return Uint16Array.from(values);
    case "u4":
      return Uint32Array.from(values);
    case "u8":
      return BigUint64Array.from(values, BigInt);
    case "bool":
      return Uint8Array.from(values, (value) => (value === 0 ? 0 : 1));
  }
}
