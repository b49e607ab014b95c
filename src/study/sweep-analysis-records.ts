/** Records of what sweeps find out by themselves: what their rows are made of, and what an adaptive sweep settles. */
import type { IntervalOrNull, OfLayer } from "./analysis-record-parts.ts";
import type { Site } from "./records.ts";

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
    /** Null of a threshold's groups. */
    readonly share: number | null;
    /** Where several shares come to as many units, or clusters, of the layer: all that the group stands for, `share` first. */
    readonly shares?: readonly number[];
    /** The unit that the group, or the one that it is the control of, grew from; absent of clusters. */
    readonly seed?: number;
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
