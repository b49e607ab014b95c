import { describe, expect, test } from "vitest";
import { random } from "../core/random.ts";
import {
  type Arm,
  type Bounds,
  blocksOf,
  boundsOf,
  judged,
  newArm,
  openRows,
  ranking,
  roundsOf,
  unpredicted,
  withBlock,
} from "./adaptive.ts";

const SAMPLES = 400;
const OPTIONS = { first: 16, growth: 1.5 };

/** Runs the whole procedure on effects that are known: [arms][samples], in the order in which samples come. */
function settle(
  effects: readonly (readonly number[])[],
  top: number,
  confidence: number,
  predictions: readonly (readonly number[])[] | null = null,
) {
  const predicted = predictions
    ? {
        sum: (row: number, start: number, samples: number) => sumOf(predictions[row]!.slice(start, start + samples)),
        mean: (row: number) => mean(predictions[row]!),
      }
    : unpredicted;
  let arms: readonly Arm[] = effects.map(() => newArm);
  const rounds = roundsOf(OPTIONS, SAMPLES);
  let evaluations = 0;
  let from = 0;
  for (const to of rounds) {
    for (const { start, samples } of blocksOf(from, to, SAMPLES)) {
      const open = new Set(openRows({ count: arms.length }, arms));
      evaluations += open.size * samples;
      arms = arms.map((arm, row) =>
        open.has(row)
          ? withBlock(
              arm,
              samples,
              sumOf(effects[row]!.slice(start, start + samples)),
              predicted.sum(row, start, samples),
            )
          : arm,
      );
    }
    from = to;
    arms = judged(arms, boundsOf(arms, SAMPLES, rounds.length, confidence, predicted), top, SAMPLES);
    if (arms.every(({ state }) => state !== "open")) break;
  }
  return { arms, evaluations };
}

const sumOf = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0);
const mean = (values: readonly number[]) => sumOf(values) / values.length;
const topOf = (effects: readonly (readonly number[])[], k: number) =>
  ranking(effects.map((each) => ({ mean: mean(each), low: 0, high: 0 })))
    .slice(0, k)
    .sort((a, b) => a - b);
const insideOf = (arms: readonly Arm[]) => arms.flatMap(({ state }, row) => (state === "in" ? [row] : []));

