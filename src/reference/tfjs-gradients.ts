/**
 * Loss and gradients of a network by TensorFlow.js: other people's backward kernels, for the same definitions. It
 * differentiates no dilated convolution and throws there, leaving behind the tensors it had saved.
 */
import type { Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import { withoutUnread } from "../network/graph.ts";
import { logitsNetwork } from "../network/logits.ts";
import type { BatchNormLayer, Layer, Network } from "../network/network.ts";
import { inferShapes } from "../network/shapes.ts";
import type { ParameterName, PerParameter } from "./gradients/gradient.ts";
import type { Floats } from "./tensor.ts";
import { loadTfjsWebgpu, type Tfjs } from "./tfjs.ts";
import { applyLayer, uploadParameters } from "./tfjs-layers.ts";

export interface TfjsGradients {
  /** Mean cross-entropy, smoothed as the gradients are, in nats. */
  readonly loss: number;
  /** For each layer that has any: as `graphGradients` gives them. */
  readonly parameters: ReadonlyMap<string, PerParameter<Float32Array>>;
}

export interface TfjsGradientOptions {
  /** Label smoothing; 0 unless given. */
  readonly smoothing?: number;
  readonly batchNorm: "train" | "frozen";
}

/** TensorFlow.js as `loadTfjsWebgpu` gives it, with the gradients of its operations. Throws as that does. */
export async function loadTfjsGradients(): Promise<Tfjs> {
  const tf = await loadTfjsWebgpu();
  await import("@tensorflow/tfjs-core/dist/register_all_gradients");
  return tf;
}

/**
 * Mean cross-entropy and its gradients by all parameters, for `inputs` [samples, ...shape] of the network's one input. A
 * softmax at its end is left out. Throws what TensorFlow.js throws where it has no gradient.
 */
export async function tfjsGradients(
  tf: Tfjs,
  network: Network,
  inputs: Floats,
  labels: Uint16Array,
  { smoothing = 0, batchNorm }: TfjsGradientOptions,
): Promise<TfjsGradients> {
  const graph = withoutUnread(logitsNetwork(network));
  const input = graph.inputs[0]!;
  const samples = labels.length;
  const shapes = inferShapes(graph);
  const uploaded = new Map(graph.layers.map((layer) => [layer.name, uploadParameters(tf, layer)]));
  const x = tf.tensor(Float32Array.from(inputs), [samples, ...input.shape]);
  const targets = smoothedTargets(tf, labels, shapes.get(graph.outputs[0]!)!.at(-1)!, smoothing);
  const places = graph.layers.flatMap((layer) =>
    trainedPlaces(layer, uploaded.get(layer.name)!.length).map((place) => ({ layer: layer.name, ...place })),
  );

  /** What trains comes as arguments, for TensorFlow.js differentiates by those alone. */
  function loss(...trained: Tensor[]): Tensor {
    const parameters = new Map(Array.from(uploaded, ([name, tensors]) => [name, [...tensors]]));
    places.forEach(({ layer, at }, i) => {
      parameters.get(layer)![at] = trained[i]!;
    });
    const results = new Map<string, Tensor>([[input.name, x]]);
    for (const layer of graph.layers) {
      const read = layer.inputs.map((name) => results.get(name)!);
      const own = parameters.get(layer.name)!;
      const isBatched = layer.kind === "batch-norm" && batchNorm === "train";
      const y = isBatched
        ? normalisedByBatch(tf, layer, own, read[0]!)
        : applyLayer(tf, layer, own, read, samples, shapes.get(layer.name)!);
      results.set(layer.name, y);
    }
    const surprise = tf.neg(tf.logSoftmax(results.get(graph.outputs[0]!)!));
    return tf.div(tf.sum(tf.mul(targets, surprise)), samples);
  }

  let made: Tensor[] = [];
  try {
    const given = places.map(({ layer, at }) => uploaded.get(layer)![at]!);
    const { value, grads } = tf.valueAndGrads(loss)(given);
    made = [value, ...grads];
    const parameters = new Map<string, PerParameter<Float32Array>>();
    for (const [i, { layer, name }] of places.entries()) {
      parameters.set(layer, { ...parameters.get(layer), [name]: (await grads[i]!.data()) as Float32Array });
    }
    return { loss: (await value.data())[0]!, parameters };
  } finally {
    tf.dispose([x, targets, ...made, ...[...uploaded.values()].flat()]);
  }
}

/** 1 - smoothing for the true class, and smoothing / classes more for every class: [samples, classes]. */
function smoothedTargets(tf: Tfjs, labels: Uint16Array, classes: number, smoothing: number): Tensor {
  const targets = new Float32Array(labels.length * classes).fill(smoothing / classes);
  labels.forEach((label, n) => {
    targets[n * classes + label] = 1 - smoothing + smoothing / classes;
  });
  return tf.tensor(targets, [labels.length, classes]);
}

/** Gradient passes through the mean and the variance too. */
function normalisedByBatch(tf: Tfjs, layer: BatchNormLayer, parameters: readonly Tensor[], x: Tensor): Tensor {
  const [, , beta, gamma] = parameters as readonly Tensor1D[];
  const rows = tf.reshape(x, [-1, layer.gamma.length]) as Tensor2D;
  const { mean, variance } = tf.moments(rows, 0);
  const y = tf.batchNorm2d(rows, mean as Tensor1D, variance as Tensor1D, beta, gamma, layer.epsilon);
  return tf.reshape(y, x.shape);
}

/** Which of a layer's uploaded tensors train, and what its layer calls them. */
function trainedPlaces(layer: Layer, count: number): readonly { readonly name: ParameterName; readonly at: number }[] {
  const named = (...names: readonly ParameterName[]) => names.map((name, at) => ({ name, at }));
  switch (layer.kind) {
    case "dense":
    case "conv2d":
      return named("weight", "bias").slice(0, count);
    case "batch-norm":
      return [
        { name: "beta", at: 2 },
        { name: "gamma", at: 3 },
      ];
    case "scale":
      return named("scale", "shift");
    case "bias":
      return named("bias");
    default:
      return [];
  }
}
