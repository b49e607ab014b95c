/** Predictors from gradients on a profile small enough to work out by hand. */
import { describe, expect, test } from "vitest";
import type { GradientProfile } from "../../engine/probe/gradients.ts";
import { fisher, gradientWeight, snip, taylor, taylorGate, taylorWeight } from "./gradients.ts";

/** Three samples of four positions, three units, the last one without effect; mini-batches of two samples and of one. */
const profile: GradientProfile = {
  layer: "layer",
  units: 3,
  samples: 3,
  positions: 4,
  products: Float32Array.of(4, -8, 0, -12, 8, 0, 8, 16, 0),
  batches: {
    samples: [2, 1],
    weightProducts: Float64Array.of(3, -1, 0, -1, 2, 0),
    weightAbs: Float64Array.of(4, 1, 0, 2, 5, 0),
    // (4 - 12) / 2, (-8 + 8) / 2; 8, 16.
    gateProducts: Float64Array.of(-4, 0, 0, 8, 16, 0),
  },
};
/** The same of a layer that nothing depends on. */
const silent: GradientProfile = {
  ...profile,
  products: new Float32Array(9),
  batches: { ...profile.batches, weightAbs: new Float64Array(6) },
};

describe("taylor", () => {
  test("averages absolute means over positions, and has a norm of 1 over the layer", () => {
    // (1 + 3 + 2) / 3 = 2 and (2 + 2 + 4) / 3 = 8 / 3: as 3 to 4, of which the norm is 5.
    const found = [...taylor(profile)];
    expect(found[0]).toBeCloseTo(3 / 5, 12);
    expect(found[1]).toBeCloseTo(4 / 5, 12);
    expect(found[2]).toBe(0);
  });
  test("is 0 where all is", () => expect([...taylor(silent)]).toEqual([0, 0, 0]));
});

test("taylorWeight averages squared sums over mini-batches", () => {
  // (9 + 1) / 2, (1 + 4) / 2.
  expect([...taylorWeight(profile)]).toEqual([5, 2.5, 0]);
});

test("taylorGate averages squares of mini-batch means: samples of opposite signs cancel out", () => {
  // (16 + 64) / 2, (0 + 256) / 2.
  expect([...taylorGate(profile)]).toEqual([40, 128, 0]);
});

test("fisher adds up squares of single samples, and halves their mean", () => {
  // (16 + 144 + 64) / 6, (64 + 64 + 256) / 6.
  expect([...fisher(profile)]).toEqual([224 / 6, 384 / 6, 0]);
});

describe("snip", () => {
  test("averages absolute sums over mini-batches, and adds up to 1 over the layer", () => {
    // 3 and 3.
    expect([...snip(profile)]).toEqual([0.5, 0.5, 0]);
  });
  test("is 0 where all is", () => expect([...snip(silent)]).toEqual([0, 0, 0]));
});

test("gradientWeight averages absolute values of sums", () => {
  // (3 + 1) / 2, (1 + 2) / 2.
  expect([...gradientWeight(profile)]).toEqual([2, 1.5, 0]);
});
