/**
 * The sweep as a careful TensorFlow.js user would write it: data and labels stay on the device, products are fused with
 * their activations, and one number comes back an ablation. A unit is silenced in one of two ways that give the same
 * numbers: its activations are multiplied by zero, as most would, or its row of the next layer's weights is, for a
 * thousandth of the work.
 */
import type { Scalar, Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import { LesionError } from "../../src/core/errors.ts";
import type { ChainLayer } from "../../src/reference/oracle.ts";
import { denseLayer, type TfjsLayer, uploadLayer } from "../../src/reference/tfjs.ts";
import { type PeerBackend, type PeerSettings, startPeer } from "./tfjs-backend.ts";

/** A chain, and the samples it is evaluated on. */
export interface SweepProblem {
  /** At least two. Units of the first are silenced. */
  readonly layers: readonly ChainLayer[];
  /** [samples, inFeatures] */
  readonly inputs: Float32Array;
  readonly labels: Uint16Array;
}

/** What is multiplied by the mask: the first layer's activations, or the weights that read them (the faster). */
export type Masking = "activations" | "weights";

/** A problem on the device. Calls may overlap each other, but not those of another backend. */
export interface TfjsSweep {
  readonly settings: PeerSettings & { readonly masking: Masking };
  /** Number of correct samples with `units` of the first layer at zero, from the inputs on. */
  whole(units: readonly number[]): Promise<number>;
  /** The same from the first layer's activations on, which were computed once. */
  prefixCached(units: readonly number[]): Promise<number>;
  dispose(): void;
}

/** Most bytes of one batch of inputs: what WebGPU lets any device bind at once. */
const BATCH_BYTES = 128 * 2 ** 20;

/** Some of the samples: all of them where they fit. */
interface Batch {
  readonly inputs: Tensor2D;
  /** int32 [n] */
  readonly labels: Tensor1D;
  /** [n, units of the first layer]: intact post-activations. */
  readonly prefix: Tensor2D;
}

/** Uploads a problem to a backend. Throws `bad-model` for a chain of one layer, and as `startPeer` does. */
export async function prepareTfjsSweep(
  backend: PeerBackend,
  problem: SweepProblem,
  masking: Masking = "weights",
): Promise<TfjsSweep> {
  if (problem.layers.length < 2) {
    throw new LesionError("bad-model", "a sweep of the first layer needs a layer after it, and there is none", {
      fix: "Give a chain of two or more dense layers.",
    });
  }
  const { tf, settings, activate } = await startPeer(backend);
  const [first, second, ...rest] = problem.layers.map((layer) => uploadLayer(tf, layer)) as [TfjsLayer, TfjsLayer];
  const batches = upload();

  function upload(): Batch[] {
    const { layers, inputs, labels } = problem;
    const features = layers[0]!.inFeatures;
    const rows = Math.max(1, Math.floor(BATCH_BYTES / (features * Float32Array.BYTES_PER_ELEMENT)));
    const found: Batch[] = [];
    for (let start = 0; start < labels.length; start += rows) {
      const own = labels.subarray(start, start + rows);
      const x = tf.tensor2d(inputs.subarray(start * features, (start + own.length) * features), [own.length, features]);
      const prefix = tf.tidy(() => denseLayer(tf, x, first));
      found.push({ inputs: x, labels: tf.tensor1d(Int32Array.from(own), "int32"), prefix });
    }
    return found;
  }

  /** Correct samples given the first layer's activations of each batch. */
  async function count(units: readonly number[], prefixOf: (batch: Batch) => Tensor2D): Promise<number> {
    await activate();
    const total = tf.tidy(() => {
      const kept = new Float32Array(problem.layers[0]!.outFeatures).fill(1);
      for (const unit of units) kept[unit] = 0;
      const masked = masking === "activations" ? second : { ...second, weight: maskRows(second.weight, kept) };
      const counts = batches.map((batch) => {
        const prefix = prefixOf(batch);
        const entered = masking === "activations" ? (tf.mul(prefix, tf.tensor1d(kept)) as Tensor2D) : prefix;
        const logits = [masked, ...rest].reduce((x, layer) => denseLayer(tf, x, layer), entered);
        return tf.sum(tf.equal(tf.argMax(logits, 1), batch.labels)) as Scalar;
      });
      return tf.addN(counts);
    });
    const [correct] = await total.data();
    total.dispose();
    return correct!;
  }

  function maskRows(weight: Tensor2D, kept: Float32Array): Tensor2D {
    return tf.mul(weight, tf.tensor2d(kept, [kept.length, 1]));
  }

  return {
    settings: { ...settings, masking },
    whole: (units) => count(units, ({ inputs }) => denseLayer(tf, inputs, first)),
    prefixCached: (units) => count(units, ({ prefix }) => prefix),
    dispose: () => {
      for (const { weight, bias } of [first, second, ...rest]) tf.dispose(bias === null ? [weight] : [weight, bias]);
      for (const { inputs, labels, prefix } of batches) tf.dispose([inputs, labels, prefix]);
    },
  };
}
