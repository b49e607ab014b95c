/** Content hashes: SHA-256 as published, and JSON that is the same for equal values. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson, sha256 } from "./hash.ts";

describe("sha256", () => {
  // FIPS 180-2, appendix B.1, and the digest of nothing.
  test.each([
    ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ])("of %j", async (text, digest) => {
    expect(await sha256(text)).toBe(digest);
  });

  test("takes parts as one, text as UTF-8, and views as what they show", async () => {
    const bytes = new TextEncoder().encode("xxäbcx");
    expect(await sha256("ä", "", "bc")).toBe(await sha256("äbc"));
    expect(await sha256(bytes.subarray(2, 6))).toBe(await sha256("äbc"));
    expect(await sha256()).toBe(await sha256(""));
  });
});

describe("canonicalJson", () => {
  test("orders keys at every depth, leaves lists as they are, drops what is undefined", () => {
    const value = { b: [3, { z: null, a: "\n" }], a: undefined, Z: true, aa: 1.5 };
    expect(canonicalJson(value)).toBe('{"Z":true,"aa":1.5,"b":[3,{"a":"\\n","z":null}]}');
  });

  test("is JSON of the same value, whatever the order of keys", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { seed: 5 },
    );
  });
});
