/** Masks in the forms kernels read: as unit lists, as bits, and as the samples they touch. */
import { wordsFor } from "../core/bitset.ts";

/** Marks a mask of which the units left alone are listed. */
const COMPLEMENT = 0x80000000;

/**
 * Unit lists as one array: where each begins (one more number than masks, absolute), then the units. Of a mask of more
 * than half of `units`, those left alone are listed, and bit 31 of its beginning is set: fewer terms, and a layer masked
 * as a whole is entered without any rounding.
 */
export function packProgram(masks: readonly (readonly number[])[], units: number): Uint32Array {
  const lists = masks.map((mask) => (2 * mask.length > units ? othersOf(mask, units) : mask));
  const header = masks.length + 1;
  const program = new Uint32Array(header + lists.reduce((sum, list) => sum + list.length, 0));
  let at = header;
  lists.forEach((list, index) => {
    program[index] = list === masks[index] ? at : at + COMPLEMENT;
    program.set(list, at);
    at += list.length;
  });
  program[masks.length] = at;
  return program;
}

/** Units that a program lists for a mask of `masked` of `units`. */
export function listedUnits(masked: number, units: number): number {
  return Math.min(masked, units - masked);
}

function othersOf(mask: readonly number[], units: number): number[] {
  const masked = new Set(mask);
  return Array.from({ length: units }, (_, unit) => unit).filter((unit) => !masked.has(unit));
}

/** Masks as bits over `units`: [masks, wordsFor(units)]. */
export function packBits(masks: readonly (readonly number[])[], units: number): Uint32Array {
  const words = wordsFor(units);
  const bits = new Uint32Array(masks.length * words);
  masks.forEach((mask, index) => {
    for (const unit of mask) {
      const at = index * words + (unit >>> 5);
      bits[at] = bits[at]! | (1 << (unit & 31));
    }
  });
  return bits;
}

/** The samples of some masks: where each mask's begin (absolute), then the samples, ascending. */
export interface SampleLists {
  readonly list: Uint32Array;
  readonly total: number;
}

/** Lists the one bits of each row of words. */
export function packSamples(rows: readonly Uint32Array[], counts: readonly number[]): SampleLists {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const list = new Uint32Array(rows.length + 1 + total);
  let at = rows.length + 1;
  rows.forEach((words, index) => {
    list[index] = at;
    for (let w = 0; w < words.length; w++) {
      for (let bits = words[w]!; bits !== 0; bits &= bits - 1) {
        list[at++] = w * 32 + (31 - Math.clz32(bits & -bits));
      }
    }
  });
  list[rows.length] = at;
  return { list, total };
}
