/**
 * Records of analyses: what a study asked of its ablations, of its network, or of both. Types alone. Every number comes with
 * its n and, where it estimates something, its interval (95 % unless said); what could not be estimated is null.
 */
import type { Correlations } from "../ablation/statistics/correlations.ts";
import type { Site } from "./records.ts";

export type { Correlations };

/** Low and high end of a 95 % interval; null where there is none. */
export type IntervalOrNull = readonly [low: number, high: number] | null;

/** What every analysis of one layer says of it; null: all layers pooled. */
interface OfLayer {
  readonly layer: string | null;
  readonly layerIndex: number | null;
}

/** Predictors of a unit's importance; see docs/experiments.md. */
export const PREDICTORS = [
  "weight-l1",
  "weight-l2",
  "weight-l1-out",
  "weight-l2-out",
  "weight-change",
  "mean-activation",
  "std-activation",
  "max-activation",
  "apoz",
  "taylor",
  "taylor-weight",
  "taylor-gate",
  "fisher",
  "fpgm",
  "snip",
  "gradient-weight",
  "selectivity",
  "mutual-information",
  "mann-whitney",
] as const;
export type Predictor = (typeof PREDICTORS)[number];

/** Those that need nothing but weights. */
export const WEIGHT_PREDICTORS = [
  "weight-l1",
  "weight-l2",
  "weight-l1-out",
  "weight-l2-out",
  "weight-change",
  "fpgm",
  "mann-whitney",
] as const satisfies readonly Predictor[];
export type WeightPredictor = (typeof WEIGHT_PREDICTORS)[number];

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

/** R of a pair (Meyes et al. 2019): samples lost by both together and by neither alone, over samples right intact. */
export interface RedundancyRecord extends OfLayer {
  readonly type: "analysis";
  readonly name: "redundancy";
  /** As `AblationRecord` has it. */
  readonly replacement?: string;
  readonly sites: readonly Site[];
  /** Of a pair in one layer. */
  readonly units: readonly number[];
  /** Pairs of the layer and replacement that were measured, where only those of greatest R have records. */
  readonly pairs?: number;
  /** 0 or more; it can pass 1. */
  readonly R: number;
  readonly classR: readonly (number | null)[];
  /** Samples right intact. */
  readonly n: number;
  readonly interval: IntervalOrNull;
}

