/**
 * Neuron Shapley (Ghorbani and Zou 2020, arXiv 2002.09815): a unit's mean marginal contribution to a network's accuracy over
 * random orders in which units are switched off. Orders are sampled; a unit whose bounds tell it in or out of the top k is
 * evaluated no further. Pure: what accuracies are measured with is handed in.
 */
import type { Random } from "../core/random.ts";

/** Running mean and sum of squared deviations of a unit's marginal contributions (Welford 1962). */
export interface Marginals {
  readonly count: number;
  readonly mean: number;
  readonly m2: number;
}

export const noMarginals: Marginals = { count: 0, mean: 0, m2: 0 };

export function withMarginal({ count, mean, m2 }: Marginals, value: number): Marginals {
  const next = mean + (value - mean) / (count + 1);
  return { count: count + 1, mean: next, m2: m2 + (value - mean) * (value - next) };
}

/**
 * Half of the confidence interval of the mean, by the empirical Bernstein inequality of Maurer and Pontil (2009, theorem 4) on
 * both sides: sqrt(2 V ln(4 / delta) / n) + 7 R ln(4 / delta) / (3 (n - 1)), V the sample variance, R the range
 * of the contributions: twice that of accuracies, for they may be negative.
 */
export function bernsteinHalfWidth({ count, m2 }: Marginals, delta: number, range: number): number {
  if (count < 2) return Number.POSITIVE_INFINITY;
  const log = Math.log(4 / delta);
  return Math.sqrt((2 * (m2 / (count - 1)) * log) / count) + (7 * range * log) / (3 * (count - 1));
}

/** A round doubles the permutations: bounds are looked at so often, and hold at all of these looks together. */
export function looksOf(permutations: number, first: number): number {
  return Math.max(1, Math.ceil(Math.log2(Math.max(1, permutations / first))) + 1);
}

/** Which units are in the top k, out of it, or not told apart yet; of no more than k units none, there being nothing to tell. */
export function topOf(
  marginals: readonly Marginals[],
  k: number,
  confidence: number,
  looks: number,
  range: number,
): { readonly states: readonly ("in" | "out" | "open")[]; readonly halfWidths: readonly number[] } {
  const delta = (1 - confidence) / (marginals.length * looks);
  const halfWidths = marginals.map((each) => bernsteinHalfWidth(each, delta, range));
  const low = marginals.map(({ mean }, i) => mean - halfWidths[i]!);
  const high = marginals.map(({ mean }, i) => mean + halfWidths[i]!);
  const leastIn = low.toSorted((a, b) => b - a)[k - 1] ?? Number.NEGATIVE_INFINITY;
  const mostOut = high.toSorted((a, b) => b - a)[k] ?? Number.NEGATIVE_INFINITY;
  const states = marginals.map((_, i) => {
    if (marginals.length <= k) return "open" as const;
    if (low[i]! > mostOut) return "in" as const;
    return high[i]! < leastIn ? ("out" as const) : ("open" as const);
  });
  return { states, halfWidths };
}

/** Accuracies, on any scale, of the network without each of some sets of units. */
export type Accuracies = (sets: readonly (readonly number[])[]) => Promise<readonly number[]>;

export interface PermutationOptions {
  readonly intact: number;
  /** Accuracy at or below which what is left of an order is taken to contribute nothing. */
  readonly floor: number;
}

/** What a batch of orders found: marginal contributions of units, in the order of the permutations. */
export interface PermutationResult {
  readonly values: readonly { readonly unit: number; readonly value: number }[];
  readonly truncated: number;
  readonly evaluations: number;
}

/** Orders go on in so many parts, so that one near chance is not evaluated to its end. */
const PARTS = 8;

/**
 * Switches units off along some orders, all orders together and a part of them at a time, and takes the marginal
 * contribution of each unit that `isOpen`: the accuracy before it goes less that after it. Sets next to no open unit are not
 * evaluated.
 */
export async function alongPermutations(
  orders: readonly ArrayLike<number>[],
  isOpen: (unit: number) => boolean,
  { intact, floor }: PermutationOptions,
  accuraciesOf: Accuracies,
): Promise<PermutationResult> {
  const length = orders[0]?.length ?? 0;
  const reached = orders.map(() => new Map([[0, intact]]));
  const ended = new Set<number>();
  let evaluations = 0;
  const part = Math.max(1, Math.ceil(length / PARTS));
  for (let start = 1; start <= length; start += part) {
    const wanted: { readonly order: number; readonly size: number }[] = [];
    for (const [index, order] of orders.entries()) {
      if (ended.has(index)) continue;
      for (let size = start; size < Math.min(start + part, length + 1); size++) {
        const isBefore = size < length && isOpen(order[size]!);
        if (isOpen(order[size - 1]!) || isBefore) wanted.push({ order: index, size });
      }
    }
    if (wanted.length === 0) continue;
    const sets = wanted.map(({ order, size }) => Array.from({ length: size }, (_, i) => orders[order]![i]!));
    const accuracies = await accuraciesOf(sets.map((set) => set.sort((a, b) => a - b)));
    evaluations += sets.length;
    for (const [i, { order, size }] of wanted.entries()) reached[order]!.set(size, accuracies[i]!);
    for (const [index, known] of reached.entries()) {
      const last = known.get(Math.max(...known.keys()))!;
      if (last <= floor && start + part <= length) ended.add(index);
    }
  }
  const values = orders.flatMap((order, index) =>
    Array.from({ length }, (_, i) => i)
      .filter((i) => isOpen(order[i]!))
      .map((i) => {
        const [before, after] = [reached[index]!.get(i), reached[index]!.get(i + 1)];
        // An order that ended contributes nothing from there on.
        return { unit: order[i]!, value: before === undefined || after === undefined ? 0 : before - after };
      }),
  );
  return { values, truncated: ended.size, evaluations };
}

/** So many random orders of `units` units. */
export function drawOrders(count: number, units: number, draw: Random): Uint32Array[] {
  return Array.from({ length: count }, () => draw.permutation(units));
}
