/** Softmax and LogSoftmax. Before opset 13 they act on all axes from `axis` on at once, since then on `axis` alone. */
import { sizeOf } from "../../../network/shapes.ts";
import { axisOf, type Features, featuresInput, type Operation, refuse, type Value } from "../operation.ts";

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
  const { shape } = features;
  const rank = shape.length + 1;
  const joins = operation.opset < 13;
  const axis = axisOf(operation, operation.attributes.int("axis", joins ? 1 : -1), rank);
  if (axis === 0) throw refuse(operation, "normalises over the batch (axis 0)", "Set its axis to -1.");
  if (features.channelsLast !== null) throw refuse(operation, "normalises an image", "Put a Flatten before it.");
  const { name } = operation;
  if (axis === rank - 1 && shape.length === features.kept.length && shape.at(-1) === features.kept.at(-1)) {
    return { ...features, layer: operation.emit({ kind: "softmax", name, inputs: [features.layer], log }) };
  }
  const joined = sizeOf(shape.slice(axis - 1));
  const others = sizeOf(shape) / joined;
  if (!joins && joined !== shape[axis - 1]) throw refuse(operation, `normalises over axis ${axis} of ${rank}`);
  return softmaxOver(operation, features, others === 1 ? [joined] : [others, joined], log);
}

/** Softmax over the last axis of `shape`, then the shape the features had. */
function softmaxOver(operation: Operation, features: Features, shape: readonly number[], log: boolean): Features {
  const before = operation.extraName("joined");
  const during = operation.extraName("normalised");
  operation.emit({ kind: "reshape", name: before, inputs: [features.layer], shape });
  operation.emit({ kind: "softmax", name: during, inputs: [before], log });
  const layer = operation.emit({
    kind: "reshape",
    name: operation.name,
    inputs: [during],
    shape: features.kept,
  });
  return { ...features, layer };
}
