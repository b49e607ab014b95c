/** Principal components by hand, by their properties, and by ml-matrix's decomposition of the covariance. */
import fc from "fast-check";
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { describe, expect, test } from "vitest";
import { nextTask } from "../../core/next-task.ts";
import { random } from "../../core/random.ts";
import { largestEigenpairs } from "./eigenpairs.ts";
import { principalComponents } from "./pca.ts";
import { rowProducts } from "./row-products.ts";

const normals = (count: number, seed: number) => {
  const draw = random(seed, "pca");
  return Float32Array.from({ length: count }, () => draw.normal());
};

test("of points on a line are their places along it", async () => {
  // (1, 2), (2, 4), (6, 12): the mean is (3, 6), the direction (1, 2) / sqrt 5, the places -2, -1 and 3 times sqrt 5.
  const { scores, count, explained } = await principalComponents(Float32Array.of(1, 2, 2, 4, 6, 12), 3, 2, 2);
  expect(count).toBe(2);
  expect(explained).toBeCloseTo(1, 12);
  for (const [i, place] of [-2, -1, 3].entries()) {
    expect(scores[2 * i]).toBeCloseTo(place * Math.sqrt(5), 5);
    expect(scores[2 * i + 1]).toBeCloseTo(0, 5);
  }
});

test("share the variance", async () => {
  // Deviations (+-3, 0) and (0, +-1): variances 18 and 2 of 20.
  const { scores, explained } = await principalComponents(Float32Array.of(3, 0, -3, 0, 0, 1, 0, -1), 4, 2, 1);
  expect(explained).toBeCloseTo(0.9, 12);
  expect(Array.from(scores)).toEqual([3, -3, 0, 0]);
});

test("of constant data are nothing", async () => {
  const { scores, explained } = await principalComponents(new Float32Array(20).fill(0.3), 5, 4, 2);
  expect(explained).toBe(0);
  expect(scores.every((score) => Math.abs(score) < 1e-6)).toBe(true);
});

describe("either way", () => {
  const shapes = fc.record({ n: fc.integer({ min: 2, max: 70 }), d: fc.integer({ min: 1, max: 90 }), seed: fc.nat() });

  test("have the eigenvalues of ml-matrix for variances, are uncorrelated, and keep distances where all are kept", async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async ({ n, d, seed }) => {
        const values = normals(n * d, seed).map((value, at) => value * (1 + (at % d)) + 5);
        const { scores, count, explained } = await principalComponents(values, n, d, 100);
        expect(count).toBe(Math.min(n, d));
        expect(explained).toBeCloseTo(1, 6);
        const matrix = new Matrix(Array.from({ length: n }, (_, i) => values.subarray(i * d, (i + 1) * d)));
        const centred = matrix.center("column");
        const covariance = centred.transpose().mmul(centred);
        const wanted = new EigenvalueDecomposition(covariance, { assumeSymmetric: true }).realEigenvalues.sort(
          (a, b) => b - a,
        );
        const score = new Matrix(Array.from({ length: n }, (_, i) => scores.subarray(i * count, (i + 1) * count)));
        const products = score.transpose().mmul(score);
        for (let a = 0; a < count; a++) {
          for (let b = 0; b < count; b++) {
            const error = Math.abs(products.get(a, b) - (a === b ? wanted[a]! : 0));
            expect(error / wanted[0]!).toBeLessThan(1e-5);
          }
        }
        const last = Math.min(n - 1, 5);
        const distance = (rows: Matrix) => Math.hypot(...rows.getRow(0).map((value, k) => value - rows.get(last, k)));
        expect(distance(score) / distance(matrix)).toBeCloseTo(1, 4);
      }),
      { seed: 11, numRuns: 40 },
    );
  });

  test("agree, to the sign", async () => {
    // 40 samples of 39 features are decomposed by features; with two features of zeros more, by samples.
    const [n, d] = [40, 39];
    const values = normals(n * d, 3).map((value, at) => value / (1 + (at % d)));
    const wider = Float32Array.from({ length: n * (d + 2) }, (_, at) => {
      const feature = at % (d + 2);
      return feature < d ? values[Math.floor(at / (d + 2)) * d + feature]! : 0;
    });
    const [byFeatures, bySamples] = [
      await principalComponents(values, n, d, 5),
      await principalComponents(wider, n, d + 2, 5),
    ];
    expect(bySamples.explained).toBeCloseTo(byFeatures.explained, 6);
    for (const [at, score] of byFeatures.scores.entries()) expect(bySamples.scores[at]).toBeCloseTo(score, 4);
  });
});

test("the iterated subspace has the eigenpairs of the whole decomposition", async () => {
  const [size, count] = [120, 6];
  const factors = Float64Array.from(normals(size * size, 9), (value, at) => value * 0.97 ** (at % size));
  const matrix = await rowProducts(factors, factors, size);
  const whole = await largestEigenpairs(matrix, size, count);
  const iterated = await largestEigenpairs(matrix, size, count, nextTask, 0);
  expect(iterated.vectors.length).toBe(count * size);
  for (let k = 0; k < count; k++) {
    expect(iterated.values[k]! / whole.values[k]!).toBeCloseTo(1, 10);
    let product = 0;
    for (let i = 0; i < size; i++) product += whole.vectors[k * size + i]! * iterated.vectors[k * size + i]!;
    expect(Math.abs(product)).toBeCloseTo(1, 8);
  }
});

test("row products of odd sizes and mixed types are sums in float64", async () => {
  const [aRows, bRows, length] = [67, 5, 301];
  const a = normals(aRows * length, 1);
  const b = Float64Array.from(normals(bRows * length, 2));
  const products = await rowProducts(a, b, length);
  for (const [at, product] of products.entries()) {
    const [i, j] = [Math.floor(at / bRows), at % bRows];
    let sum = 0;
    for (let l = 0; l < length; l++) sum += a[i * length + l]! * b[j * length + l]!;
    expect(product).toBeCloseTo(sum, 10);
  }
  const own = await rowProducts(a, a, length);
  expect(own[3 * aRows + 66]).toBe(own[66 * aRows + 3]);
  expect(own[3 * aRows + 66]).toBe((await rowProducts(a, a.slice(), length))[3 * aRows + 66]);
});
