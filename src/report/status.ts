/** What becomes of each sample under an ablation, from two rows of correctness bits. */
import { hasBit } from "../core/bitset.ts";

/** By status: 0, 1, 2, 3. */
export const STATUS_NAMES = ["kept", "lost", "gained", "wrong"] as const;

/** [samples]: 0 right before and after, 1 before only, 2 after only, 3 never. Words as in src/core/bitset.ts. */
export function sampleStatus(before: Uint32Array, after: Uint32Array, samples: number): Uint8Array {
  return Uint8Array.from(
    { length: samples },
    (_, sample) => (hasBit(before, sample) ? 0 : 2) + (hasBit(after, sample) === hasBit(before, sample) ? 0 : 1),
  ).map((code) => CODES[code]!);
}

/** Of right before (0) or wrong before (2), plus 1 where it changed: kept, lost, wrong, gained. */
const CODES = [0, 1, 3, 2] as const;
