/** Transpose: the axes in another order. Between channels first and channels last it is a change of name alone. */
import { type Shape, shapeText } from "../../../network/shapes.ts";
import { impossible } from "../failure.ts";
import { type Features, featuresOf, isSameOrder, keptAxes, type Order } from "../features.ts";
import { permuted } from "../folding.ts";
import { anyInput, type Operation, rankOf, refuse, type Value } from "../operation.ts";

/** Axis i of the result is axis perm[i]; in reverse unless given. */
export function Transpose(operation: Operation): Value {
  const value = anyInput(operation, 0);
  const rank = rankOf(operation, value);
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  const order = operation.attributes.ints("perm") ?? [...axes].reverse();
  if (order.length !== rank || !axes.every((axis) => order.includes(axis))) {
    throw impossible(`${operation.where} orders ${rank} axes by ${shapeText(order)}`, operation.where);
  }
  if (value.kind !== "features") return permuted(operation, value, order);
  if (!operation.batched) return transposed(operation, value, order);
  if (order[0] !== 0) {
    throw refuse(operation, `moves the batch by ${shapeText(order)}`, "Keep axis 0 for the samples.");
  }
  return transposed(
    operation,
    value,
    order.slice(1).map((axis) => axis - 1),
  );
}

function transposed(operation: Operation, features: Features, order: readonly number[]): Features {
  const { name } = operation;
  const inputs = [features.layer];
  const shape: Shape = order.map((axis) => features.shape[axis]!);
  const source = keptAxes(features.shape, features.order);
  const orders: readonly Order[] = ["onnx", "channels-last"];
  for (const wanted of orders) {
    const target = keptAxes(shape, wanted).map((axis) => order[axis]!);
    if (!isSameOrder(features.shape, source, target)) continue;
    const result = featuresOf(name, shape, wanted);
    const stays = result.kept.join() === features.kept.join();
    operation.emit(stays ? { kind: "identity", name, inputs } : { kind: "reshape", name, inputs, shape: result.kept });
    return result;
  }
  // Only two axes are kept as three, and both of their orders are met above.
  const axes = order.map((axis) => source.indexOf(axis));
  operation.emit({ kind: "transpose", name, inputs, axes });
  return featuresOf(name, shape, "onnx");
}
