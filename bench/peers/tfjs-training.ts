/**
 * Training as a careful TensorFlow.js user would write it without the layers API: gradients and optimizer from the core,
 * steps queued without waiting, and one number read back an epoch. Batches are gathered in memory and uploaded: gathering
 * them on the device takes twice as long with the webgpu backend on a CPU adapter, and ten times with wasm.
 */
import type { Scalar, Tensor, Tensor2D, Variable } from "@tensorflow/tfjs-core";
import type { Tfjs } from "../../src/reference/tfjs.ts";
import { type Peer, type PeerBackend, type PeerSettings, startPeer } from "./tfjs-backend.ts";

/** Samples, and how a network is trained on them. */
export interface TrainingRun {
  /** [samples, features], each sample in the order of the shape that the network reads. */
  readonly inputs: Float32Array;
  readonly labels: Uint16Array;
  /** Samples in a batch; the last one of an epoch takes what is left. */
  readonly batch: number;
  readonly optimizer: PeerOptimizer;
}

export type PeerOptimizer =
  | { readonly kind: "sgd"; readonly learningRate: number; readonly momentum: number }
  | {
      readonly kind: "adam";
      readonly learningRate: number;
      readonly beta1: number;
      readonly beta2: number;
      readonly epsilon: number;
    };

/** A training on the device. */
export interface TfjsTraining {
  readonly settings: PeerSettings;
  /** Trains once through the samples in `order`; gives their mean cross-entropy, in nats, as seen during training. */
  epoch(order: Uint32Array): Promise<{ readonly loss: number }>;
  /** Each layer's parameters, in the order of the network's layers and of TensorFlow.js's parameters in each. */
  weights(): Promise<Float32Array[]>;
  dispose(): void;
}

/** A network whose parameters are on the device. */
export interface TfjsNetwork {
  /** Shape of one sample. */
  readonly shape: readonly number[];
  readonly classes: number;
  /** What trains. */
  readonly parameters: readonly Variable[];
  /** What `logits` reads besides them, to be disposed of with them. */
  readonly constants: readonly Tensor[];
  /** [n, classes] for x [n, ...shape]; called in a `tidy`. */
  logits(x: Tensor): Tensor2D;
}

/** A backend with the gradients of its operations. Throws as `startPeer` does. */
export async function startTraining(backend: PeerBackend): Promise<Peer> {
  const peer = await startPeer(backend);
  // Registers each operation's gradient in the core's table, so it can only come after the core.
  await import("@tensorflow/tfjs-core/dist/register_all_gradients");
  return peer;
}

/** A tensor's values as a variable, in its place. */
export function variableOf<T extends Tensor>(tf: Tfjs, initial: T): T & Variable {
  const variable = tf.variable(initial);
  initial.dispose();
  return variable as unknown as T & Variable;
}

/** Trains a network as `run` says. */
export function training({ tf, settings, activate }: Peer, network: TfjsNetwork, run: TrainingRun): TfjsTraining {
  const { shape, classes, constants } = network;
  const parameters = [...network.parameters];
  const features = shape.reduce((product, size) => product * size, 1);
  const optimizer = optimizerOf(tf, run.optimizer);

  /** [chosen, features] */
  function rowsOf(chosen: Uint32Array): Float32Array {
    const rows = new Float32Array(chosen.length * features);
    chosen.forEach((n, row) => {
      rows.set(run.inputs.subarray(n * features, (n + 1) * features), row * features);
    });
    return rows;
  }
  /** [chosen, classes]: 1 at each sample's class. */
  function oneHotOf(chosen: Uint32Array): Float32Array {
    const targets = new Float32Array(chosen.length * classes);
    chosen.forEach((n, row) => {
      targets[row * classes + run.labels[n]!] = 1;
    });
    return targets;
  }

  /** One step on the samples `chosen`: their summed loss. */
  function step(chosen: Uint32Array): Scalar {
    return tf.tidy(() => {
      const x = tf.tensor(rowsOf(chosen), [chosen.length, ...shape]);
      const y = tf.tensor2d(oneHotOf(chosen), [chosen.length, classes]);
      const meanLoss = () => tf.losses.softmaxCrossEntropy(y, network.logits(x)) as Scalar;
      const mean = optimizer.minimize(meanLoss, true, parameters)!;
      return tf.mul(mean, chosen.length);
    });
  }

  return {
    settings,
    epoch: async (order) => {
      await activate();
      const losses: Scalar[] = [];
      for (let start = 0; start < order.length; start += run.batch) {
        losses.push(step(order.subarray(start, start + run.batch)));
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
      tf.dispose([...parameters, ...constants]);
    },
  };
}

function optimizerOf(tf: Tfjs, options: PeerOptimizer) {
  return options.kind === "sgd"
    ? tf.train.momentum(options.learningRate, options.momentum)
    : tf.train.adam(options.learningRate, options.beta1, options.beta2, options.epsilon);
}
