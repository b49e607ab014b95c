/** What of a training is put on the device before it begins: parameters, constants, and the units that copies hold. */
import type { Arena } from "../../gpu/arena.ts";
import { packBias, packConstant } from "../../kernels/pack-weights.ts";
import { layersByName } from "../../network/graph.ts";
import type { BatchNormLayer, Network } from "../../network/network.ts";
import { running } from "./batch-norm.ts";
import { heldParameters, heldTables } from "./held.ts";
import type { Memory } from "./memory.ts";
import { type ParameterTensor, packed } from "./parameter-layout.ts";
import type { NetworkCopy } from "./trainer-interface.ts";
import { formOf } from "./training-graph.ts";
import { TrainingPass } from "./training-pass.ts";
import type { PlannedTraining } from "./training-plan.ts";

/** The parameters that all copies share, and whatever else never changes. */
export function loadFrozen(arena: Arena, memory: Memory, { training, form, layout }: PlannedTraining): void {
  const { frozen, frozenFloats } = training.layout;
  if (frozen.length > 0) write(arena, memory.of("frozen parameters", frozenFloats), frozen, form, 0);
  const pass = new TrainingPass(layout, memory, layout.capacity);
  for (const { layer } of training.steps) {
    if (layer?.kind !== "constant") continue;
    arena.write(pass.tensor(layer.name).buffer, packConstant(layer.values, layer.shape));
  }
  if (training.steps.some(({ layer }) => layer === null)) {
    const rows = layout.copies * layout.capacity;
    arena.write(
      memory.of("rows in order", rows),
      Uint32Array.from({ length: rows }, (_, row) => row),
    );
  }
}

/** Where each copy begins: its parameters, and the running statistics of batch norms. */
export function loadParameters(
  arena: Arena,
  memory: Memory,
  { training, form, layout }: PlannedTraining,
  copies: readonly NetworkCopy[],
): void {
  const { trained, trainedFloats } = training.layout;
  const parameters = trained.length > 0 ? memory.of("parameters", layout.copies * trainedFloats) : null;
  const forms = new Map<Network | undefined, Network>([[undefined, form]]);
  for (const [copy, { network }] of copies.entries()) {
    const own = forms.get(network) ?? formOf(network!);
    forms.set(network, own);
    if (parameters) write(arena, parameters, trained, own, copy * trainedFloats);
  }
  // A network with batch norms trains alone.
  const begun = layersByName(forms.get(copies[0]!.network)!);
  for (const step of training.steps) {
    if (step.layer?.kind !== "batch-norm") continue;
    const { mean, variance } = step.trained ? (begun.get(step.layer.name) as BatchNormLayer) : step.layer;
    const { runningMean, runningVariance } = running(memory, step.layer);
    arena.write(runningMean, packBias(mean, mean.length));
    arena.write(runningVariance, packBias(variance, variance.length));
  }
}

/** Which parameters of each copy stand still, and which channels, at what. */
export function loadHeld(arena: Arena, memory: Memory, { training, form, layout, held }: PlannedTraining): void {
  const { graph, steps, layout: parameters } = training;
  const bits = memory.of("held parameters", (layout.copies * parameters.trainedFloats) / 32);
  for (const [copy, channels] of held.entries()) {
    const own = heldParameters(form, graph.shapes, parameters, channels);
    arena.write(bits, own, copy * own.byteLength);
  }
  const pass = new TrainingPass(layout, memory, layout.capacity);
  for (const step of steps) {
    if (!step.held) continue;
    const tensor = step.layer === null ? step.reads[0]! : step.name;
    const tables = heldTables(step.shape.at(-1) ?? 1, held, tensor);
    const buffers = pass.held(step);
    arena.write(buffers.bits, tables.bits);
    arena.write(buffers.values, tables.values);
  }
}

/** Tensors of a network into a buffer, from `at` floats. */
function write(
  arena: Arena,
  buffer: GPUBuffer,
  tensors: readonly ParameterTensor[],
  network: Network,
  at: number,
): void {
  const layers = new Map(network.layers.map((layer) => [layer.name, layer]));
  for (const tensor of tensors) {
    arena.write(buffer, packed(layers.get(tensor.layer)!, tensor), (at + tensor.at) * 4);
  }
}
