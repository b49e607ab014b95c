/** Arrays as NumPy writes them: every element type, both orders, both byte orders, three versions; and damage refused. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LesionError } from "../core/errors.ts";
import { halfToFloat } from "../core/half-float.ts";
import { type NpyType, readNpy } from "./npy.ts";
import { npyFloats, npyIntegers, writeNpy } from "./npy-values.ts";

/** A file with a header's text as it stands, padded as NumPy pads it. */
function file(header: string, data: ArrayLike<number>, version = 1): Uint8Array {
  const lengthBytes = version === 1 ? 2 : 4;
  const text = `${header.padEnd(Math.ceil((header.length + 9 + lengthBytes) / 64) * 64 - 9 - lengthBytes)}\n`;
  const length = Array.from({ length: lengthBytes }, (_, i) => (text.length >>> (8 * i)) & 255);
  return Uint8Array.of(
    0x93,
    ...[..."NUMPY"].map((c) => c.charCodeAt(0)),
    version,
    0,
    ...length,
    ...encoded(text),
    ...Array.from(data),
  );
}
const encoded = (text: string) => new TextEncoder().encode(text);
const dictionary = (descr: string, shape: string, order = "False") =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;
const bytesOf = (values: ArrayBufferView) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

describe("readNpy", () => {
  test.each<[string, NpyType, ArrayBufferView, (number | bigint)[]]>([
    ["<f2", "f2", Uint16Array.of(0x3c00, 0xc000), [1, -2]],
    ["<f4", "f4", Float32Array.of(1.5, -0.1), [1.5, Math.fround(-0.1)]],
    ["<f8", "f8", Float64Array.of(1.5, -0.1), [1.5, -0.1]],
    ["|i1", "i1", Int8Array.of(-128, 127), [-128, 127]],
    ["<i2", "i2", Int16Array.of(-3, 300), [-3, 300]],
    ["<i4", "i4", Int32Array.of(-3, 70_000), [-3, 70_000]],
    ["<i8", "i8", BigInt64Array.of(-3n, 2n ** 60n), [-3n, 2n ** 60n]],
    ["|u1", "u1", Uint8Array.of(0, 255), [0, 255]],
    ["<u2", "u2", Uint16Array.of(1, 65_535), [1, 65_535]],
    ["<u4", "u4", Uint32Array.of(1, 2 ** 32 - 1), [1, 2 ** 32 - 1]],
    ["<u8", "u8", BigUint64Array.of(1n, 2n ** 64n - 1n), [1n, 2n ** 64n - 1n]],
    ["|b1", "bool", Uint8Array.of(1, 0), [1, 0]],
    ["=f4", "f4", Float32Array.of(1, 2), [1, 2]],
  ])("reads %s", (descr, dtype, data, expected) => {
    const array = readNpy(file(dictionary(descr, "(2,)"), bytesOf(data)), "a.npy");
    expect([array.dtype, array.dims, Array.from(array.values as ArrayLike<number | bigint>)]).toEqual([
      dtype,
      [2],
      expected,
    ]);
  });

  test.each([
    [">f4", [0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0], [1, -2]],
    [">f2", [0x3c, 0, 0xc0, 0], [1, -2]],
    [">i2", [1, 0, 0xff, 0xff], [256, -1]],
    [">i8", [0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2], [256n, 2n]],
  ])("reads big-endian %s", (descr, data, expected) => {
    expect(
      Array.from(readNpy(file(dictionary(descr, "(2,)"), data), "a.npy").values as ArrayLike<number | bigint>),
    ).toEqual(expected);
  });

  test("puts Fortran order into rows", () => {
    // numpy.asfortranarray(numpy.arange(24).reshape(2, 3, 4)) is stored as arange(24).reshape(2, 3, 4).T.ravel().
    const stored = Array.from({ length: 24 }, (_, i) => (i % 2) * 12 + (Math.floor(i / 2) % 3) * 4 + Math.floor(i / 6));
    const array = readNpy(file(dictionary("|u1", "(2, 3, 4)", "True"), stored), "a.npy");
    expect([array.dims, [...array.values]]).toEqual([[2, 3, 4], Array.from({ length: 24 }, (_, i) => i)]);
  });

  test.each([
    ["a single number", "()", [], [7]],
    ["no numbers", "(0, 3)", [0, 3], []],
    ["Python 2's long integers", "(1L, 2L)", [1, 2], [7, 8]],
  ])("reads %s", (_, shape, dims, data) => {
    const array = readNpy(file(dictionary("|u1", shape), data), "a.npy");
    expect([array.dims, [...array.values]]).toEqual([dims, data]);
  });

  test("reads versions 2 and 3, double quotes and any order of the entries", () => {
    const header = `{"shape": (2,), "descr": "|u1", "fortran_order": False}`;
    for (const version of [1, 2, 3])
      expect([...readNpy(file(header, [4, 5], version), "a.npy").values]).toEqual([4, 5]);
  });

  test("reads a view that begins anywhere", () => {
    const whole = Uint8Array.of(9, 9, 9, ...writeNpy({ dtype: "f4", dims: [1], values: [0.5] }));
    expect([...readNpy(whole.subarray(3), "a.npy").values]).toEqual([0.5]);
    expect([...readNpy(Buffer.from(whole).subarray(3), "a.npy").values]).toEqual([0.5]);
  });

  const good = file(dictionary("<f4", "(2, 3)"), new Uint8Array(24));
  test.each<[string, Uint8Array, string, RegExp, number | null]>([
    ["nothing", new Uint8Array(), "bad-file", /is no NumPy array/, 0],
    ["another format", encoded("PK\x03\x04abcdef"), "bad-file", /is no NumPy array/, 0],
    ["an unknown version", Uint8Array.from(good, (byte, i) => (i === 6 ? 9 : byte)), "bad-file", /version 9\.0/, 6],
    ["a cut header", good.subarray(0, 40), "bad-file", /claims 118 bytes, and 30 are left/, 8],
    ["cut values", good.subarray(0, -1), "bad-file", /\(2, 3\), f4\) makes 152 bytes, and there are 151/, 151],
    ["trailing bytes", Uint8Array.of(...good, 0), "bad-file", /1 bytes too many/, 152],
    ["objects", file(dictionary("|O", "(2,)"), []), "unsupported", /type '\|O'/, null],
    [
      "records",
      file("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", []),
      "unsupported",
      /type \[\('a'/,
      null,
    ],
    ["complex numbers", file(dictionary("<c8", "(2,)"), []), "unsupported", /<c8/, null],
    ["a negative size", file(dictionary("|u1", "(-2,)"), []), "bad-file", /header without/, null],
    [
      "a size beyond counting",
      file(dictionary("|u1", "(99999999, 99999999, 9)"), []),
      "bad-file",
      /has the shape \(99999999/,
      10,
    ],
    ["a missing entry", file("{'descr': '<f4', 'shape': (2,), }", []), "bad-file", /"fortran_order"/, null],
    [
      "code",
      file("{'descr': '<f4', 'fortran_order': False, 'shape': print(2), }", []),
      "bad-file",
      /header without/,
      null,
    ],
  ])("refuses %s", (_, bytes, code, message, offset) => {
    expect(() => readNpy(bytes, "a.npy")).toThrow(
      expect.objectContaining({
        code,
        message: expect.stringMatching(message),
        where: expect.stringMatching(offset === null ? /^a\.npy, byte \d+$/ : new RegExp(`^a\\.npy, byte ${offset}$`)),
        fix: expect.any(String),
      }),
    );
  });

  test("gives an array or a LesionError for any change of a byte", () => {
    for (let at = 0; at < good.length - 24; at++) {
      for (const value of [0, 0x20, 0x28, 0x39, 0xff]) {
        const copy = good.slice();
        copy[at] = value;
        try {
          readNpy(copy, "a.npy");
        } catch (error) {
          expect(error).toBeInstanceOf(LesionError);
        }
      }
    }
  });
});

describe("writeNpy", () => {
  test("writes what NumPy writes", () => {
    // numpy.save of numpy.array([[1, 2]], "float32"), numpy 2.
    const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }";
    expect(writeNpy({ dtype: "f4", dims: [1, 2], values: [1, 2] })).toEqual(
      Uint8Array.of(
        0x93,
        ...encoded("NUMPY"),
        1,
        0,
        118,
        0,
        ...encoded(`${header.padEnd(117)}\n`),
        0,
        0,
        128,
        63,
        0,
        0,
        0,
        64,
      ),
    );
  });

  test("is read back", () => {
    // Every type and what it can hold: bits of f2 make all of its numbers.
    const values: Readonly<Record<NpyType, fc.Arbitrary<number>>> = {
      f2: fc.nat(0x7bff).map(halfToFloat),
      f4: fc.float({ noNaN: true }),
      f8: fc.double({ noNaN: true }),
      i1: fc.integer({ min: -128, max: 127 }),
      i2: fc.integer({ min: -0x8000, max: 0x7fff }),
      i4: fc.integer(),
      i8: fc.maxSafeInteger(),
      u1: fc.nat(255),
      u2: fc.nat(0xffff),
      u4: fc.nat(2 ** 32 - 1),
      u8: fc.maxSafeNat(),
      bool: fc.nat(1),
    };
    const anyArray = fc
      .record({
        dtype: fc.constantFrom(...(Object.keys(values) as NpyType[])),
        dims: fc.array(fc.nat(4), { maxLength: 5 }),
      })
      .chain(({ dtype, dims }) => {
        const count = dims.reduce((product, size) => product * size, 1);
        const value = values[dtype];
        return fc.record({
          dtype: fc.constant(dtype),
          dims: fc.constant(dims),
          values: fc.array(value, { minLength: count, maxLength: count }),
        });
      });
    fc.assert(
      fc.property(anyArray, (array) => {
        const bytes = writeNpy(array);
        const read = readNpy(bytes, "a.npy");
        expect([read.dtype, read.dims, Array.from(read.values as ArrayLike<number | bigint>, Number)]).toEqual([
          array.dtype,
          array.dims,
          array.values,
        ]);
        // f2 is widened to twice its size.
        const dataBytes = read.values.byteLength / (array.dtype === "f2" ? 2 : 1);
        expect((bytes.length - dataBytes) % 64).toBe(0);
      }),
      { seed: 1337 },
    );
  });
});

test("writeNpy wraps integers around, and rounds floats", () => {
  const stored = (dtype: NpyType, values: number[]) =>
    Array.from(
      readNpy(writeNpy({ dtype, dims: [values.length], values }), "a.npy").values as ArrayLike<number>,
      Number,
    );
  expect(stored("u1", [255, 256, -1])).toEqual([255, 0, 255]);
  expect(stored("i1", [128, -129])).toEqual([-128, 127]);
  expect(stored("u8", [-1])).toEqual([2 ** 64]);
  expect(stored("f2", [1 + 2 ** -12, 1e9])).toEqual([1, Number.POSITIVE_INFINITY]);
});

describe("values", () => {
  const array = (dtype: NpyType, values: ArrayBufferView) =>
    readNpy(file(dictionary(dtype === "bool" ? "|b1" : `<${dtype}`, "(2,)"), bytesOf(values)), "a.npy");

  test("become floats", () => {
    expect(npyFloats(array("f8", Float64Array.of(0.1, 2)))).toEqual(Float32Array.of(0.1, 2));
    expect(npyFloats(array("u8", BigUint64Array.of(3n, 4n)))).toEqual(Float32Array.of(3, 4));
  });

  test("become whole numbers, or are refused", () => {
    expect(npyIntegers(array("i8", BigInt64Array.of(-5n, 2n ** 53n - 1n)), "a.npy")).toEqual([-5, 2 ** 53 - 1]);
    expect(npyIntegers(array("bool", Uint8Array.of(2, 0)), "a.npy")).toEqual([1, 0]);
    expect(() => npyIntegers(array("f4", Float32Array.of(1, 2)), "a.npy")).toThrow(/floating-point numbers \(f4\)/);
    expect(() => npyIntegers(array("i8", BigInt64Array.of(0n, 2n ** 53n)), "a.npy")).toThrow(
      /9007199254740992 at index 1/,
    );
  });
});
