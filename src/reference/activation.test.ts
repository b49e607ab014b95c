import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { differentiable, erf, erfc } from "./activation.ts";
import { centralDifferences } from "./backward.ts";

const KINDS = [
  "linear",
  "relu",
  "leaky-relu",
  "sigmoid",
  "tanh",
  "gelu",
  "gelu-tanh",
  "silu",
  "clip",
  "hard-sigmoid",
  "hard-swish",
  "elu",
];
/** Where, with the alpha 0.2 and the beta 0.6, a derivative jumps. */
const KINKS = [0, 0.2, 0.6, -3, 2, 3];

describe("erf", () => {
  // By the C library's erf and erfc, as all the values below.
  test.each([
    [0, 0],
    [0.1, 0.1124629160182849],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [1.999999, 0.9953222443519261],
    [2, 0.9953222650189527],
    [2.5, 0.999593047982555],
    [3, 0.9999779095030014],
    [6, 1],
  ])("of %f", (x, expected) => {
    expect(Math.abs(erf(x) - expected)).toBeLessThan(1e-15);
    expect(erf(-x)).toBe(-erf(x));
    expect(Math.abs(erfc(-x) - (1 + expected))).toBeLessThan(1e-15);
  });

  test.each([
    [2, 0.004677734981047266],
    [3, 2.209049699858544e-5],
    [5, 1.5374597944280349e-12],
    [10, 2.088487583762545e-45],
  ])("complement of %f is relatively exact", (x, expected) => {
    expect(Math.abs(erfc(x) / expected - 1)).toBeLessThan(1e-13);
  });

  test("ends at the infinities", () => {
    expect([erfc(Infinity), erfc(-Infinity), erf(Infinity), erf(-Infinity)]).toEqual([0, 2, 1, -1]);
    expect(erf(Number.NaN)).toBeNaN();
  });
});

describe("differentiable", () => {
  test.each([
    ["linear", -1.5],
    ["relu", 0],
    ["leaky-relu", -0.15],
    ["sigmoid", 0.1824255238063563],
    ["tanh", -0.9051482536448664],
    ["gelu", -0.10021080190328713],
    ["gelu-tanh", -0.10042842301976707],
    ["silu", -0.2736382857095345],
    ["clip", 0.1],
    ["hard-sigmoid", 0.25],
    ["hard-swish", -0.375],
    ["elu", -0.077686983985157],
  ])("%s of -1.5", (kind, expected) => {
    expect(differentiable({ kind, alpha: 0.1, beta: 0.4 }).value(-1.5)).toBeCloseTo(expected, 14);
  });

  test.each(KINDS)("derivative of %s agrees with central differences", (kind) => {
    const { value, derivative } = differentiable({ kind, alpha: 0.2, beta: 0.6 });
    fc.assert(
      fc.property(fc.double({ min: -8, max: 8, noNaN: true }), (x) => {
        fc.pre(KINKS.every((kink) => Math.abs(x - kink) > 1e-3));
        const [difference] = centralDifferences((point) => value(point[0]!), Float64Array.of(x));
        expect(derivative(x)).toBeCloseTo(difference!, 8);
      }),
    );
  });

  test.each(KINDS)("%s stays finite far out", (kind) => {
    const { value, derivative } = differentiable({ kind, alpha: 0.2, beta: 0.6 });
    for (const x of [-1e4, 1e4]) expect([value(x), derivative(x)].every(Number.isFinite)).toBe(true);
  });

  test("refuses an unknown kind by name", () => {
    expect(() => differentiable({ kind: "mish", alpha: 0 })).toThrowError(/"mish"/);
  });
});
