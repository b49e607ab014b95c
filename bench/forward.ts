/** Lesion's own forward pass as a benchmark computes it: everything on the GPU once, then the pass over and over. */
import { compileGraph } from "../src/engine/graph/compiled-graph.ts";
import type { ConvMethod } from "../src/engine/graph/convolution.ts";
import { exactTiles } from "../src/engine/graph/exact-tiles.ts";
import { constantTensor, openGraph } from "../src/engine/graph/open-graph.ts";
import { openPass, planPass, roundFloats, stepsOf } from "../src/engine/graph/pass.ts";
import { padded } from "../src/engine/graph/run-network.ts";
import { planWeights } from "../src/engine/graph/weights.ts";
import type { Gpu } from "../src/gpu/device.ts";
import { channelsOf, paddedChannels, tensorFloats } from "../src/kernels/tensor-layout.ts";
import { sizeOf } from "../src/network/shapes.ts";
import type { Contender, ForwardProblem } from "./contender.ts";

/** Of the budget, the part that weights may take where they can be made smaller. */
const WEIGHT_SHARE = 0.6;

/** Lesion, opened. */
export interface Forward extends Contender {
  readonly settings: { readonly methods: Readonly<Record<string, string>> };
  /** Multiply-accumulates of all images. */
  readonly macs: number;
}

/** Uploads a network. Each convolution by the method that the engine chooses for it, or all by a given one. */
export async function openForward(gpu: Gpu, problem: ForwardProblem, method?: ConvMethod): Promise<Forward> {
  const { network, inputs, images } = problem;
  const compiled = compileGraph(network, await exactTiles(gpu, network));
  const methods = new Map([...compiled.methods].map(([name, chosen]) => [name, method ?? chosen]));
  const graph = { ...compiled, methods };
  const { layers } = graph.network;
  const [{ name: inputName, shape }, output] = [graph.network.inputs[0]!, graph.network.outputs[0]!];
  const outShape = graph.shapes.get(output)!;
  const { maxStorageBufferBindingSize, maxBufferSize } = gpu.device.limits;
  const bindingBytes = Math.min(maxStorageBufferBindingSize, maxBufferSize);
  const weights = planWeights(graph, gpu.arena.budgetBytes * WEIGHT_SHARE, bindingBytes);
  const arena = gpu.arena.scope();
  try {
    const device = await openGraph(gpu, arena, graph, weights, roundFloats(graph, layers, images, gpu.isProcessor));
    const x = arena.upload(inputName, padded(inputs, 0, images, shape));
    const y = arena.storage(output, tensorFloats(images, outShape) * 4);
    const pass = openPass(gpu, arena, device, planPass(graph, stepsOf(graph, layers), new Set([output])), images, {
      outside: (name) => (name === inputName ? { buffer: x, shape, rows: "own" } : constantTensor(device, name)),
      kept: new Map([[output, y]]),
    });
    const record = await pass.prepare(images);
    return {
      settings: { methods: Object.fromEntries([...methods].map(([name, chosen]) => [name, methodText(chosen)])) },
      macs: graph.macs * images,
      run: async (times) => {
        for (let i = 0; i < times; i++) record();
        await gpu.finish();
      },
      output: async () => {
        const [bytes] = await gpu.read({ buffer: y, sizeBytes: tensorFloats(images, outShape) * 4 });
        return unpadded(new Float32Array(bytes!), channelsOf(outShape), images * sizeOf(outShape));
      },
      [Symbol.asyncDispose]: async () => arena[Symbol.dispose](),
    };
  } catch (cause) {
    arena[Symbol.dispose]();
    throw cause;
  }
}

/** "Winograd F(4)", "implicit", ... */
export function methodText(method: ConvMethod): string {
  return method.kind === "winograd" ? `Winograd F(${method.tile})` : method.kind;
}

/** Without the padding of each position's channels. */
function unpadded(values: Float32Array, channels: number, count: number): Float32Array {
  const width = paddedChannels(channels);
  if (width === channels) return values;
  return Float32Array.from({ length: count }, (_, i) => values[Math.floor(i / channels) * width + (i % channels)]!);
}
