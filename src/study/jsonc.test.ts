import fc from "fast-check";
import { expect, test } from "vitest";
import { LesionError } from "../core/errors.ts";
import { parseJsonc } from "./jsonc.ts";

const failure = (text: string): LesionError => {
  try {
    parseJsonc(text);
  } catch (error) {
    if (error instanceof LesionError) return error;
    throw error;
  }
  throw new Error(`${JSON.stringify(text)} was accepted`);
};

test("reads what JSON.parse reads", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), fc.integer({ min: 0, max: 3 }), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      expect(parseJsonc(text).value).toEqual(JSON.parse(text));
    }),
  );
});

test("refuses what JSON.parse refuses, always with a place in the text", () => {
  const mutated = fc
    .tuple(fc.jsonValue({ maxDepth: 3 }), fc.nat(), fc.constantFrom("", ",", "}", "]", '"', "\\", "01", "\n", "tru"))
    .map(([value, at, insert]) => {
      const text = JSON.stringify(value);
      const cut = at % (text.length + 1);
      return text.slice(0, cut) + insert + text.slice(cut + 1);
    });
  fc.assert(
    fc.property(fc.oneof(mutated, fc.string()), (text) => {
      let expected: unknown;
      try {
        expected = JSON.parse(text);
      } catch {
        fc.pre(!text.includes("/"));
        const { code, detail } = failure(text);
        expect(code).toBe("bad-study");
        expect(detail?.["offset"]).toBeLessThanOrEqual(text.length);
        return;
      }
      // JSON.parse takes the last of two equal keys; a study with both is refused.
      fc.pre(!/"((?:[^"\\]|\\.)*)".*"\1"\s*:/s.test(text));
      expect(parseJsonc(text).value).toEqual(expected);
    }),
    { numRuns: 2000, seed: 1337 },
  );
});

test("comments stand between tokens, and not in strings", () => {
  const text = `// a study
  { /* two
  lines */ "name": "a // b /* c */", // the name
    "seed": 1 }`;
  expect(parseJsonc(text).value).toEqual({ name: "a // b /* c */", seed: 1 });
});

test.each([
  ['{\n  "a": 1,\n}', 3, 1, '"," before "}"'],
  ['{ "a" 1 }', 1, 7, 'in place of ":"'],
  ["{ a: 1 }", 1, 3, "in place of a key"],
  ['{ "a": 1\n  "b": 2 }', 2, 3, 'in place of "," or "}"'],
  ['{ "a": .5 }', 1, 8, "in place of a value"],
  ['{ "a": 1, "a": 2 }', 1, 11, 'a second key "a"'],
  ['{\r\n "a": "b', 2, 7, "a string without its end"],
  ["/* {}", 1, 1, "a comment without its end"],
  ["{} x", 1, 4, "after the end"],
  ["", 1, 1, "found the end of the text"],
  ['["\\x"]', 1, 2, "a bad escape"],
])("%j fails at line %i, column %i", (text, line, column, what) => {
  const { message, detail, fix } = failure(text);
  expect(message).toContain(what);
  expect(detail).toMatchObject({ line, column });
  expect(fix).toBeTruthy();
});

test("deep nesting is an error and no overflow", () => {
  expect(failure("[".repeat(100_000)).message).toContain("nesting deeper than 64");
});

test("a key is kept as it is, whatever its name", () => {
  const { value } = parseJsonc('{ "__proto__": { "polluted": 1 } }');
  expect(Object.keys(value as object)).toEqual(["__proto__"]);
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
});

test("tells where a value stood", () => {
  const { position } = parseJsonc('{\n  "sweeps": [\n    { "ablate": "pairs" },\n    7 ]\n}');
  expect(position("sweeps")).toEqual({ line: 2, column: 3 });
  expect(position("sweeps[0].ablate")).toEqual({ line: 3, column: 7 });
  expect(position("sweeps[1]")).toEqual({ line: 4, column: 5 });
  expect(position("nothing")).toBeNull();
});
