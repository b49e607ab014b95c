/** What is computed while reading. Worked by hand, in ONNX's order of axes. */
import type { AttributeValue } from "../model.fixture.ts";
import { array, counted, list, testWorked, type Worked } from "../run.test-support.ts";
import type { OnnxArray } from "../to-run.ts";

const int = (value: number): AttributeValue => ({ int: value });
const number = (value: number) => array([], [value]);

const CONSTANTS: readonly Worked[] = [
  { title: "of a value", op: "Shape", inputs: [counted(2, 3, 4)], expected: list(2, 3, 4) },
  {
    title: "from the end",
    op: "Shape",
    opset: 15,
    inputs: [counted(2, 3, 4)],
    attributes: { start: int(-2), end: int(-1) },
    expected: list(3),
  },
  { title: "zeros", op: "ConstantOfShape", inputs: [list(2, 1)], expected: array([2, 1], [0, 0]) },
  {
    title: "backwards",
    op: "Range",
    inputs: [10, 4, -2].map((value): OnnxArray => ({ type: "integer", dims: [], values: [value] })),
    expected: list(10, 8, 6),
  },
  {
    title: "by number",
    op: "Equal",
    inputs: [list(1, 2), list(2, 2)],
    expected: { type: "boolean", dims: [2], values: [0, 1] },
  },
  {
    title: "broadcast",
    op: "Where",
    inputs: [{ type: "boolean", dims: [2], values: [1, 0] }, number(1), array([2, 1], [3, 4])],
    expected: array([2, 2], [1, 3, 1, 4]),
  },
  { title: "below 0", op: "Floor", inputs: [array([2], [-1.5, 1.5])], expected: array([2], [-2, 1]) },
  {
    title: "to booleans",
    op: "Cast",
    inputs: [list(1, 0)],
    attributes: { to: int(9) },
    expected: { type: "boolean", dims: [2], values: [1, 0] },
  },
  {
    title: "an array of floats, cut towards 0, and what is no number",
    op: "Cast",
    inputs: [array([2, 3], [-1.5, 1.5, 0, 2, Number.NaN, Number.POSITIVE_INFINITY])],
    attributes: { to: int(7) },
    expected: { type: "integer", dims: [2, 3], values: [-1, 1, 0, 2, 0, Number.MAX_SAFE_INTEGER] },
    whole: true,
  },
  {
    title: "to int8, modulo 256",
    op: "Cast",
    inputs: [list(200, -129)],
    attributes: { to: int(3) },
    expected: list(-56, 127),
  },
  {
    title: "to half precision, computed as f32; opset 25",
    op: "Cast",
    opset: 25,
    inputs: [array([1, 2], [0.5, 3])],
    attributes: { to: int(10), round_mode: { text: "up" } },
    expected: array([1, 2], [0.5, 3]),
  },
];

testWorked([...CONSTANTS]);
