/** A chain of dense layers as it trains in TensorFlow.js, whole or with units held at 0 by a mask on their layer's result. */
import type { Tensor1D, Tensor2D, Variable } from "@tensorflow/tfjs-core";
import type { ChainLayer } from "../../src/reference/oracle.ts";
import { denseLayer, uploadLayer } from "../../src/reference/tfjs.ts";
import type { PeerBackend } from "./tfjs-backend.ts";
import { startTraining, type TfjsTraining, type TrainingRun, training, variableOf } from "./tfjs-training.ts";

/** A chain to train, from the parameters it starts with, and its samples. */
export interface TrainProblem extends TrainingRun {
  readonly layers: readonly ChainLayer[];
  /** Units whose activation stays 0, by the index of their layer; without weight decay, no weight into or out of them moves. */
  readonly masked?: ReadonlyMap<number, readonly number[]>;
}

/** Puts a problem's parameters on a backend: `weights` gives each layer's weight [inFeatures, outFeatures], then its bias. */
export async function prepareTfjsTraining(backend: PeerBackend, problem: TrainProblem): Promise<TfjsTraining> {
  const peer = await startTraining(backend);
  const { tf } = peer;
  const layers = problem.layers.map((layer, at) => {
    const uploaded = uploadLayer(tf, layer);
    const units = problem.masked?.get(at);
    return {
      ...uploaded,
      weight: variableOf(tf, uploaded.weight),
      bias: uploaded.bias === null ? null : variableOf(tf, uploaded.bias as Tensor1D),
      mask: units ? tf.tensor1d(maskOf(units, layer.outFeatures)) : null,
    };
  });
  const network = {
    shape: [problem.layers[0]!.inFeatures],
    classes: problem.layers.at(-1)!.outFeatures,
    parameters: layers.flatMap(({ weight, bias }): Variable[] => (bias === null ? [weight] : [weight, bias])),
    constants: layers.flatMap(({ mask }) => mask ?? []),
    logits: (x: Tensor2D) =>
      layers.reduce<Tensor2D>((a, layer) => {
        const y = denseLayer(tf, a, layer);
        return layer.mask === null ? y : tf.mul(y, layer.mask);
      }, x),
  };
  return training(peer, network, problem);
}

/** [features]: 0 at the units, 1 elsewhere. */
function maskOf(units: readonly number[], features: number): Float32Array {
  return Float32Array.from({ length: features }, (_, unit) => (units.includes(unit) ? 0 : 1));
}
