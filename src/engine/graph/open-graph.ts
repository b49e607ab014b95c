/** A graph on the device: its weights as planned, and what its layers are computed with. */
import type { Arena } from "../../gpu/arena.ts";
import type { Gpu } from "../../gpu/device.ts";
import type { CompiledGraph } from "./compiled-graph.ts";
import type { DeviceTensor, GraphDevice } from "./layer-dispatches.ts";
import { uploadWeights, type WeightPlan } from "./weights.ts";

/** Uploads a graph. `round`: numbers that Winograd's intermediate tensors take, at most; buffers belong to `arena`. */
export async function openGraph(
  gpu: Gpu,
  arena: Arena,
  graph: CompiledGraph,
  weightPlan: WeightPlan,
  round: { readonly inputs: number; readonly products: number },
): Promise<GraphDevice> {
  const weights = await uploadWeights(gpu, arena, graph, weightPlan);
  return {
    isProcessor: gpu.isProcessor,
    graph,
    weights,
    inputs: arena.storage("transformed inputs", round.inputs * 4),
    products: arena.storage("transformed products", round.products * 4),
  };
}

/** The tensor of a constant layer. */
export function constantTensor({ graph, weights }: GraphDevice, name: string): DeviceTensor {
  return { buffer: weights.get(name)!.parts[0]!.buffer, shape: graph.shapes.get(name)!, rows: "one" };
}
