/** Predictors from activations on profiles small enough to work out by hand. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ActivationProfile } from "../../engine/probe/activation-profile.ts";
import {
  apoz,
  classMeans,
  maxActivation,
  meanActivation,
  mutualInformation,
  selectivity,
  stdActivation,
} from "./activations.ts";

/** The profile of activations [samples, positions, units]. */
function profileOf(samples: readonly (readonly (readonly number[])[])[]): ActivationProfile {
  const units = samples[0]![0]!.length;
  const positions = samples[0]!.length;
  const unitValues = Array.from({ length: units }, (_, unit) => samples.flatMap((own) => own.map((at) => at[unit]!)));
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  return {
    layer: "layer",
    units,
    samples: samples.length,
    positions,
    means: Float32Array.from(
      samples.flatMap((own) => Array.from({ length: units }, (_, unit) => sum(own.map((at) => at[unit]!)) / positions)),
    ),
    sums: Float64Array.from(unitValues, sum),
    squares: Float64Array.from(unitValues, (values) => sum(values.map((value) => value * value))),
    max: Float64Array.from(unitValues, (values) => Math.max(...values)),
    zeros: Float64Array.from(unitValues, (values) => values.filter((value) => value === 0).length),
  };
}

// Two samples, two positions, three units: 0 2 4 6; 0 0 0 0; -1 1 -1 1.
const small = profileOf([
  [
    [0, 0, -1],
    [2, 0, 1],
  ],
  [
    [4, 0, -1],
    [6, 0, 1],
  ],
]);

describe("moments over samples and positions", () => {
  test("mean: 12 / 4, 0, 0", () => expect([...meanActivation(small)]).toEqual([3, 0, 0]));
  // (9 + 1 + 1 + 9) / 4 = 5.
  test("standard deviation, of the population", () => expect([...stdActivation(small)]).toEqual([Math.sqrt(5), 0, 1]));
  test("maximum", () => expect([...maxActivation(small)]).toEqual([6, 0, 1]));
  test("share of zeros: 1 of 4, all, none", () => expect([...apoz(small)]).toEqual([0.25, 1, 0]));
});

/** Five samples of one position, of classes 0 0 1 1 2: class means 3, 1, 2; 0, 0, 0; 1, -1, 0. */
const labelled = profileOf([[[2, 0, 1]], [[4, 0, 1]], [[1, 0, -1]], [[1, 0, -1]], [[2, 0, 0]]]);
const labels = Uint16Array.of(0, 0, 1, 1, 2);

describe("classMeans", () => {
  test("are means over a class's samples", () => {
    expect([...classMeans(labelled, { labels, classes: 3 })]).toEqual([3, 1, 2, 0, 0, 0, 1, -1, 0]);
  });
  test("are NaN of a class without samples", () => {
    expect([...classMeans(labelled, { labels, classes: 4 })].slice(0, 4)).toEqual([3, 1, 2, Number.NaN]);
  });
  test("are of means over positions", () => {
    expect([...classMeans(small, { labels: [0, 1], classes: 2 })]).toEqual([1, 5, 0, 0, 0, 0]);
  });
  test("need a label for each sample", () => {
    expect(() => classMeans(labelled, { labels: [0], classes: 3 })).toThrow("1 labels for the 5 samples");
  });
});

describe("selectivity", () => {
  test("is (m - r) / (m + r) of the greatest class mean and the mean of the others; null where that is 0 / 0", () => {
    // (3 - 1.5) / (3 + 1.5); 0 / 0; (1 + 0.5) / (1 - 0.5).
    expect(selectivity(labelled, { labels, classes: 3 })).toEqual([1 / 3, null, 3]);
  });
  test("leaves classes without samples out", () => {
    expect(selectivity(labelled, { labels, classes: 5 })).toEqual([1 / 3, null, 3]);
  });
  test("is 1 for a unit of one class alone, and null where there is no other class", () => {
    const one = profileOf([[[2]], [[0]], [[0]]]);
    expect(selectivity(one, { labels: [0, 1, 1], classes: 2 })).toEqual([1]);
    expect(selectivity(one, { labels: [0, 0, 0], classes: 2 })).toEqual([null]);
  });
});

describe("mutualInformation", () => {
  const values = (...own: number[]) => profileOf(own.map((value) => [[value]]));
  test("is that of the class where activations tell classes apart", () => {
    expect(mutualInformation(values(0, 0, 1, 1), { labels: [0, 0, 1, 1], classes: 2 })[0]).toBeCloseTo(1, 12);
    expect(mutualInformation(values(0, 1, 2, 3), { labels: [0, 1, 2, 3], classes: 4 })[0]).toBeCloseTo(2, 12);
  });
  test("is 0 where they say nothing, or are all the same", () => {
    expect(mutualInformation(values(0, 1, 0, 1), { labels: [0, 0, 1, 1], classes: 2 })[0]).toBeCloseTo(0, 12);
    expect(mutualInformation(values(7, 7, 7, 7), { labels: [0, 0, 1, 1], classes: 2 })[0]).toBe(0);
  });
  test("is taken of bins of equal width, the last one closed", () => {
    // Two bins of [0, 2) and [2, 4]: classes 0 0 1 and 1, or H(1/4) - 0 with rows of 3 and 1 samples.
    const found = mutualInformation(values(0, 1, 1.9, 4), { labels: [0, 0, 1, 1], classes: 2 }, 2)[0]!;
    // I = H(class) - H(class | bin) = 1 - 3/4 H(1/3).
    const entropy = -(1 / 3) * Math.log2(1 / 3) - (2 / 3) * Math.log2(2 / 3);
    expect(found).toBeCloseTo(1 - 0.75 * entropy, 12);
  });
  test("is at least 0 and at most the entropy of the classes", () => {
    const problem = fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.nat(3)), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(problem, (pairs) => {
        const found = mutualInformation(values(...pairs.map(([value]) => value)), {
          labels: pairs.map(([, label]) => label),
          classes: 4,
        })[0]!;
        const shares = [0, 1, 2, 3].map((label) => pairs.filter(([, own]) => own === label).length / pairs.length);
        const entropy = shares.reduce((sum, share) => (share > 0 ? sum - share * Math.log2(share) : sum), 0);
        expect(found).toBeGreaterThanOrEqual(-1e-12);
        expect(found).toBeLessThanOrEqual(entropy + 1e-12);
      }),
    );
  });
});
