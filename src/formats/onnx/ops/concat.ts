/** Concat: values one after the other along an axis. Constants alone are joined while reading. */
import { type Shape, shapeText, sizeOf } from "../../../network/shapes.ts";
import { impossible } from "../failure.ts";
import { computed, type Features, featuresOf, inOrder, keptAxis } from "../features.ts";
import { makeTensor } from "../folding.ts";
import { anyInput, axisOf, type Operation, rankOf, refuse, sampleAxis, type Value } from "../operation.ts";
import { MAX_RANK, type Tensor } from "../tensor.ts";
import { constantLayer } from "./arithmetic.ts";

/** Lists of shapes are short; a list joined with itself time and again is not. */
const LONGEST_LIST = 1024;

/** The inputs, one after the other along `axis`. */
export function Concat(operation: Operation): Value {
  const values = operation.inputs.map((_, index) => anyInput(operation, index));
  const given = operation.attributes.int("axis", 0);
  const features = values.filter((value): value is Features => value.kind === "features");
  const tensors = values.filter((value): value is Tensor => value.kind !== "features");
  const [first] = features;
  if (first === undefined) return joinedTensors(operation, tensors, given);
  const rank = rankOf(operation, first);
  const odd = values.find((value) => rankOf(operation, value) !== rank);
  if (odd !== undefined) {
    throw impossible(`${operation.where} joins values of ${rank} and ${rankOf(operation, odd)} axes`, operation.where);
  }
  const axis = sampleAxis(operation, first, given, "joins values");
  const order = features.some((value) => value.order === "channels-last") ? "channels-last" : "onnx";
  const inputs = values.map((value) =>
    value.kind === "features"
      ? inOrder(operation, value, order).layer
      : constantLayer(operation, value, first.shape.length, order),
  );
  const kept = keptAxis(featuresOf("", first.shape, order), axis);
  const layer = { kind: "concat" as const, name: operation.name, inputs, axis: kept };
  return computed(operation, layer, order, first.shape.length);
}

function joinedTensors(operation: Operation, tensors: readonly Tensor[], given: number): Tensor {
  const [first] = tensors;
  if (first === undefined) throw impossible(`${operation.where} has no inputs`, operation.where);
  const rank = first.dims.length;
  const axis = axisOf(operation, given, rank);
  const others = ({ kind, dims }: Tensor) => `${kind} ${dims.map((size, i) => (i === axis ? "" : size)).join()}`;
  const odd = tensors.find((tensor) => others(tensor) !== others(first) || tensor.dims.length > MAX_RANK);
  if (odd !== undefined) {
    const shapes = `${shapeText(first.dims)} and ${shapeText(odd.dims)} along axis ${axis}`;
    throw impossible(
      `${operation.where} joins ${first.kind}s and ${odd.kind}s of the shapes ${shapes}`,
      operation.where,
    );
  }
  const size = tensors.reduce((sum, { dims }) => sum + dims[axis]!, 0);
  const dims: Shape = first.dims.with(axis, size);
  if (rank === 1 && first.kind === "integer" && size > LONGEST_LIST) {
    throw refuse(operation, `makes a list of ${size} integers`);
  }
  // Each tensor is rows of what follows the axis, and a row of the result is a row of each, one after the other.
  const after = sizeOf(dims.slice(axis + 1));
  const rows = tensors.map((tensor) => tensor.dims[axis]! * after);
  const starts = rows.map((_, i) => rows.slice(0, i).reduce((sum, length) => sum + length, 0));
  const width = size * after;
  let source = 0;
  return makeTensor(operation, first, dims, (i) => {
    const column = i % width;
    if (column === 0) source = 0;
    while (column >= starts[source]! + rows[source]!) source++;
    return tensors[source]!.values[Math.floor(i / width) * rows[source]! + column - starts[source]!]!;
  });
}
