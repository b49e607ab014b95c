/**
 * What crosses between a page and its workers: plain data and message ports. Types alone, so that the page pays nothing
 * for them and neither side can reach into the other.
 */
import type { AdapterReport, BitRows, EndRecord, LayerSummary, LesionRecord, Progress } from "../src/study/records.ts";

export type { BitRows, Progress };

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
  /** Records of an earlier, interrupted run of the same study: ablations among them are not computed again. */
  readonly journal?: readonly LesionRecord[];
  /** Correctness bits of the rows of `journal`, where they were kept. */
  readonly journalBits?: BitRows;
  /** Networks trained by that earlier run: they are not trained again. ONNX. */
  readonly trained?: { readonly trained: Uint8Array; readonly untrained: Uint8Array };
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
    readonly activation: string;
    /** Its index among the ablatable layers, or null. */
    readonly layerIndex: number | null;
  }[];
  readonly ablatable: readonly LayerSummary[];
  readonly parameters: number;
  readonly macs: number;
  readonly bytes: number;
}

/** What a study would cost: `lesion plan`. */
export interface PlanReport {
  readonly ablations: number;
  readonly samples: number;
  readonly macs: number;
  /** What evaluating the whole network for every ablation would take. */
  readonly macsWhole: number;
  readonly peakBytes: number;
  readonly budgetBytes: number;
  /** From rates measured on this adapter; null where none was. */
  readonly predictedMs: number | null;
  readonly steps: readonly {
    readonly layer: string;
    readonly layerIndex: number;
    readonly ablations: number;
    /** How the first layer after the damage is entered. */
    readonly entry: string;
    /** How the rest is computed. */
    readonly tail: string;
    readonly masksPerBatch: number;
    readonly samplesPerBatch: number;
    readonly batches: number;
    readonly macs: number;
    readonly bytes: number;
  }[];
  readonly training: { readonly epochs: number; readonly samples: number; readonly macs: number } | null;
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
}

/** The calls an engine worker answers. All reject with a LesionError. */
export interface EngineApi {
  adapter(): Promise<AdapterReport>;
  inspect(file: FileSource, name: string): Promise<ModelReport>;
  plan(request: Omit<RunRequest, "id">): Promise<PlanReport>;
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
  readonly layers: readonly {
    readonly inFeatures: number;
    readonly outFeatures: number;
    /** [inFeatures, outFeatures] */
    readonly weight: Float32Array;
    readonly bias: Float32Array | null;
    readonly activation: { readonly kind: string; readonly alpha: number };
  }[];
  /** [samples, features], transformed. */
  readonly inputs: Float32Array;
  readonly samples: number;
  readonly labels: Uint16Array;
  /** Lesion's own logits of the intact network: [samples, classes]. */
  readonly logits: Float32Array;
  readonly ablations: readonly {
    readonly row: number;
    readonly sites: readonly { readonly layerIndex: number; readonly units: readonly number[] }[];
    readonly replacement: { readonly kind: string; readonly value?: number; readonly factor?: number };
    /** Lesion's correctness bits of these samples. */
    readonly bits: Uint32Array;
  }[];
}

/** The calls a reference worker answers. */
export interface ReferenceApi {
  check(request: CheckRequest, reference: "tfjs-webgpu" | "float64"): Promise<CheckReport>;
}