/** I_ij = D_ij - D_i - D_j in percentage points, for all measured pairs of some units; ordered by seriation. */
export interface InteractionsRecord {
  readonly type: "analysis";
  readonly name: "interactions";
  /** As `AblationRecord` has it. */
  readonly replacement?: string;
  readonly units: readonly { readonly layerIndex: number; readonly layer: string; readonly unit: number }[];
  /** [units, units], symmetric; null on the diagonal and where a pair was not measured. */
  readonly matrix: readonly (readonly (number | null)[])[];
  /** Half of the 95 % interval of each entry, from paired samples. */
  readonly halfWidth: readonly (readonly (number | null)[])[];
  /** By class, as `matrix`; absent for many units. */
  readonly classes?: readonly (readonly (readonly (number | null)[])[])[];
  /** A permutation of the units in which alike ones are neighbours. */
  readonly order: readonly number[];
  /** Samples. */
  readonly n: number;
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

/** Which single-unit ablations of a layer lose the same samples: Jaccard index of lost samples. */
export interface OverlapRecord extends OfLayer {
  readonly type: "analysis";
  readonly name: "overlap";
  /** As `AblationRecord` has it. */
  readonly replacement?: string;
  readonly sweep: number;
  readonly units: readonly number[];
  /** [units, units]; null where neither loses a sample. */
  readonly jaccard: readonly (readonly (number | null)[])[];
  /** Samples lost by each. */
  readonly lost: readonly number[];
  readonly order: readonly number[];
  /** Samples right intact. */
  readonly n: number;
}

/** Unit x class atlas of a layer's damage, and how selective each unit's effect is. */
export interface ClassDamageRecord extends OfLayer {
  readonly type: "analysis";
  readonly name: "class-damage";
  /** As `AblationRecord` has it. */
  readonly replacement?: string;
  readonly sweep: number;
  readonly units: readonly number[];
  /** [units, classes]: drop of recall, in percentage points. */
  readonly drops: readonly (readonly number[])[];
  /** Of each unit's positive class drops, normalised to 0 (one class) .. 1 (all alike); null where nothing drops. */
  readonly entropy: readonly (number | null)[];
  /** (mu_max - mu_rest) / (mu_max + mu_rest) on positive class drops. */
  readonly selectivity: readonly (number | null)[];
  readonly kind: readonly ("selective" | "global" | "none")[];
  readonly order: readonly number[];
  readonly classOrder: readonly number[];
  readonly classSamples: readonly number[];
  readonly n: number;
}

/** Every (ablation, class) whose accuracy rises, by McNemar's test, with Benjamini-Hochberg over all that were tested. */
export interface PositiveEffectsRecord {
  readonly type: "analysis";
  readonly name: "positive-effects";
  readonly sweep: number;
  /** (ablation, class) pairs tested. */
  readonly tested: number;
  readonly rate: number;
  /** q at most `rate` or not, the smallest q first. */
  readonly effects: readonly {
    readonly row: number;
    /** Null: all classes together. */
    readonly classIndex: number | null;
    readonly gainPp: number;
    readonly interval: IntervalOrNull;
    readonly lost: number;
    readonly gained: number;
    readonly n: number;
    readonly p: number;
    readonly q: number;
  }[];
  /** How many rises there are, and how many of them have a q of at most `rate`; `effects` may be cut to the first 1,000. */
  readonly rises: number;
  readonly significant: number;
  /** Ablations that moved nothing at all, and those that moved activations without a measured effect. */
  readonly exactNoops: number;
  readonly unmeasured: number;
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

/** Accuracy against how much is ablated; the graceful-degradation report of one cumulative order. */
export interface DegradationRecord extends OfLayer {
  readonly type: "analysis";
  readonly name: "degradation";
  readonly sweep: number;
  /** "random", "greedy-least", "greedy-most", "measured", or a predictor, with "-least-first" where what matters least goes first; of keep-only-N with "keep-" in front. */
  readonly order: string;
  /** What `accuracy` is: of all samples, or the mean recall of the class that each draw's order is of. */
  readonly measure: "accuracy" | "own-class-recall";
  readonly replacement: string;
  /** Units of the layer, and how many are ablated at each point, ascending. */
  readonly units: number;
  readonly ablated: readonly number[];
  /** Mean over draws, 0 .. 1, and its interval: of one draw Wilson's, of several Student's over draws. */
  readonly accuracy: readonly number[];
  readonly interval: readonly IntervalOrNull[];
  readonly draws: number;
  /** Mean accuracy over the share ablated, 0 .. 1, by trapezia. */
  readonly auc: number;
  readonly aucInterval: IntervalOrNull;
  /** Share of units at which half of (baseline - chance) is gone, linear between points; null where it never is. */
  readonly halfDamage: number | null;
  readonly halfDamageInterval: IntervalOrNull;
  /** Share of the most frequent class; of recall one in so many classes. */
  readonly chance: number;
  readonly baseline: number;
  /** Samples. */
  readonly n: number;
}

/** Clusters of a layer's units by what their ablation does, or by their activation. */
export interface PopulationsRecord extends OfLayer {
  readonly type: "analysis";
  readonly name: "populations";
  /** As `AblationRecord` has it. */
  readonly replacement?: string;
  /** Whose single-unit ablations the effects are of. */
  readonly sweep?: number;
  readonly by: "effect" | "activation";
  readonly units: readonly number[];
  /** Cluster of each unit, from 0, the largest first. */
  readonly clusters: readonly number[];
  readonly k: number;
  /** Mean silhouette of the chosen k, and of each k tried from 2. */
  readonly silhouette: number | null;
  readonly silhouettes: readonly (number | null)[];
  /** Mean class damage (pp) or activation of each cluster, [k, classes]. */
  readonly profiles: readonly (readonly number[])[];
  readonly order: readonly number[];
  readonly n: number;
}

/**
 * What a sweep asks for of an ablation, so that layers of different width can be compared: a share of the layer's units; so many
 * units; all units but so many; or units at least so similar.
 */
export interface AskedLevel {
  readonly by: "share" | "units" | "kept" | "threshold";
  readonly level: number;
}

/** Damage against depth: mean drop of a sweep's ablations in each layer, at each level that it asks for, overall and by class. */
export interface DepthRecord {
  readonly type: "analysis";
  readonly name: "depth";
  /** As `AblationRecord` has it. */
  readonly replacement?: string;
  readonly sweep: number;
  readonly points: readonly (AskedLevel & {
    readonly layer: string;
    readonly layerIndex: number;
    /** Units of the layer, and how many of them the smallest and the largest ablation switches off. */
    readonly units: number;
    readonly ablated: readonly [least: number, most: number];
    /** "" or what the sweep calls its ablations, such as "random" or "similar". */
    readonly group: string;
    /** Ablations. */
    readonly n: number;
    readonly dropPp: number;
    /** Of one ablation Wilson's, of several Student's over ablations. */
    readonly interval: IntervalOrNull;
    readonly top5DropPp: number | null;
    readonly classDropsPp: readonly number[];
  })[];
  readonly samples: number;
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

/** How much rankings of units differ between replacements. */
export interface ReplacementsRecord extends OfLayer {
  readonly type: "analysis";
  readonly name: "replacements";
  /** Measured under all of them, ascending. */
  readonly units?: readonly number[];
  readonly replacements: readonly string[];
  /** [replacements, units]: drops in percentage points. */
  readonly dropsPp: readonly (readonly number[])[];
  /** [replacements, replacements]. */
  readonly spearman: readonly (readonly (number | null)[])[];
  readonly intervals: readonly (readonly IntervalOrNull[])[];
  readonly n: number;
}

/** The order in which a sweep takes the units of a layer; what its rows are made of. */
export interface OrderRecord extends OfLayer {
  readonly type: "analysis";
  readonly name: "order";
  readonly sweep: number;
  /** Class of an order by the damage to one class, else 0. */
  readonly path: number;
  readonly by: string;
  /** First to go first. */
  readonly units: readonly number[];
  /** Of greedy orders the samples right after each step; else the predictor's value of each unit of `units`. */
  readonly scores: readonly (number | null)[];
  /** False of a greedy order that is not finished. */
  readonly complete: boolean;
  readonly n: number;
}

/** Groups of similar filters of a layer, and controls of the same sizes; what a sweep's rows are made of. */
export interface GroupsRecord extends OfLayer {
  readonly type: "analysis";
  readonly name: "groups";
  readonly sweep: number;
  readonly similarity: string;
  readonly grouping: string;
  readonly groups: readonly {
    readonly kind: "similar" | "random" | "dissimilar";
    readonly share: number | null;
    readonly units: readonly number[];
    /** Mean similarity within the group; null of a single unit. */
    readonly within: number | null;
  }[];
  readonly n: number;
}

/** An adaptive sweep: what it settled, and what that took. */
export interface AdaptiveRecord {
  readonly type: "analysis";
  readonly name: "adaptive";
  readonly sweep: number;
  readonly by: "loss" | "accuracy";
  readonly confidence: number;
  readonly k: number;
  /** The most damaging first. */
  readonly top: readonly {
    readonly row: number;
    readonly sites: readonly Site[];
    /** Mean rise of the loss in nats, or drop of accuracy in percentage points. */
    readonly effect: number;
    readonly interval: IntervalOrNull;
    /** Samples it was measured on. */
    readonly n: number;
  }[];
  readonly settled: boolean;
  /** Of all ablations of the sweep, in its order; sums are of rises of the loss, or of samples lost less gained. */
  readonly arms: readonly {
    readonly n: number;
    readonly sum: number;
    readonly squares: number;
    /** Of effects less what gradients predict of them. */
    readonly residualSum: number;
    readonly residualSquares: number;
    readonly blocks: number;
    readonly state: "open" | "in" | "out";
  }[];
  /** Rounds done, from 1; false while more follow. */
  readonly round: number;
  readonly final: boolean;
  /** Samples that the last ablations were measured on, of how many. */
  readonly seen: number;
  readonly samples: number;
  /** (ablation, sample) evaluations, and those of the full sweep. */
  readonly evaluations: number;
  readonly fullEvaluations: number;
}

/** The constants at which units cost least loss when held there (`optimal`), of one layer. */
export interface OptimalRecord extends OfLayer {
  readonly type: "analysis";
  readonly name: "optimal";
  readonly site: "post-activation" | "pre-activation";
  readonly constants: readonly number[];
  /** Mean loss with each unit held at its constant, in nats. */
  readonly losses: readonly number[];
  readonly n: number;
}

/** Which of the study's `analyses` a record is of, from 0; absent from those that sweeps write. */
interface OfAnalysis {
  readonly analysis?: number;
}

/** Analyses of a study, as opposed to those of its recovery. */
export type StudyAnalysisRecord = OfAnalysis & AnyAnalysisRecord;

type AnyAnalysisRecord =
  | ImportanceRecord
  | MannWhitneyRecord
  | RedundancyRecord
  | InteractionsRecord
  | ShapleyRecord
  | CascadeRecord
  | OverlapRecord
  | ClassDamageRecord
  | PositiveEffectsRecord
  | GainSearchRecord
  | DegradationRecord
  | PopulationsRecord
  | DepthRecord
  | NegligibleRecord
  | EnsembleRecord
  | EnsemblePooledRecord
  | EmbeddingRecord
  | ReplacementsRecord
  | OrderRecord
  | GroupsRecord
  | AdaptiveRecord
  | OptimalRecord;
