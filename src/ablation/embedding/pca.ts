/**
 * Principal components of a data set's raw values: what a map's neighbours are looked for in. By the covariance of the
 * features or, where there are more features than samples, by the products of the samples with each other, which have the
 * same eigenvalues.
 */
import { nextTask } from "../../core/next-task.ts";
import { type Eigenpairs, largestEigenpairs } from "./eigenpairs.ts";
import { rowProducts, type Turn } from "./row-products.ts";

export interface PrincipalComponents {
  /** [n, count]: each sample's place along the components, the largest variance first; the mean is 0. */
  readonly scores: Float32Array;
  /** As many as were asked for, but no more than features or samples. */
  readonly count: number;
  /** Share of the variance that the components keep, 0 .. 1; 0 where there is no variance. */
  readonly explained: number;
}

/**
 * The first `components` components of `values` [n, d], which stay as they are. A component's sign is such that its largest
 * loading is positive. In float64 but for the centred values of the Gram matrix's way, which are float32.
 */
export async function principalComponents(
  values: Float32Array,
  n: number,
  d: number,
  components: number,
  turn: Turn = nextTask,
): Promise<PrincipalComponents> {
  const count = Math.min(components, n, d);
  const means = columnMeans(values, n, d);
  const { pairs, scores, variance } =
    d <= n ? await byCovariance(values, n, d, means, count, turn) : await byGram(values, n, d, means, count, turn);
  const kept = pairs.values.reduce((sum, value) => sum + Math.max(0, value), 0);
  return { scores, count, explained: variance > 0 ? Math.min(1, kept / variance) : 0 };
}

interface Found {
  readonly pairs: Eigenpairs;
  readonly scores: Float32Array;
  /** The sum of all eigenvalues. */
  readonly variance: number;
}

async function byCovariance(
  values: Float32Array,
  n: number,
  d: number,
  means: Float64Array,
  count: number,
  turn: Turn,
): Promise<Found> {
  const columns = new Float32Array(d * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < d; j++) columns[j * n + i] = values[i * d + j]! - means[j]!;
  const covariance = await rowProducts(columns, columns, n, turn);
  const pairs = await largestEigenpairs(covariance, d, count, turn);
  for (let k = 0; k < count; k++) {
    const vector = pairs.vectors.subarray(k * d, (k + 1) * d);
    orient(vector, vector);
  }
  const projections = await rowProducts(values, pairs.vectors, d);
  const shifts = await rowProducts(means, pairs.vectors, d);
  return {
    pairs,
    scores: Float32Array.from(projections, (p, at) => p - shifts[at % count]!),
    variance: trace(covariance, d),
  };
}

async function byGram(
  values: Float32Array,
  n: number,
  d: number,
  means: Float64Array,
  count: number,
  turn: Turn,
): Promise<Found> {
  const rows = values.map((value, at) => value - means[at % d]!);
  const gram = await rowProducts(rows, rows, d, turn);
  const pairs = await largestEigenpairs(gram, n, count, turn);
  const scores = new Float32Array(n * count);
  for (let k = 0; k < count; k++) {
    const vector = pairs.vectors.subarray(k * n, (k + 1) * n);
    // Of this direction the loadings are sums of the samples by the vector.
    const loadings = new Float64Array(d);
    for (let i = 0; i < n; i++) for (let j = 0; j < d; j++) loadings[j]! += vector[i]! * rows[i * d + j]!;
    orient(vector, loadings);
    const length = Math.sqrt(Math.max(0, pairs.values[k]!));
    for (let i = 0; i < n; i++) scores[i * count + k] = length * vector[i]!;
  }
  return { pairs, scores, variance: trace(gram, n) };
}

/** Turns `vector` to where the largest of the loadings, the first of equal ones, is positive. */
function orient(vector: Float64Array, loadings: Float64Array): void {
  let largest = 0;
  for (const loading of loadings) if (Math.abs(loading) > Math.abs(largest)) largest = loading;
  if (largest < 0) for (let i = 0; i < vector.length; i++) vector[i] = -vector[i]!;
}

function columnMeans(values: Float32Array, n: number, d: number): Float64Array {
  const means = new Float64Array(d);
  for (let i = 0; i < n; i++) for (let j = 0; j < d; j++) means[j]! += values[i * d + j]!;
  return means.map((sum) => sum / n);
}

function trace(matrix: Float64Array, size: number): number {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += matrix[i * size + i]!;
  return sum;
}
