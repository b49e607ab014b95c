/**
 * Chooses kernel variants by measuring them on the adapter at hand, once a shape class, and remembers the winner. What a
 * measurement would cost is weighed against what is to be computed: a small job takes the variant that is known to do.
 */
import type { Gpu } from "../gpu/device.ts";

/** Index of the winning variant, by adapter, kernel and shape class. Plain data, so that it can be stored. */
export type Tuning = Record<string, number>;

/** Work below this is not worth measuring for: compiling the candidates alone takes about a second. */
const WORTH_MS = 4000;
/** A measurement runs at least so long, so that the clock's grain does not decide. */
const LEAST_MS = 4;

export class Tuner {
  readonly #gpu: Gpu;
  readonly #adapter: string;
  /** Work below this, in milliseconds, is not measured for. */
  readonly #worthMs: number;
  /** What was measured here and before. */
  readonly tuning: Tuning;

  constructor(gpu: Gpu, tuning: Tuning = {}, worthMs = WORTH_MS) {
    this.#gpu = gpu;
    this.#worthMs = worthMs;
    this.tuning = tuning;
    const { vendor, architecture, description } = gpu.adapter;
    this.#adapter = [vendor, architecture, description].join(" ");
  }

  /**
   * The best of `variants` for `shapeClass`: the remembered winner; or the first, where `expectedMs` of work do not pay
   * for a measurement; or the quickest, by the median of five runs of what `prepare` records.
   */
  async choose<Variant>(
    shapeClass: string,
    variants: readonly [Variant, ...Variant[]] | readonly Variant[],
    expectedMs: number,
    prepare: (variant: Variant) => Promise<() => void>,
  ): Promise<Variant> {
    const key = `${this.#adapter} / ${shapeClass}`;
    const known = variants[this.tuning[key] ?? -1];
    if (known !== undefined) return known;
    if (expectedMs < this.#worthMs) return variants[0]!;
    let best = 0;
    let bestMs = Number.POSITIVE_INFINITY;
    for (const [index, variant] of variants.entries()) {
      const ms = await this.measure(await prepare(variant));
      if (ms < bestMs) [best, bestMs] = [index, ms];
    }
    this.tuning[key] = best;
    return variants[best]!;
  }

  /** Median milliseconds of one `record`, after a warm-up, over five rounds of at least `LEAST_MS` each. */
  async measure(record: () => void): Promise<number> {
    const gpu = this.#gpu;
    await gpu.time(record);
    const once = await gpu.time(record);
    const repeats = Math.max(1, Math.min(200, Math.ceil(LEAST_MS / Math.max(once, 0.02))));
    const rounds: number[] = [];
    for (let round = 0; round < 5; round++) {
      const ms = await gpu.time(() => {
        for (let i = 0; i < repeats; i++) record();
      });
      rounds.push(ms / repeats);
    }
    return rounds.sort((a, b) => a - b)[2]!;
  }
}
