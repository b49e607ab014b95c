/** Written tensors read back bit for bit, and lie where the format wants them. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type NamedTensor, readSafetensors, writeSafetensors } from "./safetensors-write.ts";

const named = fc.uniqueArray(
  fc.record({
    name: fc.string({ unit: "grapheme" }).filter((name) => name !== "__metadata__"),
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
    seed: fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { minLength: 64, maxLength: 64 }),
    isFloat: fc.boolean(),
  }),
  { selector: ({ name }) => name, maxLength: 6 },
);
const tensors = named.map((all) =>
  all.map(({ name, shape, seed, isFloat }): NamedTensor => {
    const bits = Uint32Array.from(seed).slice(
      0,
      shape.reduce((product, size) => product * size, 1),
    );
    return isFloat
      ? { name, dtype: "F32", shape, values: new Float32Array(bits.buffer) }
      : { name, dtype: "U32", shape, values: bits };
  }),
);
const bitsOf = ({ values }: NamedTensor) => new Uint32Array(values.buffer, values.byteOffset, values.length);

test("tensors of any bits, NaN among them, and metadata read back", () => {
  fc.assert(
    fc.property(tensors, fc.dictionary(fc.string(), fc.string()), (given, metadata) => {
      const file = writeSafetensors(given, metadata);
      const again = readSafetensors(file);
      expect(again.metadata).toEqual({ ...metadata });
      expect([...again.tensors.keys()].sort()).toEqual(given.map(({ name }) => name).sort());
      for (const tensor of given) {
        const found = again.tensors.get(tensor.name)!;
        expect([found.dtype, found.shape]).toEqual([tensor.dtype, tensor.shape]);
        expect(bitsOf(found)).toEqual(bitsOf(tensor));
      }
      expect(writeSafetensors([...given].reverse(), metadata)).toEqual(file);
    }),
    { seed: 1337, numRuns: 300 },
  );
});

test("the header is the format's: padded to 8 bytes, floats first, then by name", () => {
  const file = writeSafetensors(
    [
      { name: "step", dtype: "U32", shape: [], values: Uint32Array.of(7) },
      { name: "b", dtype: "F32", shape: [1, 2], values: Float32Array.of(1, 2) },
      { name: "a", dtype: "F32", shape: [1], values: Float32Array.of(-0) },
    ],
    { epoch: "3" },
  );
  const length = Number(new DataView(file.buffer).getBigUint64(0, true));
  expect(length % 8).toBe(0);
  expect(new TextDecoder().decode(file.subarray(8, 8 + length)).trimEnd()).toBe(
    '{"__metadata__":{"epoch":"3"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},' +
      '"b":{"dtype":"F32","shape":[1,2],"data_offsets":[4,12]},"step":{"dtype":"U32","shape":[],"data_offsets":[12,16]}}',
  );
  expect(file.length).toBe(8 + length + 16);
});

test.each([
  ["a name given twice", ["a", "a"], [1]],
  ["the format's own name", ["__metadata__"], [1]],
  ["a shape of another size", ["a"], [3]],
])("%s is refused", (_, names, shape) => {
  const given = names.map((name): NamedTensor => ({ name, dtype: "F32", shape, values: Float32Array.of(1) }));
  expect(() => writeSafetensors(given)).toThrow(expect.objectContaining({ code: "internal" }));
});

test("elements of another type are refused by name", () => {
  const file = writeSafetensors([{ name: "w", dtype: "F32", shape: [1], values: Float32Array.of(1) }]);
  const at = new TextDecoder().decode(file).indexOf("F32");
  file.set(new TextEncoder().encode("I32"), at);
  expect(() => readSafetensors(file)).toThrow(
    expect.objectContaining({ code: "unsupported", message: expect.stringContaining('"w" has elements of type I32') }),
  );
});
