/**
 * Sets of samples as bits, 32 to a word, sample n at bit n % 32 of word floor(n / 32). Ablations are compared per sample
 * this way: lost, gained and overlap are a few word operations and a population count.
 */

/** Words needed for `count` bits. */
export function wordsFor(count: number): number {
  return Math.ceil(count / 32);
}

/** Number of one bits in a word. */
export function popcount(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Number of one bits in words. */
export function countBits(words: Uint32Array): number {
  let total = 0;
  for (const word of words) total += popcount(word);
  return total;
}

/** Whether bit `index` is one. */
export function hasBit(words: Uint32Array, index: number): boolean {
  return ((words[index >>> 5]! >>> (index & 31)) & 1) === 1;
}

/** Sets bit `index` to one. */
export function setBit(words: Uint32Array, index: number): void {
  words[index >>> 5] = words[index >>> 5]! | (1 << (index & 31));
}
