import fc from "fast-check";
import { expect, test } from "vitest";
import { decode, encode } from "./json-arrays.ts";

const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: "small" },
    fc.uint8Array(),
    fc.uint32Array(),
    fc.string(),
    fc.integer(),
    fc.constant(null),
    fc.array(tie("any")),
    fc.dictionary(fc.stringMatching(/^[a-z]+$/), tie("any")),
  ),
})).any;

test("values cross as JSON and come back with their typed arrays", () => {
  fc.assert(
    fc.property(value, (sent) => {
      expect(decode(JSON.parse(JSON.stringify(encode(sent))))).toEqual(sent);
    }),
  );
});

test("only the part of a buffer that an array shows crosses", () => {
  const words = new Uint32Array([1, 2, 0x80000001, 4]).subarray(1, 3);
  expect(decode(encode({ words }))).toEqual({ words: new Uint32Array([2, 0x80000001]) });
});

test("undefined fields do not cross", () => {
  expect(encode({ a: undefined, b: [1] })).toEqual({ b: [1] });
});
