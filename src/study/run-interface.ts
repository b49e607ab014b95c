/** What a run is given and what it gives: the boundary between a study's execution and the worker that hosts it. */
import type { Tuning } from "../engine/tuner.ts";
import type { Gpu } from "../gpu/device.ts";
import type { StudyFiles } from "./open-study.ts";
import type { BitRows, LesionRecord, Progress } from "./records.ts";

/** What a run is asked to do. */
export interface RunInput {
  readonly study: unknown;
  readonly files: StudyFiles;
  /** Bytes the run may take on the GPU; null: what the device was opened with. */
  readonly memoryBytes: number | null;
  /** Records of an interrupted run of the same study. */
  readonly journal: readonly LesionRecord[];
  /** Networks trained by that run, ONNX. */
  readonly trained: { readonly trained: Uint8Array; readonly untrained: Uint8Array } | null;
  /** States that the trainings of that run kept, by the names they were given as artifacts. */
  readonly checkpoints: KeptStates;
  /** Networks that the run trained, by the names they were given as artifacts; absent: none. */
  readonly networks?: KeptStates;
  /** Correctness bits of the rows of `journal`, asked for where analyses need them; absent: they were not kept. */
  readonly journalBits?: () => Promise<BitRows | null>;
  readonly shard: { readonly index: number; readonly of: number } | null;
  readonly tuning: Tuning;
}

/** Files of states, which are large: each is read when it is needed. */
export interface KeptStates {
  readonly names: readonly string[];
  bytesOf(name: string): Promise<Uint8Array>;
}

/** Where a run's results go, as they arrive. */
export interface RunOutput {
  records(records: readonly LesionRecord[], bits: BitRows | null): void;
  baselineBits(words: Uint32Array): void;
  progress(progress: Progress): void;
  artifact(name: string, bytes: Uint8Array): void;
  warning(message: string): void;
}

/** The GPU of a run; `open` gives the present device, or a new one where it was lost. */
export interface RunDevice {
  open(): Promise<Gpu>;
}

/** Asked between batches: waits while the run is paused, and gives false where it is cancelled. */
export type Proceed = () => Promise<boolean>;
