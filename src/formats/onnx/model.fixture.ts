/** Test support: ONNX files from a few lines of description. */
import { create, toBinary } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProtoSchema,
  ModelProtoSchema,
  type TensorProto,
  TensorProto_DataType,
  TensorProtoSchema,
  AttributeProto_AttributeType as Type,
} from "onnx-buf";
import type { LesionError } from "../../core/errors.ts";
import type { Network } from "../../network/network.ts";
import { readOnnx } from "./read.ts";

export type AttributeValue =
  | { int: number }
  | { float: number }
  | { text: string }
  | { ints: number[] }
  | { floats: number[] }
  | { tensor: TensorProto };

export interface TestModel {
  readonly opset?: number;
  /** Sizes with the batch axis; text is an open size. */
  readonly inputs: Readonly<Record<string, readonly (number | string)[]>>;
  /** Element types of the inputs that are not float. */
  readonly types?: Readonly<Record<string, TensorProto_DataType>>;
  readonly tensors?: readonly TensorProto[];
  readonly nodes: readonly TestNode[];
  readonly outputs: readonly string[];
  /** Element types that outputs declare; the others declare none. */
  readonly outputTypes?: Readonly<Record<string, TensorProto_DataType>>;
}

/** `output` is "y" unless given, for a node alone in its graph. */
export interface TestNode {
  readonly op: string;
  readonly name?: string;
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly output: string;
  /** Its second and later outputs. */
  readonly more?: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

/** A node, last of its graph: it reads x [batch, 3] and gives y unless said. */
export interface NodeCase extends Partial<TestModel> {
  readonly title: string;
  readonly node: Omit<TestNode, "output" | "inputs"> & { readonly inputs?: readonly string[] };
}

/** The network of the node and those before it. */
export function readNode({ node, nodes = [], ...model }: Omit<NodeCase, "title">): Network {
  const last = { inputs: ["x"], output: "y", ...node };
  const file = { inputs: { x: ["n", 3] }, outputs: ["y"], ...model, nodes: [...nodes, last] };
  return readOnnx(onnxFile(file), "test");
}

/** The error that `readNode` throws. */
export function nodeFailure(model: Omit<NodeCase, "title">): LesionError {
  try {
    readNode(model);
  } catch (error) {
    return error as LesionError;
  }
  throw new Error("the model was read");
}

/** The file's bytes. */
export function onnxFile(file: TestModel): Uint8Array {
  const { opset = 13, inputs, types = {}, tensors = [], nodes, outputs, outputTypes = {} } = file;
  const model = create(ModelProtoSchema, {
    irVersion: 7n,
    opsetImport: [{ domain: "", version: BigInt(opset) }],
    graph: {
      name: "test",
      input: Object.entries(inputs).map(([name, shape]) => ({ name, type: { value: tensorType(shape, types[name]) } })),
      output: outputs.map((name) => {
        const elemType = outputTypes[name];
        return elemType === undefined
          ? { name }
          : { name, type: { value: { case: "tensorType" as const, value: { elemType } } } };
      }),
      initializer: [...tensors],
      node: nodes.map(({ op, name = "", domain = "", inputs: input, output, more = [], attributes = {} }) => ({
        opType: op,
        name,
        domain,
        input: [...input],
        output: [output, ...more],
        attribute: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
      })),
    },
  });
  return toBinary(ModelProtoSchema, model);
}

function tensorType(shape: readonly (number | string)[], elemType = TensorProto_DataType.FLOAT) {
  const dim = shape.map((size) =>
    typeof size === "number"
      ? { value: { case: "dimValue" as const, value: BigInt(size) } }
      : { value: { case: "dimParam" as const, value: size } },
  );
  return { case: "tensorType" as const, value: { elemType, shape: { dim } } };
}

function attribute(name: string, value: AttributeValue): AttributeProto {
  const of = (type: Type, rest: object) => create(AttributeProtoSchema, { name, type, ...rest });
  if ("int" in value) return of(Type.INT, { i: BigInt(value.int) });
  if ("float" in value) return of(Type.FLOAT, { f: value.float });
  if ("text" in value) return of(Type.STRING, { s: new TextEncoder().encode(value.text) });
  if ("ints" in value) return of(Type.INTS, { ints: value.ints.map(BigInt) });
  if ("floats" in value) return of(Type.FLOATS, { floats: value.floats });
  return of(Type.TENSOR, { t: value.tensor });
}

/** A float tensor, in `float_data`. */
export function floats(name: string, dims: readonly number[], values: readonly number[]): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: dims.map(BigInt),
    dataType: TensorProto_DataType.FLOAT,
    floatData: [...values],
  });
}

/** An int64 tensor, in `int64_data`; a list unless dims are given. */
export function integers(
  name: string,
  values: readonly number[],
  dims: readonly number[] = [values.length],
): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: dims.map(BigInt),
    dataType: TensorProto_DataType.INT64,
    int64Data: values.map(BigInt),
  });
}

/** A tensor of any type, in `raw_data`. */
export function rawTensor(
  name: string,
  dims: readonly number[],
  dataType: TensorProto_DataType,
  data: ArrayBufferView<ArrayBuffer>,
): TensorProto {
  const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return create(TensorProtoSchema, { name, dims: dims.map(BigInt), dataType, rawData });
}
