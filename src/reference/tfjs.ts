/**
 * TensorFlow.js as a second, independent reference: the same network by other people's kernels, on the same adapter.
 * It is loaded when a check asks for it and never before, for it weighs more than all of Lesion.
 */
import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import { LesionError } from "../core/errors.ts";
import type { ActivationLike } from "./activation.ts";
import type { ChainLayer } from "./oracle.ts";
import { activated } from "./tfjs-activation.ts";

/** The module of TensorFlow.js operations. */
export type Tfjs = typeof import("@tensorflow/tfjs-core");

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
  if (activation.kind === "relu" || activation.kind === "sigmoid") {
    return tf.fused.matMul({ ...product, activation: activation.kind }) as Tensor2D;
  }
  return activated(tf, tf.fused.matMul(product) as Tensor2D, activation);
}
