/** What the samples of a training take on the device, on paper: as they are stored, or what the fixed layers make of them. */
import { storageBytes } from "../../gpu/arena.ts";
import { tensorFloats } from "../../kernels/tensor-layout.ts";
import { deviceSamplesBytes } from "../samples.ts";
import { type BufferBytes, totalBytes } from "./memory.ts";
import type { TrainerSetup, TrainingData } from "./trainer-interface.ts";
import type { TrainingGraph } from "./training-graph.ts";

type Sets = Pick<TrainerSetup, "data" | "test">;

/** With the samples as they are stored, `orders` orders of those that are trained on. */
export function storedMemory({ data, test }: Sets, orders: number): BufferBytes {
  const values = [data, test].flatMap(({ dataset, samples }) => deviceSamplesBytes(dataset, samples));
  return totalBytes([...values, ...otherBytes(data, orders), ...otherBytes(test, 0)]);
}

/** With the frontier's activations of all samples kept; stored samples pass through on their way, `capacity` at a time. */
export function keptMemory(
  { frontier, graph, source }: TrainingGraph,
  { data, test }: Sets,
  orders: number,
  capacity: number,
): BufferBytes {
  const floats = frontier.map((name) => tensorFloats(1, graph.shapes.get(name) ?? source.shape));
  const kept = [data, test].flatMap(({ samples }) => floats.map((each) => storageBytes(each * 4 * samples)));
  const passing = [data, test]
    .map(({ dataset }) => deviceSamplesBytes(dataset, capacity))
    .reduce((a, b) => (totalBytes(b).bytes > totalBytes(a).bytes ? b : a));
  return totalBytes([...kept, ...passing, ...otherBytes(data, orders), ...otherBytes(test, 0)]);
}

/** Labels and orders. */
function otherBytes({ samples }: TrainingData, orders: number): readonly number[] {
  return [storageBytes(samples * 4), storageBytes(orders * samples * 4)];
}
