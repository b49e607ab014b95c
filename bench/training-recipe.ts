/** What the benchmarks of training have in common: how networks are trained, and when a peer has trained the same one. */
import type { TrainingOptions } from "../src/engine/training/options.ts";
import type { PeerOptimizer } from "./peers/tfjs-training.ts";

export const SEED = 1337;
export const MOMENTUM = 0.9;

/** Plain training by gradient descent with momentum, as every program does it alike. */
export function recipe(batch: number, learningRate: number): TrainingOptions {
  return {
    epochs: 1,
    batch,
    optimizer: { kind: "sgd", learningRate, momentum: MOMENTUM, nesterov: false, weightDecay: 0 },
    schedule: { kind: "constant" },
    clip: null,
    labelSmoothing: 0,
    batchNorm: "train",
    augment: null,
  };
}

/** The same optimizer, as a peer is told it. */
export function peerOptimizer({ optimizer }: TrainingOptions): PeerOptimizer {
  return { kind: "sgd", learningRate: optimizer.learningRate, momentum: MOMENTUM };
}

/** Losses of the same epochs that differ by more, relatively, are of another training: rounding alone does not do it. */
const MOST_DIFFERENCE = 0.01;

/** The largest relative difference of losses, epoch by epoch, as far as both go; not a number where either has none. */
export function lossDifference(own: readonly number[], peer: readonly number[]): number {
  const differences = peer.slice(0, own.length).map((loss, i) => Math.abs(loss / own[i]! - 1));
  return differences.length === 0 ? Number.NaN : Math.max(...differences);
}

/** Whether two trainings saw the same losses. */
export function agrees(difference: number): boolean {
  return difference <= MOST_DIFFERENCE;
}
