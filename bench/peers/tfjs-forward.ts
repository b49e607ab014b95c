/**
 * A forward pass in TensorFlow.js as a converted model runs: layer by layer on the WebGPU backend, bias and activation fused
 * into convolutions and products, parameters and inputs on the device.
 */

import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { Tensor, Tensor1D, Tensor4D } from "@tensorflow/tfjs-core";
import type { Conv2dLayer, Layer } from "../../src/network/network.ts";
import { inferShapes } from "../../src/network/shapes.ts";
import type { Tfjs } from "../../src/reference/tfjs.ts";
import { applyLayer, uploadParameters } from "../../src/reference/tfjs-layers.ts";
import type { Contender, ForwardProblem } from "../contender.ts";
import { startPeer } from "./tfjs-backend.ts";

/** Uploads a network. Throws as `startPeer` does. */
export async function openTfjsForward({ network, inputs, images }: ForwardProblem): Promise<Contender> {
  const { tf, settings, activate } = await startPeer("webgpu");
  await activate();
  const backend = tf.backend() as WebGPUBackend;
  const { device } = backend;
  const { vendor, architecture } = device.adapterInfo;
  const mostWeights = Math.floor(device.limits.maxStorageBufferBindingSize / Float32Array.BYTES_PER_ELEMENT);
  const [input] = network.inputs;
  const shapes = inferShapes(network);
  const x = tf.tensor(inputs, [images, ...input!.shape]);
  const parameters = network.layers.map((layer) => uploadParameters(tf, layer, mostWeights));
  let last: Tensor | null = null;

  function computed(): Tensor {
    return tf.tidy(() => {
      const results = new Map<string, Tensor>([[input!.name, x]]);
      for (const [at, layer] of network.layers.entries()) {
        const read = layer.inputs.map((name) => results.get(name)!);
        results.set(layer.name, applied(tf, layer, parameters[at]!, read, images, shapes.get(layer.name)!));
      }
      return results.get(network.outputs[0]!)!;
    });
  }
  return {
    settings: { ...settings, adapter: { vendor, architecture } },
    run: async (times) => {
      for (let i = 0; i < times; i++) {
        last?.dispose();
        last = computed();
      }
      // Each alone leaves out what the others expect to be done.
      backend.ensureCommandEncoderReady();
      backend.endComputePassEncoder();
      backend.submitQueue();
      await device.queue.onSubmittedWorkDone();
    },
    output: async () => {
      last = last ?? computed();
      return (await last.data()) as Float32Array;
    },
    [Symbol.asyncDispose]: async () => {
      tf.dispose([x, ...parameters.flat()]);
      last?.dispose();
    },
  };
}

/** A layer's result: fused where TensorFlow.js has a fused operation, by the reference's operations otherwise. */
function applied(
  tf: Tfjs,
  layer: Layer,
  parameters: readonly Tensor[],
  inputs: readonly Tensor[],
  images: number,
  shape: readonly number[],
): Tensor {
  if (layer.kind === "conv2d") {
    const pad = fusedPadding(layer);
    if (pad !== null) return fusedConvolution(tf, layer, parameters, inputs[0] as Tensor4D, pad);
  }
  return applyLayer(tf, layer, parameters, inputs, images, shape);
}

type FusedPadding = "valid" | "same";

/** How tf.fused.conv2d is told the layer's padding, or null where it cannot compute such a layer in one go. */
function fusedPadding({ kernel, stride, dilation, padding, groups, activation }: Conv2dLayer): FusedPadding | null {
  const { top, left, bottom, right } = padding;
  if (groups !== 1 || (activation.kind !== "relu" && activation.kind !== "linear")) return null;
  if ([top, left, bottom, right].every((pad) => pad === 0)) return "valid";
  const isDense = [...stride, ...dilation].every((step) => step === 1);
  const isSame = top === bottom && left === right && kernel[0] === 2 * top + 1 && kernel[1] === 2 * left + 1;
  return isDense && isSame ? "same" : null;
}

function fusedConvolution(
  tf: Tfjs,
  { stride, dilation, activation }: Conv2dLayer,
  [filter, bias]: readonly Tensor[],
  x: Tensor4D,
  pad: FusedPadding,
): Tensor {
  return tf.fused.conv2d({
    x,
    filter: filter as Tensor4D,
    strides: [...stride],
    dilations: [...dilation],
    pad,
    ...(bias ? { bias: bias as Tensor1D } : {}),
    activation: activation.kind === "relu" ? "relu" : "linear",
  });
}
