/** The arrays that a graph is run on, compared with what it declares before any of them is used. */
import { type GraphProto, type NodeProto, TensorProto_DataType as Type, type ValueInfoProto } from "onnx-buf";
import { LesionError } from "../../core/errors.ts";
import { shapeText, sizeOf } from "../../network/shapes.ts";
import { quote, unsupported } from "./failure.ts";
import { sizesOfInput } from "./graph-input.ts";
import { kindOf } from "./tensor.ts";

/** An array with all of its axes as ONNX counts them, row-major. */
export interface OnnxArray {
  readonly type: "float" | "integer" | "boolean";
  /** Empty for a single number. */
  readonly dims: readonly number[];
  /** Integers are exact, booleans 0 and 1. */
  readonly values: Float32Array | readonly number[];
}

/**
 * Throws LesionError("bad-data") unless every input that `nodes` need has an array, of the declared type and sizes, and
 * full; "unsupported" for inputs that are no tensors of numbers.
 */
export function checkArrays(
  graph: GraphProto,
  nodes: readonly NodeProto[],
  arrays: ReadonlyMap<string, OnnxArray>,
): void {
  const needed = new Set([...nodes.flatMap(({ input }) => input), ...graph.output.map(({ name }) => name)]);
  const known = new Set(graph.input.map(({ name }) => name));
  for (const name of arrays.keys()) {
    if (!known.has(name))
      throw unfit(`the graph has no input ${quote(name)}; it has ${[...known].map(quote).join(", ")}`, name);
  }
  const optional = new Set(graph.initializer.map(({ name }) => name));
  for (const info of graph.input) {
    const { name } = info;
    const array = arrays.get(name);
    if (array !== undefined) checkArray(info, array);
    else if (needed.has(name) && !optional.has(name)) {
      throw unfit(`the input ${quote(name)} ${declaredShape(info)} is given no array`, name);
    }
  }
}

/** LesionError("bad-data") about the array for an input. */
export function unfit(message: string, input: string): LesionError {
  return new LesionError("bad-data", message, {
    where: `input ${quote(input)}`,
    fix: "Give each input of the graph an array of the type and shape that it declares.",
  });
}

function checkArray(info: ValueInfoProto, { dims, type, values }: OnnxArray): void {
  const { name } = info;
  const wanted = declaredType(info) ?? type;
  const sizes = sizesOfInput(info);
  const own = info.type?.value;
  const hasShape = own?.case === "tensorType" && own.value.shape !== undefined;
  const fits = dims.length === sizes.length && sizes.every((size, axis) => size === null || size === dims[axis]);
  if (type !== wanted || (hasShape && !fits)) {
    const declared = declaredShape(info);
    throw unfit(`the input ${quote(name)} takes ${wanted}s ${declared}, not ${type}s ${shapeText(dims)}`, name);
  }
  if (values.length !== sizeOf(dims)) {
    throw unfit(`the array for ${quote(name)} has ${values.length} numbers for the shape ${shapeText(dims)}`, name);
  }
}

/** What the input's elements are read as; null where it does not say. */
function declaredType({ name, type }: ValueInfoProto): OnnxArray["type"] | null {
  const own = type?.value;
  if (own === undefined || own.case === undefined) return null;
  const elements = own.case === "tensorType" ? own.value.elemType : null;
  if (elements === Type.UNDEFINED) return null;
  const kind = elements === null ? null : kindOf(elements);
  if (kind !== null) return kind;
  const what = elements === null ? `of the type ${own.case.replace(/Type$/, "")}` : (Type[elements] ?? elements);
  const where = `input ${quote(name)}`;
  throw unsupported(`the ${where} is ${what}`, where, "Export the model with tensors of numbers as its inputs.");
}

function declaredShape(info: ValueInfoProto): string {
  return shapeText(sizesOfInput(info).map((size) => size ?? "?"));
}
