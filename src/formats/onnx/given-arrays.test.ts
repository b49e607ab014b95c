/** Inputs whose declarations are no tensors of numbers, or say nothing. Arrays that do not fit are in to-run.test.ts. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { GraphProtoSchema, NodeProtoSchema, TensorProto_DataType as Type, type TypeProtoSchema } from "onnx-buf";
import { expect, test } from "vitest";
import { checkArrays } from "./given-arrays.ts";
import { counted } from "./run.test-support.ts";

type Declared = MessageInitShape<typeof TypeProtoSchema>["value"];

function check(value: Declared): () => void {
  const graph = create(GraphProtoSchema, { input: [{ name: "x", type: { value: value! } }] });
  const nodes = [create(NodeProtoSchema, { opType: "Identity", input: ["x"], output: ["y"] })];
  return () => checkArrays(graph, nodes, new Map([["x", counted(2)]]));
}

const tensor = (elemType: Type): Declared => ({ case: "tensorType", value: { elemType } });

test.each<[string, Declared, RegExp]>([
  ["a sequence", { case: "sequenceType", value: {} }, /input "x" is of the type sequence/],
  ["an optional value", { case: "optionalType", value: {} }, /input "x" is of the type optional/],
  ["text", tensor(Type.STRING), /input "x" is STRING/],
  ["bfloat16", tensor(Type.BFLOAT16), /input "x" is BFLOAT16/],
])("%s is refused by name", (_, value, message) => {
  expect(check(value)).toThrow(
    expect.objectContaining({ code: "unsupported", message: expect.stringMatching(message) }),
  );
});

test.each<[string, Declared]>([
  ["no type", { case: undefined }],
  ["no element type", tensor(Type.UNDEFINED)],
  ["half precision", tensor(Type.FLOAT16)],
])("%s takes floats of any shape", (_, value) => {
  expect(check(value)).not.toThrow();
});
