/** A variant is the shader that a person would have written: constants in place, marked loops written out. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WgslReflect } from "wgsl_reflect";
import fusedTail from "../../shaders/fused-tail.wgsl";
import gemmRegister from "../../shaders/gemm-register.wgsl";
import gemmTile from "../../shaders/gemm-tile.wgsl";
import { specialize } from "./specialize.ts";

/** Text without the differences that do not matter. */
const words = (text: string) => text.replace(/\s+/g, " ").trim();

const loop = (body: string, bound = "COUNT", index = "i") =>
  `for (var ${index} = 0u; ${index} < ${bound}; ${index}++) { // unroll\n${body}\n}`;

describe("constants", () => {
  test("are set where they are declared, with their suffix and type", () => {
    const source = "const A = 4u;\nconst B: f32 = -1.5;\nconst C = 2i;\nconst AB = 7u;\nvar<private> x = A;";
    expect(specialize(source, { A: 12, B: 0.25, C: -3 })).toBe(
      "const A = 12u;\nconst B: f32 = 0.25;\nconst C = -3i;\nconst AB = 7u;\nvar<private> x = A;",
    );
  });

  test("that the shader does not have are refused by name", () => {
    expect(() => specialize("const A = 4u;", { B: 1 })).toThrow(
      expect.objectContaining({ code: "internal", message: expect.stringContaining("B") }),
    );
    // An expression of other constants cannot be set.
    expect(() => specialize("const A = 4u;\nconst B = A * 2u;", { B: 1 })).toThrow(/B/);
  });

  test("leave everything else alone", () => {
    const source = "const A = 1u;\n@compute @workgroup_size(A)\nfn main() {\n  f(A);\n}";
    expect(specialize(source, { A: 1 })).toBe(source);
  });
});

describe("marked loops", () => {
  test("become their bodies, a block each", () => {
    const source = `const COUNT = 9u;\n${loop("sum[i] += a[i] * b.i + in + i;")}`;
    expect(words(specialize(source, { COUNT: 2 }))).toBe(
      words("const COUNT = 2u; { sum[0u] += a[0u] * b.i + in + 0u; } { sum[1u] += a[1u] * b.i + in + 1u; }"),
    );
  });

  test("nest", () => {
    const source = `const COUNT = 2u;\n${loop(`begin(i);\n${loop("use(i, j);", "2u", "j")}\nend(i);`)}`;
    expect(words(specialize(source, {}))).toBe(
      words(`const COUNT = 2u;
        { begin(0u); { use(0u, 0u); } { use(0u, 1u); } end(0u); }
        { begin(1u); { use(1u, 0u); } { use(1u, 1u); } end(1u); }`),
    );
  });

  test("follow each other, and start where they say", () => {
    const source = `for (var c = 1u; c < 3u; c++) { // unroll\nf(c);\n}\nfor (var d = 0u; d < 1u; d++) { // unroll\ng(d);\n}\nh();`;
    expect(words(specialize(source, {}))).toBe("{ f(1u); } { f(2u); } { g(0u); } h();");
  });

  test("vanish where they have no turn", () => {
    expect(words(specialize(`const COUNT = 1u;\n${loop("f(i);")}g();`, { COUNT: 0 }))).toBe("const COUNT = 0u; g();");
  });

  test("that are not marked stay", () => {
    const source = "for (var i = 0u; i < 2u; i++) {\nf(i);\n}";
    expect(specialize(source, {})).toBe(source);
  });

  test("stay loops where they would become too long, and what is in them is unrolled", () => {
    const source = `const COUNT = 9u;\n${loop(`f(i); /* ${"x".repeat(1000)} */\n${loop("g(i, j);", "2u", "j")}`)}\nh();`;
    const long = specialize(source, { COUNT: 200 });
    expect(long).toContain("for (var i = 0u; i < COUNT; i++) {");
    expect(long).toContain("g(i, 1u);");
    expect(long).not.toContain("// unroll");
    expect(long.length).toBeLessThan(2 * source.length);
    expect(specialize(source, { COUNT: 20 })).not.toContain("for (");
  });

  test("need a bound that is a number or a constant", () => {
    expect(() => specialize(loop("f(i);", "size"), {})).toThrow(
      expect.objectContaining({ code: "internal", message: expect.stringContaining("size") }),
    );
    expect(() => specialize("const COUNT = 1u;\nfor (var i = 0u; i < COUNT; i++) { // unroll\nf(i);", {})).toThrow(
      /not closed/,
    );
  });

  test("run their bodies as often, with the same numbers, as the loops would", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ start: fc.nat(3), count: fc.nat(6), inner: fc.nat(4) }), { minLength: 1, maxLength: 4 }),
        (loops) => {
          const source = loops
            .map(
              ({ start, count, inner }) =>
                `for (var i = ${start}u; i < ${count}u; i++) { // unroll\nsee(i, 9u);\nfor (var j = 0u; j < ${inner}u; j++) { // unroll\nsee(i, j);\n}\n}\n`,
            )
            .join("");
          const seen = (text: string) => {
            const calls: number[][] = [];
            const code = text.replace(/(\d)u/g, "$1").replaceAll("var ", "let ");
            new Function("see", code)((...numbers: number[]) => calls.push(numbers));
            return calls;
          };
          expect(seen(specialize(source, {}))).toEqual(seen(source));
          expect(specialize(source, {})).not.toContain("for (");
        },
      ),
      { seed: 5, numRuns: 50 },
    );
  });
});

test.each([
  ["fused-tail", fusedTail, { PLACES: 4, WIDTH: 17, CLASSES: 7, STAGES: 2 }],
  ["fused-tail, one stage", fusedTail, { PLACES: 1, WIDTH: 3, CLASSES: 3, STAGES: 1 }],
  ["gemm-register", gemmRegister, { ROWS: 8, COLUMNS4: 6 }],
  ["gemm-tile", gemmTile, { ROWS: 8, COLUMNS4: 2, THREADS_X: 8, THREADS_Y: 8 }],
] as const)("%s still parses, with the same bindings", (_, shader, constants) => {
  const text = specialize(shader.source, constants);
  expect(text).not.toContain("// unroll");
  const before = new WgslReflect(shader.source);
  const after = new WgslReflect(text);
  expect(after.entry.compute.map(({ name }) => name)).toEqual(["main"]);
  const bindings = (reflected: WgslReflect) =>
    reflected.getBindGroups().map((group) => group.map(({ name, binding }) => [name, binding]));
  expect(bindings(after)).toEqual(bindings(before));
});
