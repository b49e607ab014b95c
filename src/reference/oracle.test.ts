import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasBit } from "../core/bitset.ts";
import { randomChain } from "./chain.fixture.ts";
import { type ChainLayer, columnMeans, crossEntropy, evaluate, forward, logitsOf, rankOf } from "./oracle.ts";

/** Two inputs, three ReLU units, two classes: small enough to be worked by hand. */
const HAND: readonly ChainLayer[] = [
  {
    inFeatures: 2,
    outFeatures: 3,
    weight: Float64Array.of(1, -1, 2, 0.5, 1, -3),
    bias: Float64Array.of(0, 1, 0.5),
    activation: { kind: "relu", alpha: 0 },
  },
  {
    inFeatures: 3,
    outFeatures: 2,
    weight: Float64Array.of(1, 0, 0, 2, -1, 1),
    bias: null,
    activation: { kind: "linear", alpha: 0 },
  },
];
const INPUTS = Float64Array.of(2, 4, 1, 0);

describe("forward", () => {
  test("computes a chain worked by hand", () => {
    const trace = forward(HAND, INPUTS, 2);
    expect([...trace.pre[0]!]).toEqual([4, 3, -7.5, 1, 0, 2.5]);
    expect([...trace.post[0]!]).toEqual([4, 3, 0, 1, 0, 2.5]);
    expect([...logitsOf(trace)]).toEqual([4, 6, -1.5, 2.5]);
  });

  test("scales, shifts and replaces units after the activation, on any layers", () => {
    const trace = forward(HAND, INPUTS, 2, [
      { layerIndex: 0, unit: 0, scale: 0.5, shift: 1 },
      { layerIndex: 0, unit: 2, values: Float64Array.of(7, 8) },
      { layerIndex: 1, unit: 1, scale: 0, shift: -4 },
    ]);
    expect([...trace.post[0]!]).toEqual([3, 3, 7, 1.5, 0, 8]);
    expect([...trace.pre[1]!]).toEqual([-4, 13, -6.5, 8]);
    expect([...logitsOf(trace)]).toEqual([-4, -4, -6.5, -4]);
  });

  test("a zeroed unit is one whose outgoing weights are zero", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 9 }), fc.nat(6), (seed, samples, unit) => {
        const { layers, inputs } = randomChain(seed, [5, 7, 3], samples, "gelu");
        const cut = layers[1]!.weight.map((w, at) => (Math.floor(at / 3) === unit ? 0 : w));
        const damaged = forward(layers, inputs, samples, [{ layerIndex: 0, unit, scale: 0, shift: 0 }]);
        expect(logitsOf(damaged)).toEqual(
          logitsOf(forward([layers[0]!, { ...layers[1]!, weight: cut }], inputs, samples)),
        );
      }),
    );
  });

  test("continues from an intact trace to the same numbers", () => {
    const { layers, inputs } = randomChain(3, [4, 9, 5, 3], 11, "tanh");
    const intact = forward(layers, inputs, 11);
    const changes = [{ layerIndex: 1, unit: 4, scale: -1, shift: 0.25 }];
    expect(forward(layers, inputs, 11, changes, intact)).toEqual(forward(layers, inputs, 11, changes));
    expect(intact).toEqual(forward(layers, inputs, 11));
  });

  test.each([
    ["no layers", [], INPUTS, []],
    ["inputs that are too few", HAND, INPUTS.subarray(1), []],
    ["layers that do not meet", [HAND[0]!, HAND[0]!], INPUTS, []],
    ["weights that are too few", [{ ...HAND[0]!, weight: new Float32Array(5) }], INPUTS, []],
    ["a layer that is not there", HAND, INPUTS, [{ layerIndex: 2, unit: 0, scale: 0, shift: 0 }]],
    ["a unit that is not there", HAND, INPUTS, [{ layerIndex: 1, unit: 2, scale: 0, shift: 0 }]],
  ])("refuses %s", (_, layers, inputs, changes) => {
    expect(() => forward(layers, inputs, 2, changes)).toThrowError(expect.objectContaining({ name: "LesionError" }));
  });
});

describe("rankOf", () => {
  test.each([
    ["the greatest", [1, 3, 2], 1, 0],
    ["the least", [1, 3, 2], 0, 2],
    ["a tie with a later class", [3, 3, 2], 0, 0],
    ["a tie with an earlier class", [3, 3, 2], 1, 1],
    ["all equal", [0, 0, 0], 2, 2],
    ["its own NaN", [Number.NaN, 1, 2], 0, 3],
    ["another's NaN", [5, Number.NaN, 2], 0, 1],
    ["all NaN", [Number.NaN, Number.NaN], 0, 2],
    ["infinite", [Number.POSITIVE_INFINITY, 1], 0, 0],
  ])("%s", (_, logits, label, rank) => {
    expect(rankOf(Float64Array.from(logits), label)).toBe(rank);
  });

  test("gives each class its own rank, in the order of the logits", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 12 }), (values) => {
        const logits = Float64Array.from(values);
        const ranks = values.map((_, label) => rankOf(logits, label));
        const ordered = values.map((value, c) => ({ value, c })).sort((a, b) => b.value - a.value || a.c - b.c);
        expect(ordered.map(({ c }) => ranks[c])).toEqual(values.map((_, i) => i));
      }),
    );
  });
});

describe("evaluate", () => {
  test("counts, losses, margins and bits", () => {
    const logits = Float64Array.of(1, 2, 3, 3, 1, 3, 0, 0, 0);
    const found = evaluate(logits, Uint16Array.of(2, 2, 1));
    expect([...found.ranks]).toEqual([0, 1, 1]);
    expect([found.correct, found.correctTop5]).toEqual([1, 3]);
    expect([...found.margins]).toEqual([1, 0, 0]);
    expect([0, 1, 2].map((n) => hasBit(found.bits, n))).toEqual([true, false, false]);
    expect(found.losses[2]).toBeCloseTo(Math.log(3), 15);
    expect(found.loss).toBeCloseTo((found.losses[0]! + found.losses[1]! + found.losses[2]!) / 3, 15);
  });

  test("cross-entropy neither overflows nor loses a shift", () => {
    expect(crossEntropy(Float64Array.of(1000, 998), 1)).toBeCloseTo(2 + Math.log1p(Math.exp(-2)), 12);
    expect(crossEntropy(Float64Array.of(-1e8, 0), 0)).toBe(1e8);
  });

  test("names a label that is no class", () => {
    expect(() => evaluate(Float64Array.of(1, 2), Uint16Array.of(2))).toThrowError(/label 2 of sample 0/);
  });
});

test("columnMeans of an odd shape", () => {
  expect([...columnMeans(Float64Array.of(1, 2, 3, 4, 5, 9), 3)]).toEqual([3, 5]);
});
