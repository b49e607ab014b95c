/**
 * A forward pass in ONNX Runtime Web on its WebGPU execution provider, set up as its documentation advises for speed: inputs
 * and outputs stay on the GPU, every size is fixed in the model. Its files come from the page's own origin.
 */
import glueUrl from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url";
import wasmUrl from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url";
import type { Tensor } from "onnxruntime-web/webgpu";
import { inferShapes } from "../../src/network/shapes.ts";
import type { Contender, ForwardProblem } from "../contender.ts";
import { channelsFirst, onnxModel, rearranged } from "./onnx-model.ts";

type Ort = typeof import("onnxruntime-web/webgpu");

/** The runtime. Sessions that follow share its device. */
async function loadOrt(): Promise<Ort> {
  const ort = await import("onnxruntime-web/webgpu");
  ort.env.wasm.wasmPaths = { mjs: new URL(glueUrl, location.href), wasm: new URL(wasmUrl, location.href) };
  ort.env.webgpu.powerPreference = "high-performance";
  ort.env.logLevel = "error";
  return ort;
}

/** Uploads a network. Throws `unsupported` for one that cannot be written as such a model, and what the runtime throws. */
export async function openOrtForward({ network, inputs, images }: ForwardProblem): Promise<Contender> {
  const ort = await loadOrt();
  const model = onnxModel(network, images);
  const session = await ort.InferenceSession.create(model.bytes, {
    executionProviders: ["webgpu"],
    externalData: model.files,
    preferredOutputLocation: "gpu-buffer",
    graphOptimizationLevel: "all",
  });
  const { shape } = network.inputs[0]!;
  const outShape = inferShapes(network).get(model.output)!;
  const device: GPUDevice = await ort.env.webgpu.device;
  const values = rearranged(inputs, shape);
  const buffer = device.createBuffer({
    label: model.input,
    // Whole vec4s: the runtime reads so.
    size: Math.ceil(values.byteLength / 16) * 16,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
  });
  device.queue.writeBuffer(buffer, 0, values as Float32Array<ArrayBuffer>);
  const x = ort.Tensor.fromGpuBuffer(buffer, { dataType: "float32", dims: [images, ...channelsFirst(shape)] });
  let last: Tensor | null = null;
  const compute = async () => {
    const results = await session.run({ [model.input]: x });
    last?.dispose();
    last = results[model.output]!;
    return last;
  };
  const { vendor, architecture } = device.adapterInfo;
  return {
    settings: { backend: "webgpu", version: ort.env.versions.web ?? "", adapter: { vendor, architecture } },
    run: async (times) => {
      for (let i = 0; i < times; i++) await compute();
      await device.queue.onSubmittedWorkDone();
    },
    output: async () => {
      const found = (await (last ?? (await compute())).getData()) as Float32Array;
      return rearranged(found, outShape, true);
    },
    [Symbol.asyncDispose]: async () => {
      last?.dispose();
      await session.release();
      buffer.destroy();
    },
  };
}
