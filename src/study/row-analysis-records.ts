/** Records of analyses that are made of what sweeps have measured: of records of rows, and of which samples they get right. */
import type { IntervalOrNull, OfLayer } from "./analysis-record-parts.ts";
import type { Site } from "./records.ts";

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
    /** The same of the top 5; null where they were not measured. */
    readonly classTop5DropsPp: readonly number[] | null;
  })[];
  readonly samples: number;
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
