/**
 * Training as a careful TensorFlow.js user would write it without the layers API: gradients and optimizer from the core,
 * steps queued without waiting, and one number read back an epoch. Batches are gathered in memory and uploaded: gathering
 * them on the device takes twice as long with the webgpu backend on a CPU adapter, and ten times with wasm.
 */
import type { Scalar, Tensor1D, Tensor2D, Variable } from "@tensorflow/tfjs-core";
import type { ChainLayer } from "../../src/reference/oracle.ts";
import { denseLayer, type TfjsLayer, uploadLayer } from "../../src/reference/tfjs.ts";
import { type PeerBackend, type PeerSettings, startPeer } from "./tfjs-backend.ts";

/** A chain to train, from the parameters it starts with, and its samples. */
export interface TrainProblem {
  readonly layers: readonly ChainLayer[];
  /** [samples, inFeatures] */
  readonly inputs: Float32Array;
  readonly labels: Uint16Array;
  /** Samples in a batch; the last one of an epoch takes what is left. */
  readonly batch: number;
  readonly optimizer:
    | { readonly kind: "sgd"; readonly learningRate: number; readonly momentum: number }
    | {
        readonly kind: "adam";
        readonly learningRate: number;
        readonly beta1: number;
        readonly beta2: number;
        readonly epsilon: number;
      };
}

/** A problem on the device. */
export interface TfjsTraining {
  readonly settings: PeerSettings;
  /** Trains once through the samples in `order`; gives their mean cross-entropy, in nats, as seen during training. */
  epoch(order: Uint32Array): Promise<{ readonly loss: number }>;
  /** Each layer's weight [inFeatures, outFeatures], followed by its bias where it has one. */
  weights(): Promise<Float32Array[]>;
  dispose(): void;
}

/** Puts a problem's parameters on a backend. Throws as `startPeer` does. */
export async function prepareTfjsTraining(backend: PeerBackend, problem: TrainProblem): Promise<TfjsTraining> {
  const { tf, settings, activate } = await startPeer(backend);
  // Registers each operation's gradient in the core's table, so it can only come after the core.
  await import("@tensorflow/tfjs-core/dist/register_all_gradients");
  const features = problem.layers[0]!.inFeatures;
  const classes = problem.layers[problem.layers.length - 1]!.outFeatures;
  const layers = problem.layers.map((layer) => trainable(uploadLayer(tf, layer)));
  const parameters = layers.flatMap(({ weight, bias }) => (bias === null ? [weight] : [weight, bias]));
  const optimizer = makeOptimizer();

  function trainable(layer: TfjsLayer) {
    return {
      ...layer,
      weight: variableOf(layer.weight),
      bias: layer.bias === null ? null : variableOf(layer.bias as Tensor1D),
    };
  }
  function variableOf<T extends Tensor1D | Tensor2D>(initial: T): T & Variable {
    const variable = tf.variable(initial);
    initial.dispose();
    return variable as unknown as T & Variable;
  }
  function makeOptimizer() {
    const options = problem.optimizer;
    return options.kind === "sgd"
      ? tf.train.momentum(options.learningRate, options.momentum)
      : tf.train.adam(options.learningRate, options.beta1, options.beta2, options.epsilon);
  }

  /** [chosen, features] */
  function rowsOf(chosen: Uint32Array): Float32Array {
    const rows = new Float32Array(chosen.length * features);
    chosen.forEach((n, row) => {
      rows.set(problem.inputs.subarray(n * features, (n + 1) * features), row * features);
    });
    return rows;
  }
  /** [chosen, classes]: 1 at each sample's class. */
  function oneHotOf(chosen: Uint32Array): Float32Array {
    const targets = new Float32Array(chosen.length * classes);
    chosen.forEach((n, row) => {
      targets[row * classes + problem.labels[n]!] = 1;
    });
    return targets;
  }

  /** One step on the samples `chosen`: their summed loss. */
  function step(chosen: Uint32Array): Scalar {
    return tf.tidy(() => {
      const x = tf.tensor2d(rowsOf(chosen), [chosen.length, features]);
      const y = tf.tensor2d(oneHotOf(chosen), [chosen.length, classes]);
      const meanLoss = () =>
        tf.losses.softmaxCrossEntropy(
          y,
          layers.reduce<Tensor2D>((a, layer) => denseLayer(tf, a, layer), x),
        ) as Scalar;
      const mean = optimizer.minimize(meanLoss, true, parameters)!;
      return tf.mul(mean, chosen.length);
    });
  }

  return {
    settings,
    epoch: async (order) => {
      await activate();
      const losses: Scalar[] = [];
      for (let start = 0; start < order.length; start += problem.batch) {
        losses.push(step(order.subarray(start, start + problem.batch)));
      }
      const total = tf.tidy(() => tf.sum(tf.stack(losses)));
      tf.dispose(losses);
      const [sum] = await total.data();
      total.dispose();
      return { loss: sum! / order.length };
    },
    weights: async () => {
      await activate();
      return Promise.all(parameters.map(async (parameter) => (await parameter.data()) as Float32Array));
    },
    dispose: () => {
      optimizer.dispose();
      tf.dispose(parameters);
    },
  };
}
