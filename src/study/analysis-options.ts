/** What a study may ask of its ablations and its network, with every default filled in. Types alone; see `analysis-schema.ts`. */
import type { Predictor, WeightPredictor } from "./analysis-records.ts";
import type { LayerChoice } from "./study.ts";

/** Of analyses that look at one layer at a time. */
interface OfLayers {
  readonly layers: LayerChoice;
}

/** Predictors against the measured drop of single units. */
export interface ImportanceOptions extends OfLayers {
  readonly analyse: "importance";
  readonly predictors: readonly Predictor[];
  /** Samples that activations and gradients are taken of, the first of the data; null: all. */
  readonly samples: number | null;
  /** Samples of a mini-batch, of predictors that are means over mini-batches. */
  readonly batch: number;
}
export interface MannWhitneyOptions extends OfLayers {
  readonly analyse: "mann-whitney";
}
export interface RedundancyOptions extends OfLayers {
  readonly analyse: "redundancy";
}
export interface InteractionsOptions extends OfLayers {
  readonly analyse: "interactions";
}
export interface ShapleyOptions extends OfLayers {
  readonly analyse: "shapley";
  /** How many units are to be told apart from the rest. */
  readonly top: number;
  readonly confidence: number;
  /** Permutations at most. */
  readonly permutations: number;
  /** A permutation ends where accuracy is within so many percentage points of chance. */
  readonly truncationPp: number;
}
export interface CascadeOptions {
  readonly analyse: "cascade";
  /** The most damaging ablations, so many; or these rows. */
  readonly of: number | readonly number[];
  readonly samples: number | null;
}
export interface OverlapOptions extends OfLayers {
  readonly analyse: "overlap";
}
export interface ClassDamageOptions extends OfLayers {
  readonly analyse: "class-damage";
}
export interface PositiveEffectsOptions {
  readonly analyse: "positive-effects";
  /** False discovery rate. */
  readonly rate: number;
}
export interface GainSearchOptions extends OfLayers {
  readonly analyse: "gain-search";
  readonly methods: readonly ("scale" | "gains" | "greedy" | "control")[];
  /** Factors that are tried of each unit. */
  readonly factors: readonly number[];
  /** Units switched off at most by the greedy search. */
  readonly most: number;
  /** Of the trained gains, and of the control. */
  readonly epochs: number;
  readonly learningRate: number;
  readonly batch: number;
}
export interface DegradationOptions {
  readonly analyse: "degradation";
}
export interface PopulationsOptions extends OfLayers {
  readonly analyse: "populations";
  readonly by: readonly ("effect" | "activation")[];
  /** Clusters; null: as many as the silhouette likes best, up to 8. */
  readonly clusters: number | null;
}
export interface DepthOptions {
  readonly analyse: "depth";
}
export interface NegligibleOptions extends OfLayers {
  readonly analyse: "negligible";
  /** Epochs of training after which units are ablated; 0: before any. */
  readonly epochs: readonly number[];
  readonly thresholdsPp: readonly number[];
}
export interface EnsembleOptions extends OfLayers {
  readonly analyse: "ensemble";
  /** Those that weights give. */
  readonly predictors: readonly WeightPredictor[];
}
export interface EmbeddingOptions {
  readonly analyse: "embedding";
  readonly method: "tsne" | "umap" | "pca";
  readonly perplexity: number;
  readonly neighbors: number;
  readonly iterations: number;
  readonly components: number;
  /** Samples at most, the first of the data. */
  readonly points: number;
}
export interface ReplacementsOptions extends OfLayers {
  readonly analyse: "replacements";
}

export type AnalysisOptions =
  | ImportanceOptions
  | MannWhitneyOptions
  | RedundancyOptions
  | InteractionsOptions
  | ShapleyOptions
  | CascadeOptions
  | OverlapOptions
  | ClassDamageOptions
  | PositiveEffectsOptions
  | GainSearchOptions
  | DegradationOptions
  | PopulationsOptions
  | DepthOptions
  | NegligibleOptions
  | EnsembleOptions
  | EmbeddingOptions
  | ReplacementsOptions;
