/** Correlations of points counted, against the same points written out; and Mann-Whitney's test on the paper's weights. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sharedData } from "../../../e2e/shared-data.ts";
import { type Random, random } from "../../core/random.ts";
import { readOnnx } from "../../formats/onnx/read.ts";
import { denseChain } from "../../network/dense-chain.ts";
import { kendallTauB, pearson, ranks, spearman } from "./correlation.ts";
import { correlationsOf } from "./correlations.ts";
import { mannWhitney } from "./mann-whitney.ts";
import { kendallOfCounts, meanRanksOfCounts, pairedRanks } from "./paired-ranks.ts";
import { quantile } from "./quantile.ts";

/** By comparing all pairs. */
function kendallByPairs(x: readonly number[], y: readonly number[]): number {
  let [agreement, untiedX, untiedY] = [0, 0, 0];
  for (let i = 1; i < x.length; i++) {
    for (let j = 0; j < i; j++) {
      const [signX, signY] = [Math.sign(x[i]! - x[j]!), Math.sign(y[i]! - y[j]!)];
      agreement += signX * signY;
      untiedX += Math.abs(signX);
      untiedY += Math.abs(signY);
    }
  }
  return agreement / (Math.sqrt(untiedX) * Math.sqrt(untiedY));
}

/** Points with ties, each with how often it counts. */
const counted = fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: -3, max: 9 }), fc.nat(3)), {
  minLength: 2,
  maxLength: 40,
});

const closeOrNaN = (value: number, expected: number) =>
  Number.isNaN(expected) ? expect(value).toBeNaN() : expect(value).toBeCloseTo(expected, 12);

describe("Kendall's tau-b in n log n steps", () => {
  test("is that of all pairs", () => {
    fc.assert(
      fc.property(counted, (points) => {
        const [x, y] = [points.map(([a]) => a), points.map(([, b]) => b)];
        closeOrNaN(kendallTauB(x, y), kendallByPairs(x, y));
      }),
    );
  });

  test("of 4,000 points too", () => {
    const draw = random(5, "kendall");
    const x = Array.from({ length: 4000 }, () => draw.below(900));
    const y = x.map((value) => value + draw.below(2000));
    expect(kendallTauB(x, y)).toBeCloseTo(kendallByPairs(x, y), 12);
  });

  test("is NaN where a value is", () => {
    expect(kendallTauB([1, Number.NaN, 3], [1, 2, 3])).toBeNaN();
  });
});

test("points that count several times are as good as written out", () => {
  fc.assert(
    fc.property(counted, (points) => {
      const [x, y] = [points.map(([a]) => a), points.map(([, b]) => b)];
      const counts = points.map(([, , count]) => count);
      const written = points.flatMap(([a, b, count]) => Array.from({ length: count }, () => [a, b] as const));
      const [xs, ys] = [written.map(([a]) => a), written.map(([, b]) => b)];
      const ranked = pairedRanks(x, y);
      closeOrNaN(pearson(x, y, counts), pearson(xs, ys));
      closeOrNaN(kendallOfCounts(ranked, counts), kendallByPairs(xs, ys));
      const ranksX = meanRanksOfCounts(ranked.x, ranked.levelsX, counts);
      const ranksOfWritten = ranks(xs);
      written.forEach(([a], i) => {
        expect(ranksX[x.indexOf(a)]).toBe(ranksOfWritten[i]);
      });
      closeOrNaN(pearson(ranksX, meanRanksOfCounts(ranked.y, ranked.levelsY, counts), counts), spearman(xs, ys));
    }),
  );
});

test("a constant has no correlation, whatever its mean rounds to", () => {
  expect(pearson([0.1, 0.1, 0.1], [1, 2, 3])).toBeNaN();
  expect(pearson([0.1, 0.1, 0.1, 7], [1, 2, 3, 9], [1, 1, 1, 0])).toBeNaN();
});

/** The percentile interval of a statistic, from samples drawn one by one. */
function bootstrapInterval<Item>(items: readonly Item[], statistic: (sample: readonly Item[]) => number, draw: Random) {
  const values = Array.from({ length: 2000 }, () => statistic(items.map(() => items[draw.below(items.length)]!)));
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  return [quantile(sorted, 0.025), quantile(sorted, 0.975)] as const;
}

