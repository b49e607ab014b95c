/** Add and Sub: of a constant, a bias layer; of functions of one computed value, part of an activation. */
import { shapeText } from "../../../network/shapes.ts";
import { type Features, type Operation, openInput, refuse, type Value } from "../operation.ts";
import type { FloatTensor } from "../tensor.ts";
import { binary } from "./elementwise.ts";

/** y = a + b. */
export function Add(operation: Operation): Value {
  const [a, b] = [openInput(operation, 0), openInput(operation, 1)];
  return a.kind === "float" ? sum(operation, b, a, 1) : sum(operation, a, b, 1);
}

/** y = a - b. */
export function Sub(operation: Operation): Value {
  return sum(operation, openInput(operation, 0), openInput(operation, 1), -1);
}

/** value + sign * other, in the order of the node's inputs where both are computed. */
function sum(operation: Operation, value: Value, other: Value, sign: 1 | -1): Value {
  const combine = (a: number, b: number) => a + sign * b;
  if (other.kind !== "float") return binary(operation, combine, null);
  if (value.kind === "features") return bias(operation, value, other, sign);
  if (value.kind !== "elementwise") throw refuse(operation, "takes constants alone");
  const alone = () => bias(operation, value.asFeatures(), other, sign);
  return other.values.length === 1 ? binary(operation, combine, alone) : alone();
}

function bias(operation: Operation, features: Features, constant: FloatTensor, sign: 1 | -1): Features {
  const size = features.kept.at(-1) ?? 0;
  const last = constant.dims.at(-1) ?? 1;
  const isRow = constant.values.length === last && last === features.shape.at(-1) && last === size;
  const fits = constant.values.length === 1 || (isRow && features.channelsLast === null);
  if (!fits || constant.dims.length > features.shape.length + 1) {
    const shapes = `${shapeText(constant.dims)} to ${shapeText(["batch", ...features.shape])}`;
    throw refuse(operation, `adds a constant of the shape ${shapes}; one number, or one for each unit, is supported`);
  }
  operation.reserve(size);
  const values = Float32Array.from({ length: size }, (_, i) => sign * constant.values[last === 1 ? 0 : i]!);
  const layer = operation.emit({ kind: "bias", name: operation.name, inputs: [features.layer], bias: values });
  return { ...features, layer };
}
