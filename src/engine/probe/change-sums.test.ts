/** Ratios worked out by hand. */
import { expect, test } from "vitest";
import { ChangeSums } from "./change-sums.ts";

test("joins parts and batches: one ratio of all, and the mean of each sample's own", () => {
  const sums = new ChangeSums("conv", 3);
  // Two rows of two parts: squared distances 1 + 3 and 0 + 0, squared norms 10 + 6 and 1 + 0: ratios 1/2 and 0.
  sums.add(Float32Array.of(1, 10, 3, 6, 0, 1, 0, 0), 2);
  // One row of ratio 1.
  sums.add(Float32Array.of(2, 2, 2, 2), 1);
  const { standardError, ...rest } = sums.result();
  // All distances 8, all norms 21.
  expect(rest).toEqual({ layer: "conv", units: 3, change: Math.sqrt(8 / 21), samples: 3, mean: 0.5 });
  // Deviations 0, -1/2, 1/2: variance 1/4.
  expect(standardError).toBeCloseTo(Math.sqrt(1 / 4 / 3), 12);
});

test("a sample whose activations are all 0 has no ratio, and counts in that of all", () => {
  const sums = new ChangeSums("conv", 3);
  sums.add(Float32Array.of(4, 0, 1, 4), 2);
  expect(sums.result()).toMatchObject({ change: Math.sqrt(5 / 4), samples: 1, mean: 0.5, standardError: null });
});

test("nothing to compare with is null", () => {
  const sums = new ChangeSums("conv", 3);
  sums.add(Float32Array.of(0, 0), 1);
  expect(sums.result()).toMatchObject({ change: null, samples: 0, mean: null, standardError: null });
});
