/** Normalisation, softmax, reductions and products: what joins channels, positions and units. Worked by hand, in ONNX's order of axes. */
import type { AttributeValue } from "../model.fixture.ts";
import { array, counted, list, testWorked, type Worked } from "../run.test-support.ts";

const ints = (...values: number[]): AttributeValue => ({ ints: values });
const int = (value: number): AttributeValue => ({ int: value });
const float = (value: number): AttributeValue => ({ float: value });

const NORMALISED: readonly Worked[] = [
  {
    title: "channels, opset 13",
    op: "Softmax",
    inputs: [array([1, 2, 1, 2], [0, 0, Math.log(3), Math.log(4)])],
    attributes: { axis: int(1) },
    expected: array([1, 2, 1, 2], [0.25, 0.2, 0.75, 0.8]),
  },
  {
    title: "rows, opset 13",
    op: "Softmax",
    inputs: [array([1, 1, 2, 2], [0, 0, Math.log(3), Math.log(4)])],
    attributes: { axis: int(-2) },
    expected: array([1, 1, 2, 2], [0.25, 0.2, 0.75, 0.8]),
  },
  {
    title: "samples",
    op: "Softmax",
    inputs: [array([2, 1], [0, Math.log(3)])],
    attributes: { axis: int(0) },
    expected: array([2, 1], [0.25, 0.75]),
    whole: true,
  },
  {
    title: "all of an image, opset 11",
    op: "Softmax",
    opset: 11,
    inputs: [array([1, 2, 1, 2], [0, Math.log(2), Math.log(3), Math.log(4)])],
    expected: array([1, 2, 1, 2], [0.1, 0.2, 0.3, 0.4]),
  },
  {
    title: "channel by channel",
    op: "BatchNormalization",
    inputs: [counted(1, 2, 1, 2), array([2], [1, 2]), array([2], [0, 1]), array([2], [1, 3]), array([2], [4, 1])],
    attributes: { epsilon: float(0) },
    expected: array([1, 2, 1, 2], [0, 0.5, 1, 3]),
  },
  {
    title: "units of a dense layer",
    op: "BatchNormalization",
    opset: 7,
    inputs: [counted(1, 2), array([2], [1, 1]), array([2], [0, 0]), array([2], [1, 1]), array([2], [3, 3])],
    attributes: { epsilon: float(1), momentum: float(0.9), spatial: int(1) },
    expected: array([1, 2], [0, 0.5]),
  },
  {
    title: "two neighbours, the earlier first",
    op: "LRN",
    inputs: [counted(1, 3, 1, 1)],
    attributes: { size: int(2), alpha: float(2), beta: float(1), bias: float(1) },
    // Channel c and the one after: size 2 reaches floor(1 / 2) = 0 before and ceil(1 / 2) = 1 after.
    expected: array([1, 3, 1, 1], [1 / (1 + 5), 2 / (1 + 13), 3 / (1 + 9)]),
  },
  {
    title: "of an image",
    op: "GlobalAveragePool",
    inputs: [counted(1, 2, 2, 2)],
    expected: array([1, 2, 1, 1], [2.5, 6.5]),
  },
  { title: "of one axis", op: "GlobalMaxPool", inputs: [counted(1, 2, 3)], expected: array([1, 2, 1], [3, 6]) },
  {
    title: "of three axes",
    op: "GlobalAveragePool",
    inputs: [counted(1, 2, 1, 2, 2)],
    expected: array([1, 2, 1, 1, 1], [2.5, 6.5]),
  },
  {
    title: "positions, attribute",
    op: "ReduceMean",
    inputs: [counted(1, 2, 2, 2)],
    attributes: { axes: ints(-1, -2), keepdims: int(0) },
    expected: array([1, 2], [2.5, 6.5]),
  },
  {
    title: "positions, input, opset 18",
    op: "ReduceMean",
    opset: 18,
    inputs: [counted(1, 2, 2, 2), list(2, 3)],
    expected: array([1, 2, 1, 1], [2.5, 6.5]),
  },
  {
    title: "channels",
    op: "ReduceMean",
    inputs: [counted(1, 2, 2, 2)],
    attributes: { axes: ints(1) },
    expected: array([1, 1, 2, 2], [3, 4, 5, 6]),
  },
  {
    title: "channels and columns",
    op: "ReduceMax",
    inputs: [counted(1, 2, 2, 2)],
    attributes: { axes: ints(3, 1), keepdims: int(0) },
    expected: array([1, 2], [6, 8]),
  },
  { title: "everything", op: "ReduceMean", inputs: [counted(2, 3)], expected: array([1, 1], [3.5]), whole: true },
  {
    title: "rows of samples",
    op: "MatMul",
    inputs: [counted(1, 2, 3), array([3, 2], [1, 0, 0, 1, 1, 1])],
    expected: array([1, 2, 2], [4, 5, 10, 11]),
  },
  { title: "a column", op: "MatMul", inputs: [counted(2, 3), array([3], [1, 1, 1])], expected: array([2], [6, 15]) },
  {
    title: "a matrix for each",
    op: "MatMul",
    inputs: [counted(2, 1, 2), array([2, 2, 1], [1, 1, 10, 1])],
    expected: array([2, 1, 1], [3, 34]),
    whole: true,
  },
  {
    title: "a matrix for each of every sample's",
    op: "MatMul",
    inputs: [counted(1, 2, 1, 2), array([1, 2, 2, 1], [1, 1, 10, 1])],
    expected: array([1, 2, 1, 1], [3, 34]),
  },
  {
    title: "stacks broadcast to each other",
    op: "MatMul",
    inputs: [counted(2, 1, 1, 2), array([2, 2, 1], [1, 1, 10, 1])],
    expected: array([2, 2, 1, 1], [3, 12, 7, 34]),
  },
  {
    title: "one matrix by a stack",
    op: "MatMul",
    inputs: [counted(2, 2), array([2, 2, 1], [1, 1, 10, 1])],
    expected: array([2, 2, 1], [3, 7, 12, 34]),
    whole: true,
  },
  {
    title: "a row by a stack",
    op: "MatMul",
    inputs: [counted(2), array([2, 2, 1], [1, 1, 10, 1])],
    expected: array([2, 1], [3, 12]),
    whole: true,
  },
  {
    title: "a row by a column",
    op: "MatMul",
    inputs: [counted(3), counted(3)],
    expected: array([], [14]),
    whole: true,
  },
  {
    title: "A transposed, C of another number a row",
    op: "Gemm",
    inputs: [counted(3, 2), array([3, 1], [1, 1, 1]), array([2, 1], [10, 20])],
    attributes: { transA: int(1), beta: float(2) },
    expected: array([2, 1], [29, 52]),
    whole: true,
  },
];

testWorked([...NORMALISED]);
