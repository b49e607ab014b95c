/**
 * Training read back: a copy's network with its present parameters, and the state that a training goes on from, whose bits
 * are those of the training that was interrupted.
 */
import { LesionError } from "../../core/errors.ts";
import { readSafetensors, writeSafetensors } from "../../formats/safetensors-write.ts";
import type { Arena } from "../../gpu/arena.ts";
import type { Gpu } from "../../gpu/device.ts";
import type { BatchNormLayer, Network } from "../../network/network.ts";
import { findTensor, unpacked, withParameters } from "./parameter-layout.ts";
import type { PlannedTraining } from "./training-plan.ts";

/** What training changes. */
export interface StateBuffers {
  /** [copies, trainedFloats], as each of the optimizer's moments. */
  readonly parameters: GPUBuffer;
  readonly moments: readonly GPUBuffer[];
  readonly running: readonly {
    readonly layer: BatchNormLayer;
    readonly runningMean: GPUBuffer;
    readonly runningVariance: GPUBuffer;
  }[];
}

/** The form of a copy's network with what training made of it. */
export async function readNetwork(
  gpu: Gpu,
  { form, training }: PlannedTraining,
  { parameters, running }: StateBuffers,
  copy: number,
): Promise<Network> {
  const { trained, trainedFloats } = training.layout;
  const [bytes, ...statistics] = await gpu.read(
    { buffer: parameters, offsetBytes: copy * trainedFloats * 4, sizeBytes: trainedFloats * 4 },
    ...running.flatMap(({ layer, runningMean, runningVariance }) =>
      [runningMean, runningVariance].map((buffer) => ({ buffer, sizeBytes: layer.gamma.length * 4 })),
    ),
  );
  const values = new Float32Array(bytes!);
  return withParameters(form, (layer, part) => {
    if (part === "mean" || part === "variance") {
      const place = running.findIndex((norm) => norm.layer.name === layer);
      return place < 0 ? null : new Float32Array(statistics[2 * place + (part === "mean" ? 0 : 1)]!);
    }
    const tensor = findTensor(trained, layer, part);
    return tensor && unpacked(values.subarray(tensor.at, tensor.at + tensor.floats), tensor);
  });
}

/** Names of the state's tensors, with their buffers and floats. */
function* tensorsOf({ layout, training }: PlannedTraining, { parameters, moments, running }: StateBuffers) {
  const floats = layout.copies * training.layout.trainedFloats;
  yield { name: "parameters", buffer: parameters, floats };
  for (const [i, buffer] of moments.entries()) yield { name: `moment ${i + 1}`, buffer, floats };
  for (const { layer, runningMean, runningVariance } of running) {
    const channels = layer.gamma.length;
    yield { name: `running mean ${layer.name}`, buffer: runningMean, floats: channels };
    yield { name: `running variance ${layer.name}`, buffer: runningVariance, floats: channels };
  }
}

/** Bytes of a state's tensors. */
export function stateBytes(planned: PlannedTraining, buffers: StateBuffers): number {
  return [...tensorsOf(planned, buffers)].reduce((sum, { floats }) => sum + 4 * floats, 0);
}

/** The state after `epochs` epochs as a safetensors file. */
export async function writeState(
  gpu: Gpu,
  planned: PlannedTraining,
  buffers: StateBuffers,
  epochs: number,
): Promise<Uint8Array> {
  const tensors = [...tensorsOf(planned, buffers)];
  const bytes = await gpu.read(...tensors.map(({ buffer, floats }) => ({ buffer, sizeBytes: floats * 4 })));
  return writeSafetensors(
    tensors.map(({ name, floats }, i) => ({
      name,
      dtype: "F32" as const,
      shape: [floats],
      values: new Float32Array(bytes[i]!),
    })),
    { epochs: String(epochs), copies: String(planned.layout.copies) },
  );
}

/** Puts a state onto the device; gives the epochs it was taken after. Throws `bad-file` where it is of another training. */
export function readState(arena: Arena, planned: PlannedTraining, buffers: StateBuffers, file: Uint8Array): number {
  const { tensors, metadata } = readSafetensors(file);
  const wanted = [...tensorsOf(planned, buffers)];
  if (tensors.size !== wanted.length) throw otherTraining(`it has ${tensors.size} tensors, not ${wanted.length}`);
  for (const { name, floats } of wanted) {
    const found = tensors.get(name)?.values.length ?? 0;
    if (found !== floats) throw otherTraining(`its tensor "${name}" has ${found} numbers, not ${floats}`);
  }
  const epochs = Number(metadata["epochs"]);
  if (!Number.isInteger(epochs) || epochs < 0)
    throw otherTraining("it does not say after how many epochs it was taken");
  for (const { name, buffer } of wanted) arena.write(buffer, tensors.get(name)!.values);
  return epochs;
}

function otherTraining(what: string): LesionError {
  return new LesionError("bad-file", `this is not a state of this training: ${what}`, {
    where: "checkpoint",
    fix: "Remove the checkpoint file to train again from the beginning.",
  });
}
