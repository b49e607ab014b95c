/**
 * The largest eigenvalues of a symmetric matrix and their vectors. Small matrices are decomposed whole; of large ones, where
 * that takes minutes, a subspace is iterated (Rutishauser 1969): multiplied, made orthonormal, and turned to its Ritz vectors.
 */
import { nextTask } from "../../core/next-task.ts";
import { random } from "../../core/random.ts";
import { rowProducts, type Turn } from "./row-products.ts";

export interface Eigenpairs {
  /** The largest first. */
  readonly values: Float64Array;
  /** [values, size]: a vector of length 1 each. */
  readonly vectors: Float64Array;
}

/** A whole decomposition takes about 2 s of a matrix of 784, and eight times that of one twice as large. */
const LARGEST_WHOLE = 800;
/** Ritz vectors are done when what the matrix makes of them differs by less, over the largest eigenvalue. */
const RESIDUAL = 1e-6;
/** Of a flat spectrum no subspace stands out: then what is left of it is taken as it is. */
const MOST_ROUNDS = 60;

/** The `count` largest of a positive semidefinite matrix [size, size]. */
export async function largestEigenpairs(
  matrix: Float64Array,
  size: number,
  count: number,
  turn: Turn = nextTask,
  largestWhole = LARGEST_WHOLE,
): Promise<Eigenpairs> {
  // More vectors than are wanted: the last of those wanted converges by the ratio of its eigenvalue to the first left out.
  const width = 2 * count + 10;
  return size <= largestWhole || width >= size
    ? first(await decompose(matrix, size), count, size)
    : iterate(matrix, size, count, width, turn);
}

/** All eigenvalues, the largest first. */
async function decompose(matrix: Float64Array, size: number): Promise<Eigenpairs> {
  const { EigenvalueDecomposition, Matrix } = await import("ml-matrix");
  const rows = Array.from({ length: size }, (_, i) => matrix.subarray(i * size, (i + 1) * size));
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(new Matrix(rows), {
    assumeSymmetric: true,
  });
  const order = realEigenvalues.map((_, i) => i).sort((a, b) => realEigenvalues[b]! - realEigenvalues[a]!);
  return {
    values: Float64Array.from(order, (i) => realEigenvalues[i]!),
    vectors: Float64Array.from(order.flatMap((i) => eigenvectorMatrix.getColumn(i))),
  };
}

async function iterate(
  matrix: Float64Array,
  size: number,
  count: number,
  width: number,
  turn: Turn,
): Promise<Eigenpairs> {
  const draw = random(1, "eigenvectors");
  let basis = Float64Array.from({ length: width * size }, () => draw.normal());
  for (let round = 1; ; round++) {
    orthonormalise(basis, size);
    const image = await rowProducts(basis, matrix, size, turn);
    const ritz = await decompose(await rowProducts(basis, image, size), width);
    const vectors = combine(ritz.vectors, basis, width, size);
    const images = combine(ritz.vectors, image, width, size);
    if (round === MOST_ROUNDS || residual(ritz.values, vectors, images, count, size) < RESIDUAL * ritz.values[0]!) {
      return first({ values: ritz.values, vectors }, count, size);
    }
    basis = images;
  }
}

function first({ values, vectors }: Eigenpairs, count: number, size: number): Eigenpairs {
  return { values: values.slice(0, count), vectors: vectors.slice(0, count * size) };
}

/** Largest norm of A v - lambda v over the first `count` pairs. */
function residual(
  values: Float64Array,
  vectors: Float64Array,
  images: Float64Array,
  count: number,
  size: number,
): number {
  let largest = 0;
  for (let k = 0; k < count; k++) {
    let squares = 0;
    for (let at = k * size; at < (k + 1) * size; at++) squares += (images[at]! - values[k]! * vectors[at]!) ** 2;
    largest = Math.max(largest, Math.sqrt(squares));
  }
  return largest;
}

/** [width, size]: sums of the rows of `basis`, each by a row of `weights`, [width, width]. */
function combine(weights: Float64Array, basis: Float64Array, width: number, size: number): Float64Array<ArrayBuffer> {
  const sums = new Float64Array(width * size);
  for (let k = 0; k < width; k++) {
    for (let row = 0; row < width; row++) {
      const weight = weights[k * width + row]!;
      for (let i = 0; i < size; i++) sums[k * size + i]! += weight * basis[row * size + i]!;
    }
  }
  return sums;
}

/** Makes rows orthonormal, in place, by Gram and Schmidt's method done twice (Giraud et al. 2005). A row that vanishes is 0. */
function orthonormalise(rows: Float64Array, size: number): void {
  for (let k = 0; k < rows.length / size; k++) {
    const row = rows.subarray(k * size, (k + 1) * size);
    const before = norm(row);
    for (let pass = 0; pass < 2; pass++) {
      for (let other = 0; other < k; other++) {
        let product = 0;
        for (let i = 0; i < size; i++) product += row[i]! * rows[other * size + i]!;
        for (let i = 0; i < size; i++) row[i]! -= product * rows[other * size + i]!;
      }
    }
    const length = norm(row);
    const scale = length > 1e-12 * before ? 1 / length : 0;
    for (let i = 0; i < size; i++) row[i]! *= scale;
  }
}

function norm(row: Float64Array): number {
  let squares = 0;
  for (const value of row) squares += value ** 2;
  return Math.sqrt(squares);
}
