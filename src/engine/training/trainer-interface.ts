/** What trains networks is told and gives, whatever they are made of: one network, or many copies of one at once. */
import type { Dataset, Transform } from "../../data/dataset.ts";
import type { Network } from "../../network/network.ts";
import type { TrainingOptions } from "./options.ts";

/** Units of a layer that stay at a value while the network trains. */
export interface HeldUnits {
  /** An ablatable layer, by the name that `ablatableLayers` gives it. */
  readonly layer: string;
  readonly units: readonly number[];
  /** What each unit's post-activation is, at every position. */
  readonly values: readonly number[];
}

/** One of the networks that train together: same layers, parameters of its own. */
export interface NetworkCopy {
  /** Decides the order of its samples. Copies with the same seed see the same batches. */
  readonly seed: number;
  readonly held: readonly HeldUnits[];
  /** Where its parameters begin; left out: at those of the trainer's network. */
  readonly network?: Network;
}

/** Samples that a trainer reads: the first `samples` of a set. */
export interface TrainingData {
  readonly dataset: Dataset;
  readonly transform: Transform;
  readonly samples: number;
}

export interface TrainerSetup {
  readonly network: Network;
  /** At least one. */
  readonly copies: readonly NetworkCopy[];
  /** Layers whose parameters train, by their names in the training form of the network (`trainingForm`), or single tensors of them as "layer part"; null: all that have any. */
  readonly trained: ReadonlySet<string> | null;
  readonly data: TrainingData;
  /** What `evaluate` measures on. */
  readonly test: TrainingData;
  readonly options: TrainingOptions;
}

/** What an epoch saw of one copy, in the order it trained. */
export interface CopyEpoch {
  /** Mean loss that was trained on, in nats; not finite where the copy has diverged. */
  readonly loss: number;
  readonly correct: number;
}

export interface CopyEvaluation {
  readonly correct: number;
  /** Mean cross-entropy, in nats, without smoothing; not finite where the copy has diverged. */
  readonly loss: number;
  readonly classCorrect: readonly number[];
}

/** Told how many samples of the epoch or the evaluation are done. Awaited; what it throws ends it. */
export type SampleProgress = (samples: number) => void | Promise<void>;

/** Trains copies of one network. Disposing of it frees its buffers. */
export interface Trainer extends Disposable {
  /** Samples of an epoch. */
  readonly samples: number;
  /** Samples of an evaluation. */
  readonly testSamples: number;
  /** What `state` takes, about. */
  readonly stateBytes: number;
  /** One pass over the training samples, epochs counted from 0; one result a copy. */
  epoch(epoch: number, progress?: SampleProgress): Promise<readonly CopyEpoch[]>;
  /** All copies on the test samples, as they are now, batch norms by their running statistics. */
  evaluate(progress?: SampleProgress): Promise<readonly CopyEvaluation[]>;
  /**
   * Begins anew with other copies in the place of its own, without reading samples again. Gives false, and changes nothing,
   * where they are not as many, not of the same seeds, or hold units of other tensors.
   */
  restart(copies: readonly NetworkCopy[]): Promise<boolean>;
  /** The network of a copy with its present parameters. */
  network(copy: number): Promise<Network>;
  /** All that training goes on from after `epochs` epochs: parameters, optimizer state, running statistics. Safetensors. */
  state(epochs: number): Promise<Uint8Array>;
  /** Goes back to a state; gives the epochs it was taken after. Throws `bad-file` where it is of another training. */
  restore(state: Uint8Array): Promise<number>;
}

/** What a trainer of so many copies takes. */
export interface TrainerPlan {
  /** Copies that train at once within the budget. */
  readonly copiesAtOnce: number;
  /** Bytes for that many. */
  readonly bytes: number;
  /** Whether activations before the first trained layer are kept for all samples, or computed again in each step. */
  readonly prefix: "none" | "kept" | "recomputed";
  /** Multiply-accumulates of one epoch of one copy, evaluation included. */
  readonly epochMacs: number;
}
