/**
 * Which inputs are images with their channels first. A file seldom says so; what its nodes do with an input does: a
 * convolution reads [batch, channels, ...], and a model that keeps its channels last moves them with a Transpose first.
 */
import type { GraphProto, NodeProto } from "onnx-buf";

/** What the nodes make of an input: "first" or "last" is where its channels are. */
export type Channels = "first" | "last";

/** Operators whose first input is [batch, channels, ...]. */
const OF_CHANNELS = new Set([
  "AveragePool",
  "BatchNormalization",
  "Conv",
  "GlobalAveragePool",
  "GlobalMaxPool",
  "LRN",
  "MaxPool",
]);
/** Operators whose result has the axes of what they read. */
const KEEPS_AXES = new Set([
  "Add",
  "Cast",
  "Clip",
  "Concat",
  "Div",
  "Dropout",
  "Elu",
  "Erf",
  "Gelu",
  "HardSigmoid",
  "HardSwish",
  "Identity",
  "LeakyRelu",
  "Mul",
  "Pad",
  "Pow",
  "Relu",
  "Sigmoid",
  "Slice",
  "Sub",
  "Sum",
  "Tanh",
]);

/** For each input that `nodes`, in order, read as an image: where its channels are. The first such reader decides. */
export function channelsOfInputs(graph: GraphProto, nodes: readonly NodeProto[]): ReadonlyMap<string, Channels> {
  const found = new Map<string, Channels>();
  const origins = new Map(graph.input.map(({ name }) => [name, name]));
  const decide = (origin: string, channels: Channels) => {
    if (!found.has(origin)) found.set(origin, channels);
  };
  for (const { opType, input, output, attribute } of nodes) {
    const origin = input.map((name) => origins.get(name)).find((name) => name !== undefined);
    if (origin === undefined) continue;
    if (OF_CHANNELS.has(opType) && origins.get(input[0]!) === origin) decide(origin, "first");
    if (opType === "Transpose") {
      const perm = attribute.find(({ name }) => name === "perm")?.ints.map(Number) ?? [];
      if (perm.length > 2 && perm[0] === 0 && perm[1] === perm.length - 1) decide(origin, "last");
    }
    const [result] = output;
    if (KEEPS_AXES.has(opType) && result !== undefined) origins.set(result, origin);
  }
  return found;
}
