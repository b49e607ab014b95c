/**
 * Seeded random numbers: same seed, same numbers, on every machine. Only integer arithmetic and IEEE-exact operations
 * (+ - * / sqrt) are used, because Math.sin, Math.log and their kin differ between engines in the last bit.
 */
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** A stream of random numbers. Drawing changes it. */
export interface Random {
  /** Uniform over 0 .. 2^32 - 1. */
  uint32(): number;
  /** Uniform over [0, 1), a multiple of 2^-32. */
  uniform(): number;
  /** Uniform over 0 .. count - 1, without modulo bias; count is 1 .. 2^32. */
  below(count: number): number;
  /** Approximately normal, mean 0 and variance 1: twelve uniforms (Irwin-Hall), so bounded by 6 and exact to the bit. */
  normal(): number;
  /** A random order of 0 .. count - 1 (Fisher and Yates). */
  permutation(count: number): Uint32Array;
}

/** A stream for a seed (any integer) and an optional label, so that parts of a run draw independently of each other. */
export function random(seed: number, label = ""): Random {
  const generator = xoroshiro128plus(mix(seed, label));
  const uint32 = () => generator.next() >>> 0;
  const uniform = () => uint32() / 4294967296;
  const below = (count: number) => {
    const limit = 4294967296 - (4294967296 % count);
    let draw = uint32();
    while (draw >= limit) draw = uint32();
    return draw % count;
  };
  return {
    uint32,
    uniform,
    below,
    normal: () => {
      let sum = -6;
      for (let i = 0; i < 12; i++) sum += uniform();
      return sum;
    },
    permutation: (count) => {
      const order = Uint32Array.from({ length: count }, (_, i) => i);
      for (let i = count - 1; i > 0; i--) {
        const j = below(i + 1);
        const kept = order[i]!;
        order[i] = order[j]!;
        order[j] = kept;
      }
      return order;
    },
  };
}

/**
 * FNV-1a over the seed's 8 bytes and the label's UTF-16 units, then MurmurHash3's finaliser: without it the first draws
 * of labels that follow each other are correlated.
 */
function mix(seed: number, label: string): number {
  let hash = 0x811c9dc5;
  const feed = (value: number) => {
    hash = Math.imul(hash ^ value, 0x01000193);
  };
  const low = seed >>> 0;
  const high = Math.floor(seed / 4294967296) >>> 0;
  for (const word of [low, high]) for (let shift = 0; shift < 32; shift += 8) feed((word >>> shift) & 255);
  for (let i = 0; i < label.length; i++) feed(label.charCodeAt(i));
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
