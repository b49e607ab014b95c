import { expect, test } from "vitest";
import { applyActivation, erf } from "./activation.ts";
import type { ActivationKind } from "./network.ts";

// Abramowitz and Stegun, table 7.1; erf(3) and erf(5) from the complementary function's published digits.
test.each([
  [0, 0],
  [0.1, 0.1124629160182849],
  [0.5, 0.5204998778130465],
  [1, 0.8427007929497149],
  [2, 0.9953222650189527],
  [3, 0.9999779095030014],
  [5, 0.9999999999984626],
  [7, 1],
])("erf(%f)", (x, expected) => {
  expect(erf(x)).toBeCloseTo(expected, 14);
  expect(erf(-x)).toBeCloseTo(-expected, 14);
});

test.each([
  ["linear", -2, -2],
  ["relu", -2, 0],
  ["relu", 2, 2],
  ["leaky-relu", -2, -0.5],
  ["leaky-relu", 2, 2],
  ["sigmoid", Math.log(3), 0.75],
  ["tanh", Math.log(2), 0.6],
  ["gelu", 1, 0.841344746068543],
  ["gelu", -1, -0.158655253931457],
  ["gelu-tanh", 1, 0.841191990608277],
  ["silu", Math.log(3), 0.75 * Math.log(3)],
  ["clip", -2, 0.25],
  ["clip", 0.3, 0.3],
  ["clip", 2, 0.5],
  ["hard-sigmoid", -3, 0],
  ["hard-sigmoid", 1, 0.75],
  ["hard-sigmoid", 3, 1],
  ["hard-swish", -4, 0],
  ["hard-swish", 1.5, 1.125],
  ["hard-swish", 4, 4],
  ["elu", -Math.log(2), -0.125],
  ["elu", 2, 2],
] as readonly (readonly [ActivationKind, number, number])[])("%s(%f)", (kind, x, expected) => {
  expect(applyActivation({ kind, alpha: 0.25, beta: 0.5 }, x)).toBeCloseTo(expected, 12);
});
