/** Records of analyses that ask the network itself, others that were trained like it, or the data. */
import type { Correlations, IntervalOrNull, OfLayer } from "./analysis-record-parts.ts";
import type { Predictor } from "./predictor-names.ts";
import type { Site } from "./records.ts";

/** A predictor against the measured accuracy drop of single units, in percentage points. */
export interface ImportanceRecord extends Correlations, OfLayer {
  readonly type: "analysis";
  readonly name: "importance";
  /** Sweep whose single-unit ablations are predicted. */
  readonly sweep: number;
  readonly predictor: Predictor;
  /** By unit, in the order of the layer's units (pooled: layer after layer); null where undefined. */
  readonly values: readonly (number | null)[];
}

/** Mann-Whitney U of incoming weights after against before training, half of the two-sided p, by unit; and how p goes with the drop. */
export interface MannWhitneyRecord extends Correlations, OfLayer {
  readonly type: "analysis";
  readonly name: "mann-whitney";
  readonly sweep: number;
  readonly p: readonly (number | null)[];
  readonly u: readonly number[];
}

/** Neuron Shapley (Ghorbani and Zou 2020): the mean marginal contribution to accuracy, in percentage points. */
export interface ShapleyRecord extends OfLayer {
  readonly type: "analysis";
  readonly name: "shapley";
  readonly units: readonly number[];
  readonly values: readonly number[];
  readonly intervals: readonly IntervalOrNull[];
  /** Permutations in which each unit was seen. */
  readonly counts: readonly number[];
  /** Sums of squares about the mean, to go on from. */
  readonly m2: readonly number[];
  readonly permutations: number;
  readonly evaluations: number;
  /** Permutations cut short because accuracy was near chance. */
  readonly truncated: number;
  readonly top: readonly number[];
  /** Whether the top k is settled at the confidence asked for. */
  readonly settled: boolean;
  readonly confidence: number;
  /** False while more permutations follow. */
  readonly final: boolean;
}

/** Relative change of each downstream layer's activation, norm of the difference over the intact norm. */
export interface CascadeRecord {
  readonly type: "analysis";
  readonly name: "cascade";
  readonly row: number;
  readonly sites: readonly Site[];
  readonly layers: readonly string[];
  /** Of all samples together; null where the intact activation is 0 everywhere. */
  readonly relativeChange: readonly (number | null)[];
  /** Mean of the samples' own ratios, and its interval. */
  readonly mean: readonly (number | null)[];
  readonly interval: readonly IntervalOrNull[];
  /** Samples. */
  readonly n: number;
}

/** Can the gain be had without the loss? Found on one half of the samples, reported on the other. */
export interface GainSearchRecord {
  readonly type: "analysis";
  readonly name: "gain-search";
  readonly method: "scale" | "gains" | "greedy" | "control";
  readonly layer: string | null;
  readonly layerIndex: number | null;
  /** What was chosen, in words and as numbers by unit (factors, for greedy 0 or 1). */
  readonly found: string;
  readonly factors: readonly { readonly layerIndex: number; readonly unit: number; readonly factor: number }[];
  readonly search: { readonly samples: number; readonly before: number; readonly after: number };
  readonly report: {
    readonly samples: number;
    readonly before: number;
    readonly after: number;
    readonly lost: number;
    readonly gained: number;
    readonly p: number;
    readonly gainPp: number;
    readonly interval: IntervalOrNull;
    /** By class. */
    readonly classLost: readonly number[];
    readonly classGained: readonly number[];
  };
}

/** How many units of a layer hardly matter, against epochs of training. */
export interface NegligibleRecord extends OfLayer {
  readonly type: "analysis";
  readonly name: "negligible";
  readonly epoch: number;
  /** Which of the networks that train at once. */
  readonly network: number;
  readonly thresholdsPp: readonly number[];
  /** Units with a drop below each threshold. */
  readonly counts: readonly number[];
  /** Units. */
  readonly n: number;
  readonly dropsPp: readonly number[];
  readonly baseline: { readonly samples: number; readonly correct: number };
}

/** One network of an ensemble: single-unit drops and predictors of a layer. */
export interface EnsembleRecord extends OfLayer {
  readonly type: "analysis";
  readonly name: "ensemble";
  readonly network: number;
  readonly seed: number;
  readonly baseline: { readonly samples: number; readonly correct: number };
  readonly dropsPp: readonly number[];
  readonly p: readonly (number | null)[];
}

/** Correlations pooled over the networks of an ensemble. */
export interface EnsemblePooledRecord extends Correlations, OfLayer {
  readonly type: "analysis";
  readonly name: "ensemble-pooled";
  readonly predictor: Predictor;
  readonly networks: number;
  /** Of each network by itself, bootstrapped over its units. */
  readonly byNetwork: readonly (Correlations & { readonly network: number })[];
  /**
   * Means of `byNetwork`, which differences between networks cannot inflate, with Student's intervals over networks; n is the
   * number of networks that have coefficients.
   */
  readonly within: Correlations;
  /** Mean of the networks' own, 0 .. 1, with Student's interval over networks. */
  readonly accuracy: { readonly mean: number; readonly interval: IntervalOrNull };
}

/** Every sample's place on a plane, by its inputs alone. */
export interface EmbeddingRecord {
  readonly type: "analysis";
  readonly name: "embedding";
  readonly method: "tsne" | "umap" | "pca";
  /** [n, 2], one after the other, rounded to four decimals. */
  readonly points: readonly number[];
  readonly labels: readonly number[];
  readonly n: number;
  readonly perplexity: number | null;
  readonly neighbors: number | null;
  readonly iterations: number;
  readonly components: number;
  /** Share of variance that the principal components keep. */
  readonly explained: number;
  /** Kullback-Leibler divergence of t-SNE at its end, in nats. */
  readonly divergence: number | null;
  readonly seed: number;
  readonly data: string;
}
