/**
 * What analyses need of the ablations that a run has measured: their records, and which samples each gets right. Kept as far
 * as the study asks for it; bits of rows that an interrupted run measured come from its files.
 */
import type { AblationRecord, BitRows, LesionRecord } from "./records.ts";
import type { Study } from "./study.ts";

/** What is kept of each row, each with what stands before it. A row of bits takes an eighth of a byte a sample. */
export type KeptOfRows = "nothing" | "records" | "bits";

/** What the analyses of a study need. */
export function keptOfRows({ analyses, measure, baselineData }: Study): KeptOfRows {
  const needsBits = analyses.some(({ analyse }) => {
    // Records count what each class lost and gained against the baseline.
    if (analyse === "positive-effects") return baselineData !== null || !measure.includes("status");
    return analyse === "redundancy" || analyse === "interactions" || analyse === "overlap";
  });
  if (needsBits) return "bits";
  return analyses.length > 0 ? "records" : "nothing";
}

export class MeasuredRows {
  readonly ablations = new Map<number, AblationRecord>();
  baselineBits: Uint32Array | null = null;
  readonly #kept: KeptOfRows;
  readonly #bits = new Map<number, Uint32Array>();

  constructor(kept: KeptOfRows, journal: readonly LesionRecord[]) {
    this.#kept = kept;
    this.add(journal, null);
  }

  add(records: readonly LesionRecord[], bits: BitRows | null): void {
    if (this.#kept === "nothing") return;
    for (const record of records) if (record.type === "ablation") this.ablations.set(record.row, record);
    if (!bits || this.#kept === "records") return;
    // One copy for all of them: what leaves through a port is gone from here.
    const words = bits.words.slice();
    for (const [place, row] of bits.rows.entries()) {
      this.#bits.set(row, words.subarray(place * bits.wordsPerRow, (place + 1) * bits.wordsPerRow));
    }
  }

  /** Rows that are measured, and whose bits are wanted and not here. */
  get without(): number[] {
    if (this.#kept !== "bits") return [];
    return [...this.ablations.keys()].filter((row) => !this.#bits.has(row));
  }

  bitsOf(row: number): Uint32Array | null {
    return this.#bits.get(row) ?? null;
  }
}
