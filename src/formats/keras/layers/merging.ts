/** Layers of several inputs: Add, Subtract, Multiply, Average, Concatenate. */
import { type BinaryLayer, LINEAR } from "../../../network/network.ts";
import { shapeText } from "../../../network/shapes.ts";
import { asCounted, type Call, channelsOf, elementwise, refuse, type Value } from "../call.ts";
import { impossible } from "../failure.ts";

export const Add = (call: Call): Value => chain(call, "add", call.name);
export const Multiply = (call: Call): Value => chain(call, "multiply", call.name);

export function Subtract(call: Call): Value {
  if (call.inputs.length === 2) return chain(call, "subtract", call.name);
  throw impossible(`${call.config.where} subtracts ${call.inputs.length} values, it takes 2`, call.config.where);
}

/** The sum, divided by the number of values. */
export function Average(call: Call): Value {
  const sum = chain(call, "add", call.extraName("sum"));
  const channels = channelsOf(sum);
  const layer = call.emit({
    kind: "scale",
    name: call.name,
    inputs: [sum.layer],
    scale: new Float32Array(channels).fill(1 / call.inputs.length),
    shift: new Float32Array(channels),
    activation: LINEAR,
  });
  return elementwise(sum, layer);
}

/** One after the other along `axis`, which counts the batch. */
export function Concatenate(call: Call): Value {
  const values = aligned(call);
  const [first] = values as [Value];
  const given = call.config.number("axis", -1);
  const axis = given < 0 ? given + first.shape.length : given - 1;
  if (!Number.isSafeInteger(axis) || axis < 0 || axis >= first.shape.length) {
    throw refuse(call, `joins along axis ${given}`, "Join features, not samples: axis 1 or later.");
  }
  const added = first.kept.length - first.shape.length;
  const joined = call.emit({
    kind: "concat",
    name: call.name,
    inputs: values.map(({ layer }) => layer),
    axis: axis + added,
  });
  return { ...joined, shape: joined.kept.slice(added) };
}

/** ((a op b) op c) ...; the last operation has the name. */
function chain(call: Call, operator: BinaryLayer["operator"], name: string): Value {
  const values = aligned(call);
  const [first, ...others] = values as [Value, ...Value[]];
  if (others.length === 0) {
    return elementwise(first, call.emit({ kind: "identity", name, inputs: [first.layer] }));
  }
  return others.reduce((left, right, index) => {
    const isLast = index === others.length - 1;
    const joined = call.emit({
      kind: "binary",
      name: isLast ? name : call.extraName(`${operator}-${index + 1}`),
      inputs: [left.layer, right.layer],
      operator,
      activation: LINEAR,
    });
    return { ...joined, shape: joined.kept.slice(joined.kept.length - first.shape.length) };
  }, first);
}

/** The inputs, kept with as many axes each. Keras aligns values of different ranks at the batch, which is not read. */
function aligned(call: Call): readonly Value[] {
  const [first] = call.inputs;
  if (first === undefined) throw impossible(`${call.config.where} reads nothing`, call.config.where);
  const other = call.inputs.find(({ shape }) => shape.length !== first.shape.length);
  if (other !== undefined) {
    const shapes = `${shapeText(["batch", ...first.shape])} with ${shapeText(["batch", ...other.shape])}`;
    throw refuse(call, `joins ${shapes}`, "Reshape the smaller one to as many axes first.");
  }
  if (call.inputs.every(({ kept }) => kept.length === first.kept.length)) return call.inputs;
  return call.inputs.map((value) => asCounted(call, value));
}
