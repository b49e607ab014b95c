/**
 * The study document: what to do to which network on which data. Types alone; `schema.ts` checks a document and fills in
 * what was left out, `expand.ts` turns its sweeps into ablations.
 */
import type { AblationPlace } from "../ablation/ablation.ts";
import type { ActivationKind } from "../network/network.ts";

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
  readonly seed: number;
}

export type Measure = "accuracy" | "top5" | "loss" | "status";

/** A network from a file, or one built and trained by the run itself. */
export type ModelSource =
  | { readonly file: string; readonly initial: string | null }
  | { readonly build: BuildOptions; readonly train: TrainOptions };

/** A chain of dense layers. */
export interface BuildOptions {
  /** Numbers in one input. */
  readonly input: number;
  readonly layers: readonly { readonly units: number; readonly activation: ActivationKind; readonly bias: boolean }[];
  /** `pytorch`: uniform in +-1/sqrt(fan in), weights and biases. `glorot`: uniform in +-sqrt(6/(fan in + fan out)), biases 0. */
  readonly init: "pytorch" | "glorot";
}

export interface TrainOptions {
  readonly epochs: number;
  readonly batch: number;
  readonly optimizer: Optimizer;
  /** How many of the training samples to use; null: all. */
  readonly limit: number | null;
}

export type Optimizer =
  | { readonly kind: "sgd"; readonly learningRate: number; readonly momentum: number; readonly weightDecay: number }
  | {
      readonly kind: "adam";
      readonly learningRate: number;
      readonly beta1: number;
      readonly beta2: number;
      readonly epsilon: number;
      readonly weightDecay: number;
    };

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
  readonly site?: AblationPlace;
}

export type Sweep = SweepOptions &
  (
    | { readonly ablate: "each-unit"; readonly layers: LayerChoice }
    | { readonly ablate: "pairs"; readonly layers: LayerChoice }
    | { readonly ablate: "sets"; readonly sets: readonly (readonly SiteChoice[])[] }
    | {
        readonly ablate: "fraction";
        readonly layers: LayerChoice;
        readonly fractions: readonly number[];
        readonly draws: number;
        readonly choose: "random";
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
