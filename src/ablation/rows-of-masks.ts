/** The (image, mask) pairs of a batch, from the bits of the images that each mask moves. */

/** Images that a mask moves, as bits, and how many they are. */
export interface MaskedImages {
  readonly images: Uint32Array;
  readonly count: number;
}

/** [rows, 2]: image and mask of each row, mask by mask, images ascending. */
export function rowsOfMasks(batch: readonly MaskedImages[]): Uint32Array {
  const rows = new Uint32Array(2 * batch.reduce((sum, { count }) => sum + count, 0));
  let at = 0;
  for (const [mask, { images }] of batch.entries()) {
    for (let word = 0; word < images.length; word++) {
      // The lowest bit that is set, and then without it.
      for (let bits = images[word]!; bits !== 0; bits &= bits - 1) {
        rows[at++] = 32 * word + 31 - Math.clz32(bits & -bits);
        rows[at++] = mask;
      }
    }
  }
  return rows;
}
