/** What the constants rule out is gone, all else is there, and what is left is a shader that computes the same. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WgslReflect } from "wgsl_reflect";
import gemmTile from "../../shaders/gemm-tile.wgsl";
import rearrange from "../../shaders/rearrange.wgsl";
import { withoutDeadCode } from "./dead-code.ts";
import { specialize } from "./specialize.ts";

/** Text without the differences that do not matter. */
const words = (text: string) => text.replace(/\s+/g, " ").trim();
const constants = new Map([
  ["ON", 1],
  ["OFF", 0],
  ["KIND", 2],
]);
const main = (body: string) => `@compute @workgroup_size(1)\nfn main() { ${body} }`;
const settled = (body: string) => words(withoutDeadCode(main(body), constants)).slice(words(main("")).length - 1, -2);

describe("branches", () => {
  test.each([
    ["if (ON == 1u) { a(); } b();", "a(); b();"],
    ["if (ON == 1u) { let x = a(); use(x); }", "{ let x = a(); use(x); }"],
    ["if (OFF == 1u) { a(); } b();", "b();"],
    ["if (KIND > 2u) { a(); } else { b(); } c();", "{ b(); } c();"],
    ["if (KIND <= 2u) { a(); } else if (x) { b(); } else { c(); } d();", "a(); d();"],
    ["if (KIND < 2u) { a(); } else if (x) { b(); } else { c(); }", "if (x) { b(); } else { c(); }"],
    ["if (x) { a(); } else if (ON != 1u) { b(); }", "if (x) { a(); } else {}"],
    ["if (x) { a(); } else if (ON >= 1u) { b(); } else { c(); } d();", "if (x) { a(); } else { b(); } d();"],
    ["if (x) { if (OFF == 0u) { a(); } } b();", "if (x) { a(); } b();"],
  ])("%s", (body, left) => {
    expect(settled(body)).toBe(left);
  });

  test("that return are the last of their block", () => {
    expect(settled("if (x) { if (ON == 1u) { return; } a(); } b();")).toBe("if (x) { return; } b();");
    expect(settled("if (x) { a(); } else if (ON == 1u) { return; } b();")).toBe(
      "if (x) { a(); } else { return; } b();",
    );
  });

  test.each([
    ["ON == 1u && x < y", "x < y"],
    ["OFF == 0u && ON == 1u && (x || y)", "(x || y)"],
    ["OFF == 1u || x", "x"],
    ["size.on == 1u", "size.on == 1u"],
    ["x == ON", "x == ON"],
    ["ON + 1u == 2u", "ON + 1u == 2u"],
  ])("are left to be decided where the constants do not: %s", (condition, left) => {
    expect(settled(`if (${condition}) { a(); }`)).toBe(`if (${left}) { a(); }`);
  });

  test("run as they would have, whatever the conditions", () => {
    const comparison = fc
      .tuple(fc.constantFrom("ON", "OFF", "KIND", "x", "y"), fc.constantFrom("==", "!=", "<", ">="), fc.nat(2))
      .map(([left, operator, right]) => `${left} ${operator} ${right}u`);
    const condition = fc
      .tuple(fc.array(comparison, { minLength: 1, maxLength: 3 }), fc.constantFrom(" && ", " || "))
      .map(([terms, joint]) => terms.join(joint));
    const { body } = fc.letrec<{ body: string }>((tie) => ({
      body: fc.oneof(
        { maxDepth: 3 },
        fc.nat(99).map((i) => `see(${i});`),
        fc.tuple(condition, tie("body"), tie("body")).map(([c, a, b]) => `if (${c}) { ${a} } else { ${b} } see(100);`),
        fc.tuple(condition, tie("body")).map(([c, a]) => `if (${c}) { ${a} } see(101);`),
        fc
          .tuple(condition, condition, tie("body"))
          .map(([c, d, a]) => `if (${c}) { return; } else if (${d}) { ${a} } see(102);`),
      ),
    }));
    const calls = (text: string, x: number, y: number) => {
      const seen: number[] = [];
      const code = text.slice(text.indexOf("{") + 1, text.lastIndexOf("}")).replace(/(\d)u/g, "$1");
      new Function("see", "x", "y", "ON", "OFF", "KIND", code)((i: number) => seen.push(i), x, y, 1, 0, 2);
      return seen;
    };
    fc.assert(
      fc.property(body, fc.nat(2), fc.nat(2), (statements, x, y) => {
        const text = main(statements);
        const left = withoutDeadCode(text, constants);
        expect(calls(left, x, y)).toEqual(calls(text, x, y));
        expect(left).not.toMatch(/if \((?:ON|OFF|KIND) \S+ \du\)/);
      }),
      { seed: 1337, numRuns: 300 },
    );
  });

  test("that comments speak of do not count", () => {
    expect(settled("a(); // if (ON == 1u) {\nb();")).toBe("a(); b();");
    expect(() => withoutDeadCode("fn f() { if (ON == 1u) { a(); ", constants)).toThrow(/not closed/);
  });
});

describe("functions", () => {
  test("that are not called are gone, and what only they called", () => {
    const source = `fn a() { b(); }\nfn b() { }\nfn used() { }\n${main("used(); reuse();")}\nfn c() { }`;
    expect(words(withoutDeadCode(source, constants))).toBe(words(`fn used() { }\n${main("used(); reuse();")}`));
  });

  test("are made for each constant that they take first", () => {
    const source = `fn f(kind: u32, x: f32) -> f32 { if (kind == ON) { return g(kind, x.kind); } if (kind == KIND) { return x; } return 0.0; }
fn g(kind: u32, x: f32) -> f32 { return x * f32(kind); }
${main("f(KIND, 1.0); f(ON, f(KIND, 2.0)); f(OFF, 3.0);")}`;
    expect(words(withoutDeadCode(source, constants))).toBe(
      words(`${main("f_2(1.0); f_1(f_2(2.0)); f_0(3.0);")}
        fn f_2(x: f32) -> f32 { return x; }
        fn f_1(x: f32) -> f32 { return g_1(x.kind); }
        fn f_0(x: f32) -> f32 { return 0.0; }
        fn g_1(x: f32) -> f32 { return x * f32(1u); }`),
    );
  });

  test("stay whole for what is known only at run time", () => {
    const source = `fn f(kind: u32, x: f32) -> f32 { if (kind == ON) { return x; } return 0.0; }\n${main("f(size.kind, 1.0); f(KIND, 1.0);")}`;
    expect(words(withoutDeadCode(source, constants))).toBe(
      words(`${source.replace("f(KIND, ", "f_2(")} fn f_2(x: f32) -> f32 { return 0.0; }`),
    );
  });
});

test("of a dozen activations, those in use are left", () => {
  const text = specialize(gemmTile.source, { A_ACTIVATION: 1, C_ACTIVATION: 3 });
  const reflected = new WgslReflect(text);
  expect(reflected.functions.map(({ name }) => name).sort()).toEqual(
    ["activate_1", "activate_3", "loadA", "main", "rowOf", "sigmoid4", "storeC"].sort(),
  );
  expect(text).not.toContain("erf");
});

test("axes that a rearrangement does not have are gone", () => {
  const text = specialize(rearrange.source, { AXES: 2, PADDED_1: 1 });
  expect(text).toContain("size.size1;");
  expect(text).not.toContain("% size.size2");
  expect(text).not.toContain("% 2 * (extent");
  expect(text.match(/^fn \w+/gm)).toEqual(["fn main", "fn part_1", "fn part_0", "fn reads_1", "fn reads_0"]);
});
