/**
 * An ONNX graph as it is written: nodes, initializers, names that do not clash, and where ONNX has the axes of each value.
 * Networks keep channels last; convolutions and their kin read them first. A value stays in the order in which it was
 * made until something needs the other one, and is turned round once.
 */
import { create } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProto_DataType,
  TensorProtoSchema,
} from "onnx-buf";
import { fillByStrides } from "../../core/by-strides.ts";
import { LesionError } from "../../core/errors.ts";
import type { Layer, Network } from "../../network/network.ts";
import { inferShapes, type Shape } from "../../network/shapes.ts";

/** Of each of ONNX's axes, without the batch, which axis of the kept shape it is. */
export type Axes = readonly number[];

/** The axes as the network keeps them. */
export const asKept = (rank: number): Axes => Array.from({ length: rank }, (_, axis) => axis);
/** The last axis, the channels, before all others. */
export const channelsFirst = (rank: number): Axes => [rank - 1, ...asKept(rank - 1)];
/** A list of one entry a kept axis, in ONNX's order. */
export const inOrder = <Entry>(entries: readonly Entry[], axes: Axes): Entry[] => axes.map((axis) => entries[axis]!);

export const integer = (name: string, value: number): AttributeProto =>
  create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) });
export const integers = (name: string, values: readonly number[]): AttributeProto =>
  create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INTS, ints: values.map(BigInt) });
export const float = (name: string, value: number): AttributeProto =>
  create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.FLOAT, f: value });
export const text = (name: string, value: string): AttributeProto =>
  create(AttributeProtoSchema, {
    name,
    type: AttributeProto_AttributeType.STRING,
    s: new TextEncoder().encode(value),
  });

/** A graph under construction. Values have the names of the layers and inputs that give them. */
export class GraphWriter {
  readonly nodes: NodeProto[] = [];
  readonly tensors: TensorProto[] = [];
  readonly #shapes: ReadonlyMap<string, Shape>;
  readonly #names: Set<string>;
  readonly #axes = new Map<string, Axes>();
  readonly #turned = new Map<string, string>();

  constructor(network: Network) {
    const inputs = network.inputs.map(({ name, shape }) => [name, shape] as const);
    this.#shapes = new Map([...inputs, ...inferShapes(network)]);
    this.#names = new Set(this.#shapes.keys());
  }

  /** A name that nothing in the graph has: the wanted one, numbered where it is taken. */
  fresh(wanted: string): string {
    let name = wanted;
    for (let number = 2; this.#names.has(name); number++) name = `${wanted}#${number}`;
    this.#names.add(name);
    return name;
  }

  /** As the network keeps it, without the batch. */
  shapeOf(value: string): Shape {
    return this.#shapes.get(value)!;
  }

  /** The order in which ONNX has a value's axes; undefined of constants, which are no value of the graph. */
  axesOf(value: string): Axes | undefined {
    return this.#axes.get(value);
  }

  /** The value is there from now on, with its axes in this order. */
  gives(value: string, axes: Axes): void {
    this.#axes.set(value, axes);
  }

  /** The name under which a value has its axes in the order that `reader` needs. Throws `unsupported` for a constant. */
  arranged(value: string, axes: Axes, reader: Layer): string {
    const from = this.axesOf(value);
    if (from === undefined) throw unwritable(reader, `reads the constant "${value}"`);
    if (from.join() === axes.join()) return value;
    const key = `${axes}:${value}`;
    const known = this.#turned.get(key);
    if (known !== undefined) return known;
    const turned = this.fresh(`${value}/${axes.join() === asKept(axes.length).join() ? "channels-last" : "turned"}`);
    this.node("Transpose", turned, [value], turned, [
      integers("perm", [0, ...axes.map((axis) => 1 + from.indexOf(axis))]),
    ]);
    this.#turned.set(key, turned);
    return turned;
  }

  node(
    opType: string,
    name: string,
    input: readonly string[],
    output: string,
    attribute: readonly AttributeProto[] = [],
  ): void {
    this.nodes.push(
      create(NodeProtoSchema, { opType, name, input: [...input], output: [output], attribute: [...attribute] }),
    );
  }

  /** Adds an initializer, f32 or, for a list, int64, and returns its name. */
  constant(wanted: string, dims: readonly number[], values: Float32Array | readonly number[]): string {
    const name = this.fresh(wanted);
    const isFloat = values instanceof Float32Array;
    const dataType = isFloat ? TensorProto_DataType.FLOAT : TensorProto_DataType.INT64;
    // Machines with WebGPU are little-endian, as the format is.
    const { buffer, byteOffset, byteLength } = isFloat ? values : BigInt64Array.from(values, BigInt);
    const rawData = new Uint8Array(new Uint8Array(buffer, byteOffset, byteLength));
    this.tensors.push(create(TensorProtoSchema, { name, dims: dims.map(BigInt), dataType, rawData }));
    return name;
  }
}

/** Row-major values of a shape with their axes in another order. */
export function permuted(values: Float32Array, shape: Shape, axes: Axes): Float32Array {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const result = new Float32Array(values.length);
  fillByStrides(result, values, inOrder(shape, axes), inOrder(strides, axes));
  return result;
}

/** For a layer that has no form in ONNX. */
export function unwritable({ name, kind }: Layer, what: string): LesionError {
  return new LesionError("unsupported", `the layer "${name}" (${kind}) ${what}, which cannot be written to ONNX`, {
    where: `layer "${name}"`,
    fix: "Write the network as safetensors, or keep the file it was read from.",
  });
}
