/**
 * Dot products of rows in float64, the one product that principal components need: of features with each other (covariance),
 * of samples (Gram), of a matrix with a basis. Blocks are copied to buffers of one type first, because a loop over arrays of
 * mixed types is several times slower, and a tile of sums stays in registers.
 */
import { nextTask } from "../../core/next-task.ts";

/** Numbers row by row. */
export type Rows = Float32Array | Float64Array;

/** Awaited some times a second, so that other tasks have their turn; may throw to end the work. */
export type Turn = () => Promise<void>;

/** Rows of a block of results, a multiple of the tile's; numbers of each row at a time: two blocks fit the cache. */
const BLOCK_ROWS = 64;
const BLOCK_LENGTH = 256;
/** Multiplications after which the event loop has its turn: about 50 ms. */
const TURN_PRODUCTS = 4e7;

/**
 * [rowsOf(a), rowsOf(b)]: the dot product of each row of `a` with each row of `b`, all of `length` numbers. Where a and b are
 * the same array only one half is computed.
 */
export async function rowProducts(a: Rows, b: Rows, length: number, turn: Turn = nextTask): Promise<Float64Array> {
  const [aRows, bRows] = [a.length / length, b.length / length];
  const products = new Float64Array(aRows * bRows);
  const [aBlock, bBlock] = [newBlock(), newBlock()];
  let done = 0;
  for (let aStart = 0; aStart < aRows; aStart += BLOCK_ROWS) {
    for (let bStart = a === b ? aStart : 0; bStart < bRows; bStart += BLOCK_ROWS) {
      const sums = new Float64Array(BLOCK_ROWS * BLOCK_ROWS);
      for (let from = 0; from < length; from += BLOCK_LENGTH) {
        copyBlock(aBlock, a, length, aStart, from);
        copyBlock(bBlock, b, length, bStart, from);
        addProducts(sums, aBlock, bBlock, Math.min(BLOCK_ROWS, aRows - aStart), Math.min(BLOCK_ROWS, bRows - bStart));
        done += BLOCK_ROWS * BLOCK_ROWS * BLOCK_LENGTH;
        if (done >= TURN_PRODUCTS) {
          done = 0;
          await turn();
        }
      }
      for (let i = 0; i < Math.min(BLOCK_ROWS, aRows - aStart); i++) {
        for (let j = 0; j < Math.min(BLOCK_ROWS, bRows - bStart); j++) {
          const sum = sums[i * BLOCK_ROWS + j]!;
          products[(aStart + i) * bRows + bStart + j] = sum;
          if (a === b) products[(bStart + j) * bRows + aStart + i] = sum;
        }
      }
    }
  }
  return products;
}

function newBlock(): Float64Array {
  return new Float64Array(BLOCK_ROWS * BLOCK_LENGTH);
}

/** Rows start .. start + BLOCK_ROWS, numbers from .. from + BLOCK_LENGTH of each; zeros beyond the matrix. */
function copyBlock(block: Float64Array, rows: Rows, length: number, start: number, from: number): void {
  const count = Math.min(BLOCK_LENGTH, length - from);
  const last = Math.min(BLOCK_ROWS, rows.length / length - start);
  if (count < BLOCK_LENGTH || last < BLOCK_ROWS) block.fill(0);
  for (let row = 0; row < last; row++) {
    const at = (start + row) * length + from;
    block.set(rows.subarray(at, at + count), row * BLOCK_LENGTH);
  }
}

/** Adds the products of the first rows of two blocks to `sums`, [BLOCK_ROWS, BLOCK_ROWS], 4 x 2 of them at a time. */
function addProducts(sums: Float64Array, a: Float64Array, b: Float64Array, aRows: number, bRows: number): void {
  for (let i = 0; i < aRows; i += 4) {
    for (let j = 0; j < bRows; j += 2) {
      let [s00, s01, s10, s11, s20, s21, s30, s31] = [0, 0, 0, 0, 0, 0, 0, 0];
      const a0 = i * BLOCK_LENGTH;
      const b0 = j * BLOCK_LENGTH;
      for (let l = 0; l < BLOCK_LENGTH; l++) {
        const x = b[b0 + l]!;
        const y = b[b0 + BLOCK_LENGTH + l]!;
        const p = a[a0 + l]!;
        s00 += p * x;
        s01 += p * y;
        const q = a[a0 + BLOCK_LENGTH + l]!;
        s10 += q * x;
        s11 += q * y;
        const r = a[a0 + 2 * BLOCK_LENGTH + l]!;
        s20 += r * x;
        s21 += r * y;
        const s = a[a0 + 3 * BLOCK_LENGTH + l]!;
        s30 += s * x;
        s31 += s * y;
      }
      const to = i * BLOCK_ROWS + j;
      sums[to]! += s00;
      sums[to + 1]! += s01;
      sums[to + BLOCK_ROWS]! += s10;
      sums[to + BLOCK_ROWS + 1]! += s11;
      sums[to + 2 * BLOCK_ROWS]! += s20;
      sums[to + 2 * BLOCK_ROWS + 1]! += s21;
      sums[to + 3 * BLOCK_ROWS]! += s30;
      sums[to + 3 * BLOCK_ROWS + 1]! += s31;
    }
  }
}
