/**
 * The study document: what to do to which network on which data. Types alone; `schema.ts` checks a document and fills in
 * what was left out, `expand.ts` turns its sweeps into ablations.
 */
import type { AblationPlace } from "../ablation/ablation.ts";
import type { ActivationKind } from "../network/network.ts";
import type { AnalysisOptions } from "./analysis-options.ts";
import type { Predictor } from "./analysis-records.ts";
import type { ReportOptions } from "./report-options.ts";

export type { AblationPlace } from "../ablation/ablation.ts";

/** A study with every default filled in. */
export interface Study {
  readonly version: 1;
  readonly name: string;
  readonly model: ModelSource;
  readonly data: DataSource;
  /** A transform for the baseline alone (paper-compatible mode); null: the data's own. */
  readonly baselineData: TransformOptions | null;
  readonly replacement: Replacement;
  /** Where it takes place, unless a sweep has its own. */
  readonly site: AblationPlace;
  readonly sweeps: readonly Sweep[];
  readonly measure: readonly Measure[];
  /** What is asked of the ablations and of the network, in the order in which it is computed. */
  readonly analyses: readonly AnalysisOptions[];
  /** Recovery of the ablated networks; null: none. */
  readonly recover: RecoverOptions | null;
  readonly seed: number;
  /** What its report says besides what is computed, and published values to compare with; absent: nothing. */
  readonly report?: ReportOptions;
}

export type Measure = "accuracy" | "top5" | "loss" | "status";

/** A network from a file, trained further where `train` says so, or one built and trained by the run itself. */
export type ModelSource =
  | { readonly file: string; readonly initial: string | null; readonly train: TrainOptions | null }
  | { readonly build: BuildOptions; readonly train: TrainOptions };

/** A chain of layers. */
export interface BuildOptions {
  /** Shape of one input: [784], or [height, width, channels]. */
  readonly input: readonly number[];
  /** What comes before a dense layer is flattened. */
  readonly layers: readonly BuildLayer[];
  /**
   * `pytorch`: uniform in +-1/sqrt(fan in), weights and biases. `glorot`: uniform in +-sqrt(6/(fan in + fan out)), biases 0.
   * `he`: normal with variance 2/fan in (He et al. 2015), biases 0.
   */
  readonly init: "pytorch" | "glorot" | "he";
}

export type BuildLayer =
  | {
      readonly kind: "dense";
      readonly units: number;
      readonly activation: ActivationKind;
      readonly bias: boolean;
      readonly batchNorm: boolean;
    }
  | {
      readonly kind: "conv";
      readonly filters: number;
      /** Side of the square window. */
      readonly kernel: number;
      readonly stride: number;
      /** "same": zeros around, so that the result is as large as the input divided by the stride; "valid": none. */
      readonly padding: "same" | "valid";
      readonly activation: ActivationKind;
      readonly bias: boolean;
      /** Between the convolution and its activation. */
      readonly batchNorm: boolean;
    }
  | { readonly kind: "pool"; readonly pool: "max" | "average"; readonly size: number; readonly stride: number }
  | { readonly kind: "global-pool"; readonly pool: "max" | "average" };

/** How networks are trained; structurally TrainingOptions of src/engine/training/options.ts. */
export interface TrainingRecipe {
  readonly epochs: number;
  readonly batch: number;
  readonly optimizer: Optimizer;
  readonly schedule: Schedule;
  /** Largest norm of the gradient; null: not clipped. */
  readonly clip: number | null;
  readonly labelSmoothing: number;
  readonly batchNorm: "train" | "frozen";
  readonly augment: { readonly flip: boolean; readonly shift: number } | null;
  /** Epochs between states that the run keeps, to go on from after an interruption; 0: none are kept. */
  readonly checkpoint: number;
}

export interface TrainOptions extends TrainingRecipe {
  /** How many of the training samples to use; null: all. */
  readonly limit: number | null;
  /** Networks trained at once, from the seeds `seed`, `seed + 1`, ...; the first is the one that is ablated. */
  readonly networks: number;
}

/** What trains in recovery: all layers, those after the damage, those that were damaged; or the intact network, all layers, as long. */
export type RecoveryArm = "all" | "after" | "layer" | "control";

export interface RecoverOptions extends TrainingRecipe {
  /** Ablations of all sweeps, or of those with these indices. */
  readonly of: "all" | readonly number[];
  readonly arms: readonly RecoveryArm[];
  readonly data: { readonly split: "train" | "test"; readonly limit: number | null };
}

export type Optimizer =
  | {
      readonly kind: "sgd";
      readonly learningRate: number;
      readonly momentum: number;
      readonly nesterov: boolean;
      readonly weightDecay: number;
    }
  | {
      readonly kind: "adam" | "adamw";
      readonly learningRate: number;
      readonly beta1: number;
      readonly beta2: number;
      readonly epsilon: number;
      readonly weightDecay: number;
    };

export type Schedule =
  | { readonly kind: "constant" }
  | { readonly kind: "step"; readonly every: number; readonly factor: number }
  | { readonly kind: "cosine"; readonly least: number; readonly warmup: number };

/** `x = (p / scale - mean) / std`, after binarising at `threshold` where one is given. */
export interface TransformOptions {
  readonly scale: number;
  readonly normalize: { readonly mean: readonly number[]; readonly std: readonly number[] };
  readonly threshold: number | null;
}

/** Which samples, and their transform. */
export type DataSource = ArrayDataSource | ImageDataSource;

interface SampleSelection extends TransformOptions {
  readonly split: "train" | "test";
  /** How many samples to evaluate; null: all. */
  readonly limit: number | null;
}