describe("correlationsOf", () => {
  const x = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3];
  const y = [2, 7, 1, 8, 2, 8, 1, 8, 2, 9];

  test("is the three correlations, with the intervals of samples drawn one by one", () => {
    const found = correlationsOf(x, y, 11, "label");
    expect(found.n).toBe(10);
    for (const [name, statistic] of Object.entries({ pearson, spearman, kendall: kendallTauB })) {
      const key = name as "pearson" | "spearman" | "kendall";
      expect(found[key]).toBeCloseTo(statistic(x, y), 12);
      const interval = bootstrapInterval(
        x.map((value, i) => [value, y[i]!] as const),
        (sample) =>
          statistic(
            sample.map(([a]) => a),
            sample.map(([, b]) => b),
          ),
        random(11, `label ${name}`),
      );
      expect(found.interval[key]![0]).toBeCloseTo(interval[0], 10);
      expect(found.interval[key]![1]).toBeCloseTo(interval[1], 10);
    }
    expect(correlationsOf(x, y, 11, "label")).toEqual(found);
    expect(correlationsOf(x, y, 12, "label").interval).not.toEqual(found.interval);
  });

  test("has intervals from six points on", () => {
    const { interval } = correlationsOf(x.slice(0, 5), y.slice(0, 5), 11, "label");
    expect(interval).toEqual({ pearson: null, spearman: null, kendall: null });
    expect(correlationsOf(x.slice(0, 5), y.slice(0, 5), 11, "label").pearson).toBeCloseTo(
      pearson(x.slice(0, 5), y.slice(0, 5)),
      12,
    );
    expect(correlationsOf(x.slice(0, 6), y.slice(0, 6), 11, "label").interval.spearman).not.toBeNull();
  });

  test("leaves out points without a number", () => {
    const found = correlationsOf([...x, 8, Number.NaN, null], [...y, null, 3, 5], 11, "label");
    expect(found).toEqual(correlationsOf(x, y, 11, "label"));
  });

  test.each([
    ["two points", [1, 2], [2, 1]],
    ["a constant", [0.1, 0.1, 0.1, 0.1], [1, 2, 3, 4]],
    ["nothing", [], []],
  ])("of %s there is none", (_, a, b) => {
    const none = { pearson: null, spearman: null, kendall: null };
    expect(correlationsOf(a, b, 1, "")).toEqual({ n: a.length, ...none, interval: none });
  });

  test("of unequal lengths is a mistake", () => {
    expect(() => correlationsOf([1, 2, 3], [1, 2], 1, "")).toThrow("3 values with 2");
  });

  test("of a wide layer takes fewer draws for Kendall's interval, which still holds the value", () => {
    const draw = random(3, "wide");
    const wide = Array.from({ length: 4096 }, () => draw.normal());
    const found = correlationsOf(
      wide,
      wide.map((value) => value + draw.normal()),
      1,
      "wide",
    );
    // 2/pi asin(1/sqrt 2) for two normal variables of correlation 1/sqrt 2; its standard error here is about 0.008.
    expect(Math.abs(found.kendall! - 0.5)).toBeLessThan(0.03);
    expect(found.interval.kendall![0]).toBeLessThan(found.kendall!);
    expect(found.interval.kendall![1]).toBeGreaterThan(found.kendall!);
    expect(found.interval.kendall![1] - found.interval.kendall![0]).toBeLessThan(0.05);
  });
});

describe("mannWhitney", () => {
  test("worked by hand", () => {
    // Ranks of x: 1, 3.5, 5; of y: 2, 3.5, 6, 7. U of x = 9.5 - 6 = 3.5, of y 8.5; ties of two: 1 - 6 / (343 - 7).
    const found = mannWhitney([1, 4, 5], [2, 4, 7, 9]);
    expect(found.u).toBe(3.5);
    expect(found.z).toBeCloseTo((8.5 - 6 - 0.5) / Math.sqrt(((12 * 8) / 12) * (1 - 6 / 336)), 12);
    // P(Z > 0.71349), of tables.
    expect(found.p).toBeCloseTo(0.2378, 3);
  });

  test("does not mind which sample is which, and never passes a half", () => {
    const values = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(values, values, (x, y) => {
        const found = mannWhitney(x, y);
        expect(mannWhitney(y, x)).toEqual(found);
        if (new Set([...x, ...y]).size > 1) expect(found.p).toBeLessThanOrEqual(0.5);
        else expect(found.p).toBeNaN();
      }),
    );
  });

  const trained = sharedData("models/mlp-20-10-trained.onnx");
  const untrained = sharedData("models/mlp-20-10-untrained.onnx");

  test.skipIf(trained === null || untrained === null)("golden values of the paper's network, layer 1", () => {
    const layer = (path: string) => denseChain(readOnnx(new Uint8Array(readFileSync(path)), "mlp")).stages[0]!;
    const incoming = (path: string, unit: number) => {
      const { weight, outFeatures } = layer(path);
      return Float64Array.from({ length: 784 }, (_, i) => weight[i * outFeatures + unit]!);
    };
    const p = Array.from(
      { length: 20 },
      (_, unit) => mannWhitney(incoming(trained!, unit), incoming(untrained!, unit)).p,
    );
    expect(p[11]!.toExponential(2)).toBe("2.37e-11");
    expect(p[15]!.toExponential(2)).toBe("2.21e-20");
    expect(p[0]!.toExponential(2)).toBe("4.09e-1");
    const right = [
      8741, 9127, 6723, 7697, 8060, 9464, 7990, 8138, 8566, 8600, 9464, 4677, 9462, 9150, 8250, 5389, 9251, 9464, 8545,
      8398,
    ];
    const found = correlationsOf(
      p,
      right.map((correct) => (9464 - correct) / 100),
      1,
      "mann-whitney",
    );
    expect(found.pearson).toBeCloseTo(-0.44, 2);
    expect(found.spearman).toBeCloseTo(-0.6, 2);
  });
});
