/** Softmax and LogSoftmax. Before opset 13 they act on all axes from `axis` on at once, since then on `axis` alone. */
import { sizeOf } from "../../../network/shapes.ts";
import { computedFrom, type Features, featuresOf, inOrder, reshaped } from "../features.ts";
import { featuresInput, type Operation, refuse, sampleAxis, type Value } from "../operation.ts";

/** y = exp(x) / sum(exp(x)). */
export function Softmax(operation: Operation): Value {
  return softmax(operation, false);
}

/** y = x - log(sum(exp(x))). */
export function LogSoftmax(operation: Operation): Value {
  return softmax(operation, true);
}

function softmax(operation: Operation, log: boolean): Value {
  const features = featuresInput(operation, 0);
  const joins = operation.opset < 13;
  const axis = sampleAxis(operation, features, operation.attributes.int("axis", joins ? 1 : -1), "normalises");
  const { shape } = features;
  const last = shape.length - 1;
  if (last < 0) throw refuse(operation, "normalises samples of one number");
  if (joins && axis < last) return overJoined(operation, features, axis, log);
  if (axis > 0 && axis < last) return overMiddle(operation, features, axis, log);
  const source = inOrder(operation, features, axis === last ? "onnx" : "channels-last");
  return computedFrom(operation, source, { kind: "softmax", name: operation.name, inputs: [source.layer], log });
}

/** Over the axes from `axis` on, made one; then the shape the features had. */
function overJoined(operation: Operation, features: Features, axis: number, log: boolean): Features {
  const { shape } = features;
  const sizes = [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis))];
  const before = reshaped(operation, features, sizes[0] === 1 ? [sizes[1]!] : sizes, operation.extraName("joined"));
  const name = operation.extraName("normalised");
  const during = computedFrom(operation, before, { kind: "softmax", name, inputs: [before.layer], log });
  return reshaped(operation, during, shape, operation.name);
}

/** Over one axis that is neither the first nor the last: it changes places with the last, and back. */
function overMiddle(operation: Operation, features: Features, axis: number, log: boolean): Features {
  const { shape } = features;
  const source = inOrder(operation, features, "onnx");
  const last = shape.length - 1;
  const axes = [...shape.keys()].with(axis, last).with(last, axis);
  const [before, during] = [operation.extraName("moved"), operation.extraName("normalised")];
  operation.emit({ kind: "transpose", name: before, inputs: [source.layer], axes });
  operation.emit({ kind: "softmax", name: during, inputs: [before], log });
  operation.emit({ kind: "transpose", name: operation.name, inputs: [during], axes });
  return featuresOf(operation.name, shape, "onnx");
}
