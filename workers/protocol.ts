/**
 * What crosses between a page and its workers: plain data and message ports. Types alone, so that the page pays nothing
 * for them and neither side can reach into the other.
 */
import type { Network } from "../src/network/network.ts";
import type { PlanReport } from "../src/study/plan-report.ts";
import type { AdapterReport, BitRows, EndRecord, LayerSummary, LesionRecord, Progress } from "../src/study/records.ts";

export type { BitRows, PlanReport, Progress };

/** A file's bytes, or where to fetch them. */
export type FileSource = Blob | { readonly url: string };

/** Files by the path under which a study names them (relative to the study, "/" between folders). */
export type Files = Readonly<Record<string, FileSource>>;

export interface RunRequest {
  /** Names the run in `pause`, `resume` and `cancel`. */
  readonly id: string;
  /** A study document as parsed from JSON; the worker checks it. */
  readonly study: unknown;
  readonly files: Files;
  /** Bytes the run may allocate on the GPU; absent: what the adapter suggests. */
  readonly memoryBytes?: number;
  /** The journal of an earlier, interrupted run of the same study, its lines: what they record is not computed again. */
  readonly journal?: FileSource;
  /** Correctness bits of the rows of `journal`, where they were kept: rows, or the file that holds all of them (bits.bin). */
  readonly journalBits?: BitRows | FileSource;
  /** Networks trained by that earlier run: they are not trained again. ONNX. */
  readonly trained?: { readonly trained: Uint8Array; readonly untrained: Uint8Array };
  /** States that the trainings of that earlier run kept, by the names of their artifacts ("checkpoint-..."). */
  readonly checkpoints?: Files;
  /** Networks that that earlier run trained, by the names of their artifacts ("trained-1.onnx"). */
  readonly networks?: Files;
  /** Only every `of`-th ablation, from `index` (0-based). */
  readonly shard?: { readonly index: number; readonly of: number };
}

/** What a run streams through its port, in order. */
export type RunEvent =
  | { readonly kind: "records"; readonly records: readonly LesionRecord[]; readonly bits: BitRows | null }
  /** The baseline's correctness bits, once. */
  | { readonly kind: "baseline-bits"; readonly words: Uint32Array }
  | { readonly kind: "progress"; readonly progress: Progress }
  | { readonly kind: "artifact"; readonly name: string; readonly bytes: Uint8Array }
  | { readonly kind: "warning"; readonly message: string };

/** A model file, described. */
export interface ModelReport {
  readonly name: string;
  readonly inputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly outputs: readonly string[];
  readonly layers: readonly {
    readonly name: string;
    readonly kind: string;
    /** Without the batch axis. */
    readonly shape: readonly number[];
    readonly parameters: number;
    readonly macs: number;
    /** Size of its parameters. */
    readonly bytes: number;
    readonly activation: string;
    /** "3 x 3, stride 2, groups 32"; empty for a layer without a window. */
    readonly window: string;
    /** Its index among the ablatable layers, or null. */
    readonly layerIndex: number | null;
  }[];
  readonly ablatable: readonly LayerSummary[];
  readonly parameters: number;
  /** Multiply-accumulates of one sample. */
  readonly macs: number;
  /** Size of the parameters as the file keeps them. */
  readonly bytes: number;
  /** Numbers that all layers give for one sample. */
  readonly activations: number;
}

/** One evaluation of a model on arrays: `lesion run-model`. */
export interface ModelRunRequest {
  /** The model's path, a name in `files`. */
  readonly model: string;
  /** The model, and what may belong to it. */
  readonly files: Files;
  /** .npy files: each for the input it names, the others in the order of the model's inputs. */
  readonly inputs: readonly { readonly name: string | null; readonly file: string; readonly source: FileSource }[];
  /** Each by its name, the others in the order of the model's outputs. */
  readonly outputs: readonly { readonly name: string | null }[];
  /** Bytes the evaluation may allocate on the GPU; absent: what the adapter suggests. */
  readonly memoryBytes?: number;
}

/** An output of a model, as an .npy file. */
export interface ModelRunOutput {
  readonly name: string;
  /** As NumPy has it, without the byte order: "f4", "i8", "bool". */
  readonly dtype: string;
  readonly dims: readonly number[];
  readonly bytes: Uint8Array;
}

/** How the reference compares: `lesion check`. */
export interface CheckReport {
  /** "tfjs-webgpu" or "float64". */
  readonly reference: string;
  readonly samples: number;
  /** Largest difference of a logit, over the root mean square of the layer's logits. */
  readonly logitError: number;
  readonly ablations: number;
  /** Ablations whose count of correct samples differs. */
  readonly countDifferences: readonly {
    readonly row: number;
    readonly lesion: number;
    readonly reference: number;
    /** Samples that differ although the reference's margin is above tolerance. */
    readonly unexplained: number;
  }[];
  readonly agrees: boolean;
  /** What was asked for, where it is more than what was checked: "of 512 samples and 32 ablations: ..." */
  readonly reduced?: string;
}

/** The calls an engine worker answers. All reject with a LesionError. */
export interface EngineApi {
  adapter(): Promise<AdapterReport>;
  /** `name` is the path of the model among `files`; what belongs to it is looked for beside it. */
  inspect(name: string, files: Files): Promise<ModelReport>;
  plan(request: Omit<RunRequest, "id">): Promise<PlanReport>;
  /** Evaluates a model on arrays; the outputs are in the order in which they were asked for. */
  runModel(request: ModelRunRequest): Promise<readonly ModelRunOutput[]>;
  /** Runs a study; events go to `port`; resolves with the last record, also when cancelled. */
  run(request: RunRequest, port: MessagePort): Promise<EndRecord>;
  pause(id: string): Promise<void>;
  resume(id: string): Promise<void>;
  /** Finishes the batch under way, then ends the run with state "cancelled". */
  cancel(id: string): Promise<void>;
  /** Evaluates a sample of the study's ablations and hands out what a reference needs to do the same. */
  checkRequest(request: Omit<RunRequest, "id">, size: { samples: number; ablations: number }): Promise<CheckRequest>;
  /** Gives the GPU device up, as a driver reset would: a run in progress gets a new one and goes on. */
  loseDevice(): Promise<void>;
}

/** What the reference worker is handed: plain numbers, no files. */
export interface CheckRequest {
  /** As it was read. */
  readonly network: Network;
  /** [samples, ...input shape], transformed. */
  readonly inputs: Float32Array;
  readonly samples: number;
  readonly labels: Uint16Array;
  /** Lesion's own logits of the intact network: [samples, classes]. */
  readonly logits: Float32Array;
  readonly ablations: readonly {
    readonly row: number;
    readonly sites: readonly { readonly layerIndex: number; readonly units: readonly number[] }[];
    readonly replacement: { readonly kind: string; readonly value?: number; readonly factor?: number };
    /** Replaced before the layers' activations, not after them. */
    readonly preActivation: boolean;
    /** Lesion's correctness bits of these samples. */
    readonly bits: Uint32Array;
  }[];
  /** [samples]: of the replacement `resample`, whose activation each sample gets. */
  readonly donors?: Uint32Array;
  /** What was asked for, where it is more than this and would take a reference too long. */
  readonly reduced?: string;
}

/** The calls a reference worker answers. */
export interface ReferenceApi {
  check(request: CheckRequest, reference: "tfjs-webgpu" | "float64"): Promise<CheckReport>;
}
