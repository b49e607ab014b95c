/** What is no valid model, or asks for what is not read: each is refused by name, with what to do. x is [batch, 3] unless said. */
import { TensorProto_DataType } from "onnx-buf";
import { describe, expect, test } from "vitest";
import { floats, integers, type NodeCase, nodeFailure, rawTensor } from "./model.fixture.ts";

const W = floats("w", [3, 2], [1, 2, 3, 4, 5, 6]);
const WT = floats("wt", [2, 3], [1, 3, 5, 2, 4, 6]);
const ON_W = ["x", "w"];
const SHAPE = (values: readonly number[]) => [integers("s", values)];
const RESHAPE = { op: "Reshape", inputs: ["x", "s"] };

const REFUSED: readonly (NodeCase & { readonly code: string; readonly says: RegExp })[] = [
  {
    title: "an unknown operator",
    node: { op: "Einsum", name: "e1" },
    code: "unsupported",
    says: /"Einsum" of "ai.onnx", opset 13.*"e1".*"x"/,
  },
  {
    title: "another domain",
    node: { op: "Gelu", domain: "com.microsoft" },
    code: "unsupported",
    says: /com\.microsoft/,
  },
  {
    title: "an unknown attribute",
    node: { op: "Relu", attributes: { slope: { int: 1 } } },
    code: "unsupported",
    says: /"slope"/,
  },
  {
    title: "an attribute of another type",
    node: { op: "LeakyRelu", attributes: { alpha: { int: 1 } } },
    code: "bad-model",
    says: /alpha.*INT.*FLOAT/,
  },
  {
    title: "transA",
    node: { op: "Gemm", inputs: ON_W, attributes: { transA: { int: 1 } } },
    tensors: [W],
    code: "unsupported",
    says: /transA/,
  },
  {
    title: "weights that do not fit",
    node: { op: "MatMul", inputs: ["x", "wt"] },
    tensors: [WT],
    code: "bad-model",
    says: /weights for 2 inputs and reads 3/,
  },
  {
    title: "weights that do not fit, Gemm",
    node: { op: "Gemm", inputs: ["x", "wt"] },
    tensors: [WT],
    code: "bad-model",
    says: /2 inputs and reads 3/,
  },
  {
    title: "a C that does not fit",
    node: { op: "Gemm", inputs: ["x", "w", "c"] },
    tensors: [W, floats("c", [3], [1, 2, 3])],
    code: "bad-model",
    says: /\[2\] and \[3\]/,
  },
  {
    title: "a bias that does not fit",
    node: { op: "Add", inputs: ["x", "c"] },
    tensors: [floats("c", [2], [1, 2])],
    code: "bad-model",
    says: /\[3\] and \[2\]/,
  },
  {
    title: "a softmax over the batch",
    node: { op: "Softmax", attributes: { axis: { int: 0 } } },
    code: "unsupported",
    says: /batch/,
  },
  {
    title: "an axis that is not there",
    node: { op: "Softmax", attributes: { axis: { int: 5 } } },
    code: "bad-model",
    says: /axis 5 of 2/,
  },
  {
    title: "a reshape that does not fit",
    node: RESHAPE,
    tensors: SHAPE([0, 4]),
    code: "bad-model",
    says: /\[4\] of 3/,
  },
  {
    title: "a reshape across samples",
    node: RESHAPE,
    tensors: SHAPE([-1, 6]),
    code: "unsupported",
    says: /mixes samples/,
  },
  {
    title: "a reshape without a batch",
    node: RESHAPE,
    tensors: SHAPE([-1]),
    code: "unsupported",
    says: /mixes samples/,
  },
  { title: "negative sizes", node: RESHAPE, tensors: SHAPE([-1, -3, -1]), code: "bad-model", says: /-3, -1/ },
  { title: "two open sizes", node: RESHAPE, tensors: SHAPE([0, -1, -1]), code: "bad-model", says: /-1, -1/ },
  {
    title: "a shape of many axes",
    node: RESHAPE,
    tensors: SHAPE([0, 3, ...Array<number>(20).fill(1)]),
    code: "unsupported",
    says: /22 axes/,
  },
  {
    title: "a flatten of the batch",
    node: { op: "Flatten", attributes: { axis: { int: 0 } } },
    code: "unsupported",
    says: /mixes samples/,
  },
  { title: "a transpose of samples", node: { op: "Transpose" }, code: "unsupported", says: /\[1, 0\]/ },
  {
    title: "dropout in training",
    node: { op: "Dropout", inputs: ["x", "", "t"] },
    tensors: [rawTensor("t", [], TensorProto_DataType.BOOL, Uint8Array.of(1))],
    code: "unsupported",
    says: /training/,
  },
  {
    title: "a cast to integers",
    node: { op: "Cast", attributes: { to: { int: 7 } } },
    code: "unsupported",
    says: /INT64/,
  },
  { title: "Gelu before it came", node: { op: "Gelu" }, code: "unsupported", says: /opset 13.*20/ },
  { title: "a missing input", node: { op: "Relu", inputs: [] }, nodes: [], code: "bad-model", says: /no input/ },
];

describe("refuses", () => {
  test.each(REFUSED)("$title", ({ title: _, code, says, ...model }) => {
    const error = nodeFailure(model);
    expect(error).toMatchObject({ name: "LesionError", code });
    expect(error.message).toMatch(says);
    expect(error.where).toBeTruthy();
    expect(error.fix).toBeTruthy();
  });
});
