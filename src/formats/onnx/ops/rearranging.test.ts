/** Concat, Transpose, Slice, Gather, Pad and new shapes. Worked by hand, in ONNX's order of axes. */
import type { AttributeValue } from "../model.fixture.ts";
import { array, counted, list, testWorked, type Worked } from "../run.test-support.ts";

const ints = (...values: number[]): AttributeValue => ({ ints: values });
const int = (value: number): AttributeValue => ({ int: value });
const float = (value: number): AttributeValue => ({ float: value });
const text = (value: string): AttributeValue => ({ text: value });
const number = (value: number) => array([], [value]);
/** Ends of slices that reach to the end. */
const INT_MAX = 2 ** 31 - 1;

const REARRANGED: readonly Worked[] = [
  {
    title: "channels",
    op: "Concat",
    inputs: [counted(1, 1, 1, 2), array([1, 2, 1, 2], [7, 8, 9, 10])],
    attributes: { axis: int(1) },
    expected: array([1, 3, 1, 2], [1, 2, 7, 8, 9, 10]),
  },
  {
    title: "a negative axis",
    op: "Concat",
    inputs: [counted(2, 1, 2), array([2, 1, 1], [7, 8])],
    attributes: { axis: int(-1) },
    expected: array([2, 1, 3], [1, 2, 7, 3, 4, 8]),
  },
  {
    title: "the batch's axis",
    op: "Concat",
    inputs: [counted(2), array([1], [9])],
    attributes: { axis: int(0) },
    expected: array([3], [1, 2, 9]),
    whole: true,
  },
  {
    title: "integers along axis 1",
    op: "Concat",
    inputs: [
      { type: "integer", dims: [2, 1], values: [1, 2] },
      { type: "integer", dims: [2, 2], values: [3, 4, 5, 6] },
    ],
    attributes: { axis: int(1) },
    expected: { type: "integer", dims: [2, 3], values: [1, 3, 4, 2, 5, 6] },
  },
  {
    title: "channels and rows",
    op: "Transpose",
    inputs: [counted(1, 2, 3, 2)],
    attributes: { perm: ints(0, 2, 1, 3) },
    expected: array([1, 3, 2, 2], [1, 2, 7, 8, 3, 4, 9, 10, 5, 6, 11, 12]),
  },
  {
    title: "channels to the end",
    op: "Transpose",
    inputs: [counted(1, 2, 1, 3)],
    attributes: { perm: ints(0, 2, 3, 1) },
    expected: array([1, 1, 3, 2], [1, 4, 2, 5, 3, 6]),
  },
  {
    title: "all axes, in reverse",
    op: "Transpose",
    inputs: [counted(2, 3)],
    expected: array([3, 2], [1, 4, 2, 5, 3, 6]),
    whole: true,
  },
  {
    title: "every second number of both axes of positions",
    op: "Slice",
    inputs: [counted(1, 1, 3, 3), list(0, 0), list(INT_MAX, INT_MAX), list(2, 3), list(2, 2)],
    expected: array([1, 1, 2, 2], [1, 3, 7, 9]),
  },
  {
    title: "backwards from the end",
    op: "Slice",
    inputs: [counted(1, 2, 3), list(-1), list(-INT_MAX), list(-1), list(-1)],
    expected: array([1, 2, 3], [3, 2, 1, 6, 5, 4]),
  },
  {
    title: "channels, by a negative axis and past the end",
    op: "Slice",
    inputs: [counted(1, 3, 1, 2), list(1), list(100), list(-3)],
    expected: array([1, 2, 1, 2], [3, 4, 5, 6]),
  },
  {
    title: "samples",
    op: "Slice",
    inputs: [counted(3, 2), list(1), list(3)],
    expected: array([2, 2], [3, 4, 5, 6]),
    whole: true,
  },
  {
    title: "nothing",
    op: "Slice",
    inputs: [counted(2, 3), list(1000), list(1000), list(1)],
    expected: array([2, 0], []),
  },
  {
    title: "attributes, opset 9",
    op: "Slice",
    opset: 9,
    inputs: [counted(1, 2, 3)],
    attributes: { starts: ints(0, -2), ends: ints(1, INT_MAX), axes: ints(1, 2) },
    expected: array([1, 1, 2], [2, 3]),
  },
  {
    title: "a list, backwards",
    op: "Slice",
    inputs: [list(1, 2, 3), list(-1), list(-9), list(0), list(-2)],
    expected: list(3, 1),
  },
  {
    title: "channels in no order",
    op: "Gather",
    inputs: [counted(1, 4, 1, 1), list(2, 2, 0, -1)],
    attributes: { axis: int(1) },
    expected: array([1, 4, 1, 1], [3, 3, 1, 4]),
  },
  {
    title: "one index takes the axis away",
    op: "Gather",
    inputs: [counted(1, 2, 2), { type: "integer", dims: [], values: [1] }],
    attributes: { axis: int(2) },
    expected: array([1, 2], [2, 4]),
  },
  {
    title: "indices of two axes",
    op: "Gather",
    inputs: [counted(1, 3), { type: "integer", dims: [2, 2], values: [0, 1, 1, 2] }],
    attributes: { axis: int(1) },
    expected: array([1, 2, 2], [1, 2, 2, 3]),
  },
  {
    title: "samples",
    op: "Gather",
    inputs: [counted(3, 2), list(2, 0)],
    expected: array([2, 2], [5, 6, 1, 2]),
    whole: true,
  },
  {
    title: "channels, as 0",
    op: "Pad",
    inputs: [counted(1, 1, 1, 2), list(0, 1, 0, 0, 0, 2, 0, 0)],
    expected: array([1, 4, 1, 2], [0, 0, 1, 2, 0, 0, 0, 0]),
  },
  {
    title: "a given number, and fewer numbers where negative",
    op: "Pad",
    inputs: [counted(1, 1, 3), list(0, 0, 1, 0, 0, -2), number(9)],
    attributes: { mode: text("constant") },
    expected: array([1, 1, 2], [9, 1]),
  },
  {
    title: "the edge",
    op: "Pad",
    inputs: [counted(1, 1, 3), list(0, 0, 2, 0, 0, 1)],
    attributes: { mode: text("edge") },
    expected: array([1, 1, 6], [1, 1, 1, 2, 3, 3]),
  },
  {
    title: "a reflection",
    op: "Pad",
    inputs: [counted(1, 1, 3), list(0, 0, 2, 0, 0, 1)],
    attributes: { mode: text("reflect") },
    expected: array([1, 1, 6], [3, 2, 1, 2, 3, 2]),
  },
  {
    title: "the other end, opset 19, by axes",
    op: "Pad",
    opset: 19,
    inputs: [counted(1, 1, 3), list(2, 1), null, list(-1)],
    attributes: { mode: text("wrap") },
    expected: array([1, 1, 6], [2, 3, 1, 2, 3, 1]),
  },
  ...(["edge", "reflect", "wrap", "constant"] as const).map((mode) => ({
    title: `integers, ${mode}`,
    op: "Pad",
    opset: 19,
    inputs: [list(1, 2, 3), list(2, -1)],
    attributes: { mode: text(mode) },
    expected: { edge: list(1, 1, 1, 2), reflect: list(3, 2, 1, 2), wrap: list(2, 3, 1, 2), constant: list(0, 0, 1, 2) }[
      mode
    ],
  })),
  {
    title: "attributes, opset 10",
    op: "Pad",
    opset: 10,
    inputs: [counted(1, 1, 2)],
    attributes: { pads: ints(0, 0, 1, 0, 0, 0), value: float(5) },
    expected: array([1, 1, 3], [5, 1, 2]),
  },
  {
    title: "channels into two axes, in ONNX's order",
    op: "Reshape",
    inputs: [counted(1, 4, 1, 2), list(0, 2, -1, 2)],
    expected: array([1, 2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]),
  },
  { title: "samples", op: "Reshape", inputs: [counted(2, 3), list(3, -1)], expected: counted(3, 2), whole: true },
  {
    title: "from axis 2",
    op: "Flatten",
    inputs: [counted(2, 2, 3)],
    attributes: { axis: int(2) },
    expected: counted(4, 3),
    whole: true,
  },
  { title: "from axis 1", op: "Flatten", inputs: [counted(1, 2, 1, 3)], expected: counted(1, 6) },
  { title: "all axes of size 1", op: "Squeeze", inputs: [counted(1, 2, 1)], expected: counted(2), whole: true },
  { title: "an axis", op: "Squeeze", inputs: [counted(1, 2, 1), list(-1)], expected: counted(1, 2) },
  { title: "in front", op: "Unsqueeze", inputs: [counted(2), list(0, 2)], expected: counted(1, 2, 1), whole: true },
];

testWorked([...REARRANGED]);
