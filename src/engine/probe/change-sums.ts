/** What the distances of a layer's activations under damage add up to: one ratio of all samples, and each sample's own. */

/** The relative change of a layer's post-activation, ||a' - a|| / ||a||, Euclidean norms. */
export interface LayerChange {
  readonly layer: string;
  readonly units: number;
  /** Norms over all samples, positions and units; null where a is 0 everywhere. */
  readonly change: number | null;
  /** Of the ratios of single samples, norms over positions and units. Samples whose a is 0 everywhere have none. */
  readonly samples: number;
  /** Null where no sample has a ratio. */
  readonly mean: number | null;
  /** Of the mean: the ratios' standard deviation (n - 1) over the root of n; null for fewer than 2. */
  readonly standardError: number | null;
}

/** Adds batches up in float64; the mean and the deviation as Welford (1962) has them. */
export class ChangeSums {
  readonly #layer: string;
  readonly #units: number;
  #distance = 0;
  #norm = 0;
  #samples = 0;
  #mean = 0;
  #deviations = 0;

  constructor(layer: string, units: number) {
    this.#layer = layer;
    this.#units = units;
  }

  /** Takes `partial` [rows, parts, 2]: parts of the squared distance and of the squared norm of each row. */
  add(partial: Float32Array, rows: number): void {
    const length = partial.length / rows;
    for (let row = 0; row < rows; row++) {
      let distance = 0;
      let norm = 0;
      for (let at = row * length; at < (row + 1) * length; at += 2) {
        distance += partial[at]!;
        norm += partial[at + 1]!;
      }
      this.#distance += distance;
      this.#norm += norm;
      if (norm === 0) continue;
      const ratio = Math.sqrt(distance / norm);
      this.#samples++;
      const from = ratio - this.#mean;
      this.#mean += from / this.#samples;
      this.#deviations += from * (ratio - this.#mean);
    }
  }

  result(): LayerChange {
    const samples = this.#samples;
    return {
      layer: this.#layer,
      units: this.#units,
      change: this.#norm === 0 ? null : Math.sqrt(this.#distance / this.#norm),
      samples,
      mean: samples === 0 ? null : this.#mean,
      standardError: samples < 2 ? null : Math.sqrt(this.#deviations / (samples - 1) / samples),
    };
  }
}
