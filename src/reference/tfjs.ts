/**
 * TensorFlow.js as a second, independent reference: the same network by other people's kernels, on the same adapter.
 * It is loaded when a check asks for it and never before, for it weighs more than all of Lesion.
 */
import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import { LesionError } from "../core/errors.ts";
import type { ActivationLike } from "./activation.ts";
import { type Reference, type ReferenceRequest, validateRequest } from "./check.ts";
import { type ChainLayer, columnMeans, type UnitChange } from "./oracle.ts";

/** The module of TensorFlow.js operations. */
export type Tfjs = typeof import("@tensorflow/tfjs-core");

/** Most bytes of one batch's widest tensor. */
const BATCH_BYTES = 32 * 2 ** 20;

/**
 * TensorFlow.js with its WebGPU backend made current. Small tensors stay on the GPU too (`WEBGPU_CPU_FORWARD` off), so
 * that what is checked, or timed, is the GPU. Throws `no-gpu` where the backend does not start.
 */
export async function loadTfjsWebgpu(): Promise<Tfjs> {
  const tf = await import("@tensorflow/tfjs-core");
  await import("@tensorflow/tfjs-backend-webgpu");
  tf.env().set("WEBGPU_CPU_FORWARD", false);
  let cause: unknown;
  const started = await tf.setBackend("webgpu").catch((thrown: unknown) => {
    cause = thrown;
    return false;
  });
  if (!started) {
    throw new LesionError("no-gpu", "TensorFlow.js could not start its WebGPU backend", {
      fix: "Check against float64 instead, or use a browser and a machine with WebGPU.",
      cause,
    });
  }
  await tf.ready();
  return tf;
}

/** A layer's parameters on the device. */
export interface TfjsLayer {
  /** [inFeatures, outFeatures] */
  readonly weight: Tensor2D;
  /** [outFeatures], or null. */
  readonly bias: Tensor | null;
  readonly activation: ActivationLike;
}

/** Uploads a layer. The tensors are the caller's to dispose of. */
export function uploadLayer(tf: Tfjs, layer: ChainLayer): TfjsLayer {
  const { inFeatures, outFeatures, weight, bias, activation } = layer;
  return {
    weight: tf.tensor2d(Float32Array.from(weight), [inFeatures, outFeatures]),
    bias: bias === null ? null : tf.tensor1d(Float32Array.from(bias)),
    activation,
  };
}

/** activation(x W + b) for x [n, inFeatures]: [n, outFeatures]. Bias and the common activations are fused into the product. */
export function denseLayer(tf: Tfjs, x: Tensor2D, layer: TfjsLayer): Tensor2D {
  const { weight, bias, activation } = layer;
  const product = { a: x, b: weight, ...(bias === null ? {} : { bias }) };
  const linear = () => tf.fused.matMul(product) as Tensor2D;
  switch (activation.kind) {
    case "linear":
      return linear();
    case "relu":
    case "sigmoid":
      return tf.fused.matMul({ ...product, activation: activation.kind }) as Tensor2D;
    case "leaky-relu":
      return tf.leakyRelu(linear(), activation.alpha);
    case "tanh":
      return tf.tanh(linear());
    case "silu": {
      const z = linear();
      return tf.mul(z, tf.sigmoid(z));
    }
    case "gelu": {
      const z = linear();
      return tf.mul(tf.mul(z, 0.5), tf.add(tf.erf(tf.mul(z, Math.SQRT1_2)), 1));
    }
    case "gelu-tanh": {
      const z = linear();
      const u = tf.mul(tf.add(z, tf.mul(tf.mul(tf.square(z), z), 0.044715)), Math.sqrt(2 / Math.PI));
      return tf.mul(tf.mul(z, 0.5), tf.add(tf.tanh(u), 1));
    }
    default:
      throw new LesionError("unsupported", `TensorFlow.js has no activation "${activation.kind}" here`, {
        where: "activation.kind",
        fix: "Check against float64 instead.",
      });
  }
}

/**
 * A request's network in TensorFlow.js, as a reference. Disposing frees its parameters on the device. Throws as
 * `validateRequest` and `loadTfjsWebgpu` do.
 */
export async function openTfjsReference(request: ReferenceRequest): Promise<Reference & Disposable> {
  validateRequest(request);
  const tf = await loadTfjsWebgpu();
  const { inputs, samples } = request;
  const layers = request.layers.map((layer) => uploadLayer(tf, layer));
  const features = request.layers[0]!.inFeatures;
  const widest = Math.max(features, ...request.layers.map(({ outFeatures }) => outFeatures));
  const batch = Math.max(1, Math.floor(BATCH_BYTES / (widest * Float32Array.BYTES_PER_ELEMENT)));

  /** Post-activations of layer `last` [samples, outFeatures], a batch at a time. */
  async function activations(last: number, changes: readonly UnitChange[]): Promise<Float32Array> {
    const units = request.layers[last]!.outFeatures;
    const all = new Float32Array(samples * units);
    for (let start = 0; start < samples; start += batch) {
      const count = Math.min(batch, samples - start);
      const found = tf.tidy(() => {
        const rows = inputs.subarray(start * features, (start + count) * features);
        let x = tf.tensor2d(rows, [count, features]);
        for (let l = 0; l <= last; l++) x = changeUnits(tf, denseLayer(tf, x, layers[l]!), l, changes, start);
        return x;
      });
      all.set((await found.data()) as Float32Array, start * units);
      found.dispose();
    }
    return all;
  }

  return {
    name: "tfjs-webgpu",
    logits: (changes) => activations(layers.length - 1, changes),
    means: async (layerIndex) => columnMeans(await activations(layerIndex, []), samples),
    [Symbol.dispose]: () => {
      for (const { weight, bias } of layers) tf.dispose(bias === null ? [weight] : [weight, bias]);
    },
  };
}

/** scale * a + shift for a [n, units] whose first row is sample `start`, with a scale and a shift a unit. */
function changeUnits(
  tf: Tfjs,
  a: Tensor2D,
  layerIndex: number,
  changes: readonly UnitChange[],
  start: number,
): Tensor2D {
  const own = changes.filter((change) => change.layerIndex === layerIndex);
  if (own.length === 0) return a;
  const [rows, units] = a.shape;
  const scale = new Float32Array(units).fill(1);
  const shift = new Float32Array(rows * units);
  for (const change of own) {
    scale[change.unit] = "values" in change ? 0 : change.scale;
    for (let n = 0; n < rows; n++) {
      shift[n * units + change.unit] = "values" in change ? change.values[start + n]! : change.shift;
    }
  }
  return tf.add(tf.mul(a, tf.tensor1d(scale)), tf.tensor2d(shift, [rows, units]));
}
