/** Activations by TensorFlow.js's operations. */
import type { Tensor } from "@tensorflow/tfjs-core";
import { LesionError } from "../core/errors.ts";
import type { ActivationLike } from "./activation.ts";
import type { Tfjs } from "./tfjs.ts";

/** activation(x). Throws `unsupported` for an unknown kind. */
export function activated<T extends Tensor>(tf: Tfjs, x: T, { kind, alpha, beta = 0 }: ActivationLike): T {
  switch (kind) {
    case "linear":
      return x;
    case "relu":
      return tf.relu(x);
    case "leaky-relu":
      return tf.leakyRelu(x, alpha);
    case "sigmoid":
      return tf.sigmoid(x);
    case "tanh":
      return tf.tanh(x);
    case "silu":
      return tf.mul(x, tf.sigmoid(x));
    case "gelu":
      return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
    case "gelu-tanh": {
      const u = tf.mul(tf.add(x, tf.mul(tf.mul(tf.square(x), x), 0.044715)), Math.sqrt(2 / Math.PI));
      return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(u), 1));
    }
    case "clip":
      return tf.minimum(tf.maximum(x, alpha), beta);
    case "hard-sigmoid":
      return tf.clipByValue(tf.add(tf.mul(x, alpha), beta), 0, 1);
    case "hard-swish":
      return tf.mul(x, tf.clipByValue(tf.add(tf.mul(x, 1 / 6), 0.5), 0, 1));
    case "elu":
      return tf.add(tf.relu(x), tf.mul(tf.elu(tf.minimum(x, 0)), alpha));
    default:
      throw new LesionError("unsupported", `TensorFlow.js has no activation "${kind}" here`, {
        where: "activation.kind",
        fix: "Check against float64 instead.",
      });
  }
}
