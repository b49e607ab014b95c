/**
 * The container: every float type read, integers passed over, and each claim of a header that cannot be refused with
 * its byte.
 */
import { describe, expect, test } from "vitest";
import { LesionError } from "../core/errors.ts";
import { random } from "../core/random.ts";
import { f32, fileOf, safetensorsFile } from "./safetensors.fixture.ts";
import { floatsOfTensor, readSafeTensors } from "./safetensors-file.ts";

const entry = (dtype: string, shape: unknown, from: unknown, to: unknown) =>
  JSON.stringify({ dtype, shape, data_offsets: [from, to] });

describe("readSafeTensors", () => {
  test.each([
    ["F32", Float32Array.of(1.5, -0.1), [1.5, Math.fround(-0.1)]],
    ["F64", Float64Array.of(1.5, -0.1), [1.5, Math.fround(-0.1)]],
    ["F16", Uint16Array.of(0x3e00, 0xc000), [1.5, -2]],
    ["BF16", Uint16Array.of(0x3fc0, 0xc000), [1.5, -2]],
  ])("reads %s, from any byte of the file", (dtype, values, expected) => {
    const tensors = readSafeTensors(
      safetensorsFile({ odd: { dtype: "U8", dims: [3], values: new Uint8Array(3) }, w: { dtype, dims: [2], values } }),
    );
    expect([...floatsOfTensor(tensors.get("w")!)]).toEqual(expected);
  });

  test("knows integers, empty tensors and scalars, and takes only floats as weights", () => {
    const tensors = readSafeTensors(
      safetensorsFile({
        count: { dtype: "I64", dims: [], values: BigInt64Array.of(7n) },
        none: f32([0, 4], []),
        __proto: f32([1], [2]),
      }),
    );
    expect([...tensors.keys()]).toEqual(["count", "none", "__proto"]);
    expect(floatsOfTensor(tensors.get("none")!)).toHaveLength(0);
    expect(() => floatsOfTensor(tensors.get("count")!)).toThrow(
      expect.objectContaining({ code: "unsupported", message: expect.stringContaining("type I64") }),
    );
  });

  test("names the index and byte of a weight that is not finite", () => {
    const file = safetensorsFile({ a: f32([1], [0]), w: f32([3], [1, 2, Number.NaN]) });
    const w = readSafeTensors(file).get("w")!;
    expect(() => floatsOfTensor(w)).toThrow(
      expect.objectContaining({
        code: "bad-model",
        where: `tensor "w", byte ${file.length - 4}`,
        detail: { index: 2, offset: file.length - 4 },
      }),
    );
    const wide = readSafeTensors(safetensorsFile({ w: { dtype: "F64", dims: [1], values: Float64Array.of(1e300) } }));
    expect(() => floatsOfTensor(wide.get("w")!)).toThrow(/is Infinity as f32 at index 0/);
  });

  const w = (text: string) => `{"w":${text}}`;
  test.each([
    ["nothing", new Uint8Array(), /has 0 bytes/, "byte 0"],
    ["a cut length", new Uint8Array(7), /has 7 bytes/, "byte 7"],
    ["a header beyond the file", fileOf("{}").with(0, 200), /claims 200 bytes, and 2 are left/, "byte 0"],
    ["a length of 2^63", fileOf("{}").with(7, 128), /claims 9223372036854776000 bytes/, "byte 0"],
    ["a header that is no JSON", fileOf("{nonsense"), /no JSON/, "byte 8"],
    ["a header that is no object", fileOf("[]"), /no JSON object/, "byte 8"],
    ["a tensor that is no object", fileOf('{"w":3}'), /tensor "w" has no description/, 'tensor "w", byte 8'],
    ["an unknown type", fileOf(w(entry("Q4", [1], 0, 4)), new Uint8Array(4)), /type "Q4"/, 'tensor "w", byte 8'],
    ["a negative size", fileOf(w(entry("F32", [-1], 0, 4)), new Uint8Array(4)), /no shape/, 'tensor "w", byte 8'],
    ["a fraction of a byte", fileOf(w(entry("F32", [1], 0.5, 4)), new Uint8Array(4)), /no place/, 'tensor "w", byte 8'],
    [
      "an end before the beginning",
      fileOf(w(entry("F32", [1], 4, 0)), new Uint8Array(4)),
      /bytes 4 to 0/,
      /^tensor "w", byte \d+$/,
    ],
    [
      "a tensor beyond the file",
      fileOf(w(entry("F32", [2], 0, 8)), new Uint8Array(4)),
      /bytes 0 to 8 of the data, which has 4/,
      /^tensor "w"/,
    ],
    [
      "fewer bytes than the shape needs",
      fileOf(w(entry("F32", [2], 0, 4)), new Uint8Array(4)),
      /has 4 bytes, its shape \[2\] of F32 needs 8/,
      /^tensor "w"/,
    ],
    [
      "sizes beyond counting",
      fileOf(w(entry("F32", [2 ** 40, 2 ** 40], 0, 4)), new Uint8Array(4)),
      /needs/,
      /^tensor "w"/,
    ],
    [
      "an overlap",
      fileOf(`{"v":${entry("F32", [2], 0, 8)},"w":${entry("F32", [1], 4, 8)}}`, new Uint8Array(8)),
      /"w" overlaps/,
      /^tensor "w"/,
    ],
    ["a hole", fileOf(w(entry("F32", [1], 4, 8)), new Uint8Array(8)), /leaves 4 bytes before it unused/, /^tensor "w"/],
    [
      "a name twice",
      fileOf(`{"w":${entry("F32", [1], 0, 4)},"w":${entry("F32", [1], 4, 8)}}`, new Uint8Array(8)),
      /leaves 4 bytes/,
      /^tensor "w"/,
    ],
    [
      "bytes after the last tensor",
      fileOf(w(entry("F32", [1], 0, 4)), new Uint8Array(6)),
      /end at byte \d+, and the file has/,
      /^byte \d+$/,
    ],
  ])("refuses %s", (_, file, message, where) => {
    expect(() => readSafeTensors(file)).toThrow(
      expect.objectContaining({
        code: "bad-file",
        message: expect.stringMatching(message),
        where: typeof where === "string" ? where : expect.stringMatching(where),
        fix: expect.any(String),
      }),
    );
  });

  test("gives tensors or a LesionError for a thousand damaged copies", () => {
    const draw = random(1337, "damage");
    const file = safetensorsFile({ "conv.weight": f32([2, 3], [1, 2, 3, 4, 5, 6]), bias: f32([2], [1, 2]) });
    for (let round = 0; round < 1000; round++) {
      const copy = file.slice(0, draw.below(4) === 0 ? draw.below(file.length) : file.length);
      for (let edit = draw.below(4); edit > 0 && copy.length > 0; edit--)
        copy[draw.below(copy.length)] = draw.below(256);
      try {
        for (const tensor of readSafeTensors(copy).values()) floatsOfTensor(tensor);
      } catch (error) {
        expect(error).toBeInstanceOf(LesionError);
      }
    }
  });
});
