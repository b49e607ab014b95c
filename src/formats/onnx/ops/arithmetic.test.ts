/** Arithmetic with broadcasting, and activations. Worked by hand, in ONNX's order of axes. */
import type { AttributeValue } from "../model.fixture.ts";
import { array, counted, list, testWorked, type Worked } from "../run.test-support.ts";

const float = (value: number): AttributeValue => ({ float: value });
const number = (value: number) => array([], [value]);
const six = (values: readonly number[]) => array([2, 3], values);

const ARITHMETIC: readonly Worked[] = [
  {
    title: "two values",
    op: "Add",
    inputs: [counted(2, 3), six([6, 5, 4, 3, 2, 1])],
    expected: six([7, 7, 7, 7, 7, 7]),
  },
  {
    title: "a row for all, [2, 3] and [3]",
    op: "Sub",
    inputs: [counted(2, 3), array([3], [1, 2, 3])],
    expected: six([0, 0, 0, 3, 3, 3]),
    whole: true,
  },
  {
    title: "axes of size 1 on both sides",
    op: "Mul",
    inputs: [counted(2, 1, 2), array([2, 2, 1], [1, 10, 100, 1000])],
    expected: array([2, 2, 2], [1, 2, 10, 20, 300, 400, 3000, 4000]),
  },
  {
    title: "one number a channel of an image",
    op: "Mul",
    inputs: [counted(1, 2, 1, 2), array([1, 2, 1, 1], [1, 10])],
    expected: array([1, 2, 1, 2], [1, 2, 30, 40]),
  },
  {
    title: "one number for all",
    op: "Div",
    inputs: [counted(2, 2, 2), array([1], [2])],
    expected: array([2, 2, 2], [0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4]),
    whole: true,
  },
  {
    title: "three terms",
    op: "Sum",
    inputs: [counted(2, 3), counted(2, 3), counted(2, 3)],
    expected: six([3, 6, 9, 12, 15, 18]),
  },
  { title: "one term", op: "Sum", inputs: [counted(2, 3)], expected: counted(2, 3) },
  { title: "integers are cut towards 0", op: "Div", inputs: [list(-7, 7, 8), list(2, 2, 4)], expected: list(-3, 3, 2) },
  { title: "numbers without axes", op: "Add", inputs: [number(1), number(2)], expected: number(3), whole: true },
];

const ACTIVATIONS: readonly Worked[] = [
  {
    title: "both bounds",
    op: "Clip",
    inputs: [counted(2, 3), number(2), number(4)],
    expected: six([2, 2, 3, 4, 4, 4]),
  },
  { title: "no lower bound", op: "Clip", inputs: [counted(2, 3), null, number(4)], expected: six([1, 2, 3, 4, 4, 4]) },
  {
    title: "no upper bound",
    op: "Clip",
    inputs: [six([-1, 0, 1, 2, 3, 4]), number(0)],
    expected: six([0, 0, 1, 2, 3, 4]),
  },
  {
    title: "bounds as attributes, opset 10",
    op: "Clip",
    opset: 10,
    inputs: [counted(2, 3)],
    attributes: { max: float(3) },
    expected: six([1, 2, 3, 3, 3, 3]),
  },
  {
    title: "integers",
    op: "Clip",
    inputs: [list(1, 5, 9), { type: "integer", dims: [], values: [4] }],
    expected: list(4, 5, 9),
  },
  {
    title: "a lower bound above the upper one",
    op: "Clip",
    inputs: [six([-2, 0, 1, 2, 3, 6]), number(2), number(1)],
    expected: six([1, 1, 1, 1, 1, 1]),
  },
  { title: "integers", op: "Relu", opset: 14, inputs: [list(-3, 0, 3)], expected: list(0, 0, 3) },
  {
    title: "defaults",
    op: "HardSigmoid",
    inputs: [array([1, 4], [-3, -1, 0, 3])],
    expected: array([1, 4], [0, 0.3, 0.5, 1]),
  },
  {
    title: "from opset 14",
    op: "HardSwish",
    opset: 14,
    inputs: [array([1, 4], [-4, -1, 1, 4])],
    expected: array([1, 4], [0, -1 / 3, 2 / 3, 4]),
  },
  {
    title: "alpha",
    op: "Elu",
    inputs: [array([1, 2], [-1, 2])],
    attributes: { alpha: float(2) },
    expected: array([1, 2], [2 * (Math.exp(-1) - 1), 2]),
  },
];

testWorked([...ARITHMETIC, ...ACTIVATIONS]);
