/** IDX files: every type and number of dimensions, plain and gzip, and each way a file can be wrong, one at a time. */
import fc from "fast-check";
import { gzipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { MAX_INFLATED_BYTES } from "./gzip.ts";
import { type IdxArray, readIdx } from "./idx.ts";
import { writeIdx } from "./idx-writer.ts";

const IMAGES = { shape: [3, 5, 7], values: Uint8Array.from({ length: 105 }, (_, i) => (i * 37) % 256) };

const ARRAYS: Record<string, IdxArray> = {
  "unsigned bytes": IMAGES,
  "signed bytes": { shape: [3], values: Int8Array.of(-128, 0, 127) },
  "16-bit integers": { shape: [2, 2], values: Int16Array.of(-32768, 258, 1, 32767) },
  "32-bit integers": { shape: [1, 3], values: Int32Array.of(-2147483648, 16909060, 7) },
  "32-bit floats": { shape: [2, 1, 1], values: Float32Array.of(-1.5, 3.25e-12) },
  "64-bit floats": { shape: [3, 1], values: Float64Array.of(Math.PI, -0, Number.MAX_VALUE) },
  "nothing along an axis": { shape: [2, 0, 4], values: new Uint8Array(0) },
};

describe("readIdx", () => {
  test.each(Object.entries(ARRAYS))("reads %s, plain and gzip", (_, array) => {
    const bytes = writeIdx(array);
    expect(readIdx(bytes, "a")).toEqual(array);
    expect(readIdx(gzipSync(bytes), "a")).toEqual(array);
  });

  test("reads a view that begins in the middle of its buffer", () => {
    const bytes = writeIdx(ARRAYS["64-bit floats"]!);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(readIdx(shifted.subarray(3), "a")).toEqual(ARRAYS["64-bit floats"]);
  });

  test("reads back whatever was written", () => {
    const values = fc.array(fc.float({ noNaN: true }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(values, fc.boolean(), (numbers, zip) => {
        const array = { shape: [numbers.length, 1], values: Float32Array.from(numbers) };
        const bytes = writeIdx(array);
        expect(readIdx(zip ? gzipSync(bytes) : bytes, "a")).toEqual(array);
      }),
      { seed: 2 },
    );
  });

  test("reads gzip with a file name, a comment and extra bytes in its header", () => {
    const zipped = gzipSync(writeIdx(IMAGES), { filename: "t10k-images" });
    expect(readIdx(zipped, "a")).toEqual(IMAGES);
    const plain = gzipSync(writeIdx(IMAGES), { mtime: 0 });
    const header = Uint8Array.of(...plain.subarray(0, 3), 4 | 2, ...plain.subarray(4, 10), 2, 0, 9, 9, 1, 1);
    expect(readIdx(joined(header, plain.subarray(10)), "a")).toEqual(IMAGES);
  });

  const plain = writeIdx(IMAGES);
  const zipped = gzipSync(plain, { mtime: 0 });
  const bomb = gzipSync(joined(plain, new Uint8Array(5_000_000)), { mtime: 0 });
  const claiming = (...shape: number[]) => writeIdx({ shape, values: new Uint8Array(64) });

  test.each<[string, Uint8Array, RegExp, string]>([
    ["a file of 0 bytes", new Uint8Array(0), /^f is empty \(0 bytes\)/, "f, byte 0"],
    ["3 bytes", plain.subarray(0, 3), /truncated.*begins with 4 bytes.*has 3/, "f, byte 3"],
    ["half a header", plain.subarray(0, 9), /header of 3 dimensions takes 16 bytes, and there are 9/, "f, byte 9"],
    [
      "a file cut short",
      plain.subarray(0, 100),
      /truncated.*3 x 5 x 7.*makes 121 bytes, and there are 100/,
      "f, byte 100",
    ],
    ["bytes after the data", joined(plain, Uint8Array.of(1, 2)), /2 bytes too many.*makes 121.*are 123/, "f, byte 121"],
    ["another format", new TextEncoder().encode("\x89PNG image"), /no IDX file: it begins with 0xc2 0x89/, "f, byte 0"],
    ["an unknown type", changed(plain, 2, 0x0a), /unknown IDX type 0x0a; known are 0x08 0x09 0x0b/, "f, byte 2"],
    ["no dimensions", changed(plain, 3, 0), /has 0 dimensions; 1 to 8/, "f, byte 3"],
    ["nine dimensions", changed(plain, 3, 9), /has 9 dimensions; 1 to 8/, "f, byte 3"],
    ["dimensions beyond any memory", claiming(2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1), /truncated/, "f, byte 80"],
    ["gzip cut short", zipped.subarray(0, 60), /^f (cannot be inflated|is damaged)/, "f, byte"],
    ["12 bytes of gzip", zipped.subarray(0, 12), /gzip file has at least 18 bytes, this one 12/, "f, byte 12"],
    [
      "gzip without contents",
      joined(zipped.subarray(0, 10), new Uint8Array(8)),
      /truncated inside its gzip/,
      "f, byte 18",
    ],
    ["gzip that is not deflate", changed(zipped, 2, 7), /compression method 7/, "f, byte 2"],
    ["gzip with reserved flags", changed(zipped, 3, 0x80), /reserved gzip flags set \(0x80\)/, "f, byte 3"],
    ["a wrong checksum", changed(zipped, zipped.length - 8, zipped.at(-8)! ^ 1), /its checksum is 0x/, "f, byte"],
    ["bytes after gzip", joined(zipped, new Uint8Array(20)), /bytes after its end/, "f, byte"],
    ["a megabyte after gzip", joined(zipped, new Uint8Array(1_000_000)), /bytes after its end: 121 bytes/, "f, byte"],
    ["gzip of more than announced", bomb, /holds more than the 121 bytes/, "f, byte"],
    ["gzip of less than announced", gzipSync(plain.subarray(0, 90)), /holds 90 bytes, and its .* 121/, "f, byte"],
    ["gzip that cannot hold what it announces", gzipSync(claiming(90_000, 28, 28)), /at most \d+/, "f, byte 0"],
  ])("refuses %s", (_, bytes, message, where) => {
    expect(() => readIdx(bytes, "f")).toThrow(
      expect.objectContaining({
        code: "bad-file",
        message: expect.stringMatching(message),
        where: expect.stringContaining(where),
        fix: expect.stringMatching(/\w/),
      }),
    );
  });

  test("refuses gzip contents above the cap before it inflates them", () => {
    const draw = random(22);
    const noise = Uint8Array.from({ length: 1_100_000 }, () => draw.uint32() >>> 24);
    noise.set([0, 0, 8, 1, 0x40, 0, 0, 1]);
    expect(() => readIdx(gzipSync(noise, { level: 1 }), "f")).toThrow(
      expect.objectContaining({ code: "unsupported", detail: { expected: MAX_INFLATED_BYTES, found: 2 ** 30 + 9 } }),
    );
  });
});

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function changed(bytes: Uint8Array, at: number, value: number): Uint8Array {
  return bytes.with(at, value);
}
