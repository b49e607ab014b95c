/**
 * What analyses need of the ablations that a run has measured: their records, and which samples each gets right. Kept only
 * where the study analyses anything; bits of rows that an interrupted run measured come from its files.
 */
import type { AblationRecord, BitRows, LesionRecord } from "./records.ts";

export class MeasuredRows {
  readonly ablations = new Map<number, AblationRecord>();
  baselineBits: Uint32Array | null = null;
  readonly #isWanted: boolean;
  readonly #bits = new Map<number, Uint32Array>();

  constructor(isWanted: boolean, journal: readonly LesionRecord[]) {
    this.#isWanted = isWanted;
    this.add(journal, null);
  }

  add(records: readonly LesionRecord[], bits: BitRows | null): void {
    if (!this.#isWanted) return;
    for (const record of records) if (record.type === "ablation") this.ablations.set(record.row, record);
    if (!bits) return;
    // One copy for all of them: what leaves through a port is gone from here.
    const words = bits.words.slice();
    for (const [place, row] of bits.rows.entries()) {
      this.#bits.set(row, words.subarray(place * bits.wordsPerRow, (place + 1) * bits.wordsPerRow));
    }
  }

  /** Rows that are measured, and whose bits are not here. */
  get without(): number[] {
    return [...this.ablations.keys()].filter((row) => !this.#bits.has(row));
  }

  bitsOf(row: number): Uint32Array | null {
    return this.#bits.get(row) ?? null;
  }
}