/** Samples from files of arrays, or made. */
export interface ArrayDataSource extends SampleSelection {
  /** "digits": made by Lesion. "mnist", "idx": IDX files. "cifar10": its binary batches. "npy": NumPy arrays. */
  readonly set: "digits" | "mnist" | "idx" | "cifar10" | "npy";
  /** The folder that holds the files, relative to the study; null for digits. */
  readonly path: string | null;
}

/** Samples from PNG, JPEG and WebP files. */
export interface ImageDataSource extends SampleSelection {
  readonly set: "images";
  /** The folder, or the zip or tar archive, that holds the images, relative to the study. */
  readonly path: string;
  /** A table of files and classes, in the set or relative to the study; null: labels.csv in the set, or one folder a class. */
  readonly labels: string | null;
  /** A table that names all classes; null: classes.csv beside the labels, where there is one. */
  readonly classes: string | null;
  /** Length of the short side after scaling; null: images stay as they are. */
  readonly resize: number | null;
  /** Side of the square cut from the middle; null: none. */
  readonly crop: number | null;
  readonly channels: "rgb" | "bgr" | "gray";
}

/** What a masked unit's activation becomes; see docs/experiments.md. */
export type Replacement =
  | { readonly kind: "zero" }
  | { readonly kind: "mean" }
  /** The unit's mean over the samples of the sample's own true class. */
  | { readonly kind: "class-mean" }
  /** The unit's activation on another sample, drawn at random from the seed. */
  | { readonly kind: "resample" }
  /** The constant at which holding the unit costs least loss. */
  | { readonly kind: "optimal" }
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "scale"; readonly factor: number }
  /** Adds zero-mean Gaussian noise of `sigma` times the unit's own standard deviation. */
  | { readonly kind: "noise"; readonly sigma: number };

/** Ablatable layers by name or index, counted from 0 as `lesion inspect` lists them. */
export type LayerChoice = "all" | readonly (string | number)[];

/** Units of one layer, as a study names them. */
export interface SiteChoice {
  readonly layer: string | number;
  readonly units: readonly number[];
}

/** What a sweep has of its own where it is not the study's. */
interface SweepOptions {
  readonly replacement?: Replacement;
  /** Several replacements, one after the other: an axis of the sweep. */
  readonly replacements?: readonly Replacement[];
  readonly site?: AblationPlace;
}

/**
 * The order in which units of a layer go, or stay: drawn at random; greedily, the unit next that does least, or most, damage
 * on top of those before it; by a predictor; by the drop measured of each unit alone, of all samples or of each class.
 */
export type UnitOrder = "random" | "greedy-least" | "greedy-most" | "measured" | "measured-class" | Predictor;

/** Ranks ablations on growing parts of the samples, and stops where the `top` most damaging are settled. */
export interface AdaptiveOptions {
  readonly top: number;
  readonly by: "loss" | "accuracy";
  readonly confidence: number;
  /** Samples of the first part (null: a hundredth of all, 16 at least), and how much larger all parts become with each. */
  readonly first: number | null;
  readonly growth: number;
}

export type Similarity =
  | "weights-l2"
  | "weights-l2-normalized"
  | "weights-cosine"
  | "weights-correlation"
  | "activation-correlation"
  | "activation-cka";

/** How similar units become groups. */
export type UnitGrouping =
  | { readonly kind: "nearest"; readonly seeds: number | "all" }
  | { readonly kind: "agglomerative"; readonly linkage: "average" | "complete" | "ward" }
  | { readonly kind: "k-medoids" }
  /** Connected parts of the graph of units at least so similar. */
  | { readonly kind: "threshold"; readonly thresholds: readonly number[]; readonly seeds: number | "all" };

export type Sweep = SweepOptions &
  (
    | { readonly ablate: "each-unit"; readonly layers: LayerChoice; readonly adaptive?: AdaptiveOptions }
    /** `across`: pairs of units of different layers too. */
    | { readonly ablate: "pairs"; readonly layers: LayerChoice; readonly across?: boolean }
    | { readonly ablate: "sets"; readonly sets: readonly (readonly SiteChoice[])[] }
    | {
        readonly ablate: "fraction";
        readonly layers: LayerChoice;
        readonly fractions: readonly number[];
        readonly draws: number;
        readonly choose: "random";
      }
    | { readonly ablate: "whole-layer"; readonly layers: LayerChoice }
    | {
        readonly ablate: "cumulative";
        readonly layers: LayerChoice;
        readonly order: UnitOrder;
        /** Of a predictor or a measured order: which end goes first. */
        readonly from: "most" | "least";
        /** Of a random order. */
        readonly draws: number;
        /** How many units are ablated, at so many points from one to all; null: at each. */
        readonly points: number | null;
      }
    | {
        readonly ablate: "keep-only";
        readonly layers: LayerChoice;
        readonly order: UnitOrder;
        /** How many units are kept; those that matter most by the order. */
        readonly keep: readonly number[];
        readonly draws: number;
      }
    | {
        readonly ablate: "similar";
        readonly layers: LayerChoice;
        readonly similarity: Similarity;
        readonly grouping: UnitGrouping;
        /** Shares of the layer; of a threshold's groups null. */
        readonly fractions: readonly number[];
        /** Groups of the same size for each: drawn at random, and the least similar ones. */
        readonly controls: readonly ("random" | "dissimilar")[];
      }
  );

/** One ablation of a study: its place in the study, its sites (layers ascending, units ascending), its replacement. */
export interface Ablation {
  /** Index of the sweep. */
  readonly sweep: number;
  /** Index in the sweep. */
  readonly index: number;
  /** Index in the study. */
  readonly row: number;
  readonly sites: readonly { readonly layerIndex: number; readonly units: readonly number[] }[];
  readonly replacement: Replacement;
  readonly site: AblationPlace;
}
