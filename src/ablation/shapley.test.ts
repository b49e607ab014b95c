import { describe, expect, test } from "vitest";
import { random } from "../core/random.ts";
import {
  alongPermutations,
  bernsteinHalfWidth,
  drawOrders,
  type Marginals,
  noMarginals,
  topOf,
  withMarginal,
} from "./shapley.ts";

/** Of a game: the accuracy that is left without some units. */
type Game = (without: readonly number[]) => number;
const accuraciesOf = (game: Game) => async (sets: readonly (readonly number[])[]) => sets.map(game);

/** All orders of 0 .. n - 1. */
function* orders(rest: readonly number[]): Generator<number[]> {
  if (rest.length === 0) yield [];
  for (const first of rest) for (const order of orders(rest.filter((unit) => unit !== first))) yield [first, ...order];
}

/** Exact Shapley values by the sum over all orders. */
function exact(game: Game, units: number): number[] {
  const all = [...orders(Array.from({ length: units }, (_, unit) => unit))];
  const sums = new Array<number>(units).fill(0);
  for (const order of all) {
    order.forEach((unit, i) => {
      sums[unit] = sums[unit]! + game(order.slice(0, i)) - game(order.slice(0, i + 1));
    });
  }
  return sums.map((sum) => sum / all.length);
}

const mean = (of: readonly { readonly unit: number; readonly value: number }[], unit: number) => {
  const own = of.filter((each) => each.unit === unit);
  return own.reduce((sum, { value }) => sum + value, 0) / own.length;
};

describe("Neuron Shapley", () => {
  // Glove game: unit 0 or 1, and unit 2, are needed for 0.9; unit 3 adds 0.1. Worked out by hand: 0.15, 0.15, 0.6, 0.1.
  const gloves: Game = (without) => {
    const has = (unit: number) => !without.includes(unit);
    return ((has(0) || has(1)) && has(2) ? 0.9 : 0) + (has(3) ? 0.1 : 0);
  };

  test("is exact over all orders", async () => {
    expect(exact(gloves, 4).map((value) => value.toFixed(6))).toEqual(["0.150000", "0.150000", "0.600000", "0.100000"]);
    const all = [...orders([0, 1, 2, 3])];
    const options = { intact: 1, floor: -1 };
    const { values, evaluations } = await alongPermutations(all, () => true, options, accuraciesOf(gloves));
    for (const [unit, value] of exact(gloves, 4).entries()) expect(mean(values, unit)).toBeCloseTo(value, 12);
    expect(evaluations).toBe(24 * 4);
  });

  test("evaluates only the sets next to open units, and gives them the same values", async () => {
    const all = [...orders([0, 1, 2, 3])];
    const options = { intact: 1, floor: -1 };
    const { values, evaluations } = await alongPermutations(all, (unit) => unit === 2, options, accuraciesOf(gloves));
    expect(new Set(values.map(({ unit }) => unit))).toEqual(new Set([2]));
    expect(mean(values, 2)).toBeCloseTo(0.6, 12);
    // Before and after unit 2; before is the intact network where it comes first.
    expect(evaluations).toBe(24 * 2 - 6);
  });

  test("truncated orders contribute nothing further", async () => {
    const game: Game = (without) => (without.length === 0 ? 1 : 0.1);
    const order = Array.from({ length: 16 }, (_, unit) => unit);
    const { values, truncated, evaluations } = await alongPermutations(
      [order],
      () => true,
      { intact: 1, floor: 0.1 },
      accuraciesOf(game),
    );
    expect([truncated, evaluations]).toEqual([1, 2]);
    expect(values.map(({ value }) => value)).toEqual([0.9, ...new Array(15).fill(0)]);
  });

  test("bounds hold the exact values, and settle the top", async () => {
    const draw = random(3, "orders");
    let marginals: Marginals[] = Array.from({ length: 4 }, () => noMarginals);
    const { values } = await alongPermutations(
      drawOrders(4000, 4, draw),
      () => true,
      { intact: 1, floor: -1 },
      accuraciesOf(gloves),
    );
    for (const { unit, value } of values) {
      marginals = marginals.map((each, i) => (i === unit ? withMarginal(each, value) : each));
    }
    const { states, halfWidths } = topOf(marginals, 1, 0.95, 5, 2);
    expect(states).toEqual(["out", "out", "in", "out"]);
    for (const [unit, value] of exact(gloves, 4).entries()) {
      expect(Math.abs(marginals[unit]!.mean - value)).toBeLessThan(halfWidths[unit]!);
    }
  });

  test("of no more units than are asked for, none is done before the last permutation", () => {
    const known = Array.from({ length: 1000 }).reduce<Marginals>((all) => withMarginal(all, 0.5), noMarginals);
    expect(topOf([known, known, known], 3, 0.95, 1, 2).states).toEqual(["open", "open", "open"]);
    expect(topOf([known, known, noMarginals], 5, 0.95, 1, 2).states).toEqual(["open", "open", "open"]);
  });

  test("the half width by hand", () => {
    // Values 0 and 1: mean 1/2, variance 1/2, n = 2, delta = 4 / e: ln(4 / delta) = 1; sqrt(2 * 1/2 / 2) + 14/3.
    const two = withMarginal(withMarginal(noMarginals, 0), 1);
    expect(bernsteinHalfWidth(two, 4 / Math.E, 2)).toBeCloseTo(Math.sqrt(0.5) + 14 / 3, 12);
    expect(bernsteinHalfWidth(noMarginals, 0.1, 2)).toBe(Number.POSITIVE_INFINITY);
  });
});