describe("an adaptive sweep", () => {
  test("rounds grow up to all samples, blocks cover a round", () => {
    expect(roundsOf({ first: 4, growth: 2 }, 20)).toEqual([4, 8, 16, 20]);
    expect(roundsOf({ first: 30, growth: 2 }, 20)).toEqual([20]);
    expect(roundsOf({ first: null, growth: 2 }, 40)).toEqual([16, 32, 40]);
    expect(roundsOf({ first: null, growth: 50 }, 10_000)).toEqual([100, 5000, 10_000]);
    expect(blocksOf(4, 8, 100)).toEqual([4, 5, 6, 7].map((start) => ({ start, samples: 1 })));
    expect(blocksOf(0, 100, 10)).toHaveLength(10);
  });

  test("bounds shrink with samples, and are exact at the last one", () => {
    const half = (n: number) => {
      let arm = newArm;
      for (let i = 0; i < n; i += 2) arm = withBlock(arm, 2, i % 4);
      const [bounds] = boundsOf([arm], SAMPLES, 1, 0.95);
      return (bounds!.high - bounds!.low) / 2;
    };
    expect(half(64)).toBeLessThan(half(16));
    expect(half(SAMPLES)).toBe(0);
  });

  // Two blocks of 2 samples, sums 1 and 3: variance (1/2 + 9/2 - 16/4) / 1 = 1, which is also the prior; five degrees of
  // freedom, t(0.025) = 2.570582; half = 2.570582 sqrt(1/4 (1 - 4/400)).
  test("of a hand-worked case", () => {
    const arm = withBlock(withBlock(newArm, 2, 1), 2, 3);
    const [{ mean: effect, high }] = boundsOf([arm], SAMPLES, 1, 0.95) as readonly Bounds[] as [Bounds];
    expect(effect).toBe(1);
    expect(high - effect).toBeCloseTo(2.570581836 * Math.sqrt(0.25 * 0.99), 6);
  });

  test("finds the top of the whole sweep with a fraction of its evaluations", () => {
    let right = 0;
    let evaluations = 0;
    for (let seed = 0; seed < 20; seed++) {
      const draw = random(seed, "effects");
      const effects = Array.from({ length: 100 }, (_, arm) =>
        Array.from({ length: SAMPLES }, () => (arm < 5 ? 1 + arm / 4 : arm / 400) + 0.4 * draw.normal()),
      );
      const { arms, evaluations: taken } = settle(effects, 5, 0.95);
      if (insideOf(arms).join() === topOf(effects, 5).join()) right++;
      evaluations += taken / (100 * SAMPLES) / 20;
    }
    expect(right).toBeGreaterThanOrEqual(19);
    expect(evaluations).toBeLessThan(0.2);
  });

  // As units that one class of ten depends on: most of their samples show nothing.
  test("what costs much on few samples is not thrown out before they have come", () => {
    let right = 0;
    for (let seed = 0; seed < 40; seed++) {
      const draw = random(seed, "selective");
      const loss = (mean: number) => -mean * Math.log(1 - draw.uniform());
      const effects = Array.from({ length: 100 }, (_, arm) =>
        Array.from({ length: SAMPLES }, () => {
          if (arm < 10) return draw.uniform() < 0.1 ? loss(2) : 0;
          return arm < 20 ? loss(0.1) : 0.02 * draw.normal();
        }),
      );
      if (insideOf(settle(effects, 10, 0.95).arms).join() === topOf(effects, 10).join()) right++;
    }
    expect(right).toBeGreaterThanOrEqual(38);
  });

  // The same two blocks, of which 0 and 3 were predicted: residuals 1 and 0, variance (1/2 - 1/4) / 1 = 1/4, which is less;
  // their mean is 1/4, and 7/10 is predicted of all samples.
  test("of a hand-worked case with predictions, which serve only where they help", () => {
    const half = 2.570581836 * Math.sqrt((0.25 / 4) * 0.99);
    const bounds = (sums: readonly [number, number]) => {
      const arm = withBlock(withBlock(newArm, 2, 1, sums[0]), 2, 3, sums[1]);
      return boundsOf([arm], SAMPLES, 1, 0.95, { sum: () => 0, mean: () => 0.7 })[0]!;
    };
    const { mean: effect, low } = bounds([0, 3]);
    expect(effect).toBeCloseTo(0.95, 12);
    expect(effect - low).toBeCloseTo(half, 6);
    expect(bounds([3, 1]).mean).toBe(1);
  });

  test("predictions that are off by a factor and a little noise save most of the evaluations", () => {
    const spent = { plain: 0, predicted: 0 };
    let right = 0;
    for (let seed = 0; seed < 10; seed++) {
      const draw = random(seed, "predictions");
      const effects = Array.from({ length: 100 }, (_, arm) =>
        Array.from({ length: SAMPLES }, () => arm / 400 + draw.normal()),
      );
      const predictions = effects.map((each) => each.map((x) => 0.9 * x + 0.02 * draw.normal()));
      const predicted = settle(effects, 5, 0.95, predictions);
      spent.plain += settle(effects, 5, 0.95).evaluations;
      spent.predicted += predicted.evaluations;
      if (insideOf(predicted.arms).join() === topOf(effects, 5).join()) right++;
    }
    expect(right).toBe(10);
    expect(spent.predicted).toBeLessThan(spent.plain / 2);
  });

  test("what cannot be told apart is decided by all samples, ties by the lower row", () => {
    const { arms, evaluations } = settle(
      [0, 0, 0].map((x) => new Array(SAMPLES).fill(x)),
      2,
      0.95,
    );
    expect(arms.map(({ state }) => state)).toEqual(["in", "in", "out"]);
    expect(evaluations).toBe(3 * SAMPLES);
  });
});
