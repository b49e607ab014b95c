/** Conv, MaxPool and AveragePool: the specification's cases worked by hand, and any window against loops in ONNX's order. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { random } from "../../../core/random.ts";
import { windowOutput } from "../../../network/window.ts";
import { type AttributeValue, floats, nodeFailure } from "../model.fixture.ts";
import { array, counted, expectArray, type NodeRun, runNode } from "../run.test-support.ts";
import type { OnnxArray } from "../to-run.ts";

const ones = (...dims: number[]) =>
  array(
    dims,
    Array.from(counted(...dims).values, () => 1),
  );
const ints = (...values: number[]): AttributeValue => ({ ints: values });
const int = (value: number): AttributeValue => ({ int: value });
const text = (value: string): AttributeValue => ({ text: value });

// [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
const NINE = counted(1, 1, 3, 3);
// 1 .. 16, four in a row
const SIXTEEN = counted(1, 1, 4, 4);

type Worked = NodeRun & {
  readonly title: string;
  readonly dims: readonly number[];
  readonly expected: readonly number[];
};

const CONVOLUTIONS: readonly Worked[] = [
  { title: "no padding", op: "Conv", inputs: [NINE, ones(1, 1, 2, 2)], dims: [1, 1, 2, 2], expected: [12, 16, 24, 28] },
  {
    title: "asymmetric pads: one row before, one column after",
    op: "Conv",
    inputs: [NINE, ones(1, 1, 2, 2)],
    attributes: { pads: ints(1, 0, 0, 1) },
    dims: [1, 1, 3, 3],
    expected: [3, 5, 3, 12, 16, 9, 24, 28, 15],
  },
  {
    title: "SAME_UPPER puts the odd one after",
    op: "Conv",
    inputs: [NINE, ones(1, 1, 2, 2)],
    attributes: { auto_pad: text("SAME_UPPER") },
    dims: [1, 1, 3, 3],
    expected: [12, 16, 9, 24, 28, 15, 15, 17, 9],
  },
  {
    title: "SAME_LOWER puts the odd one before",
    op: "Conv",
    inputs: [NINE, ones(1, 1, 2, 2)],
    attributes: { auto_pad: text("SAME_LOWER"), strides: ints(1, 1) },
    dims: [1, 1, 3, 3],
    expected: [1, 3, 5, 5, 12, 16, 11, 24, 28],
  },
  {
    title: "SAME_UPPER with a stride: ceil(4 / 3) windows",
    op: "Conv",
    inputs: [SIXTEEN, ones(1, 1, 3, 3)],
    attributes: { auto_pad: text("SAME_UPPER"), strides: ints(3, 3) },
    // Padded by 1 before and 1 after.
    dims: [1, 1, 2, 2],
    expected: [1 + 2 + 5 + 6, 3 + 4 + 7 + 8, 9 + 10 + 13 + 14, 11 + 12 + 15 + 16],
  },
  {
    title: "VALID",
    op: "Conv",
    inputs: [NINE, ones(1, 1, 3, 3)],
    attributes: { auto_pad: text("VALID") },
    dims: [1, 1, 1, 1],
    expected: [45],
  },
  {
    title: "dilations",
    op: "Conv",
    inputs: [NINE, ones(1, 1, 2, 2)],
    attributes: { dilations: ints(2, 2) },
    dims: [1, 1, 1, 1],
    expected: [1 + 3 + 7 + 9],
  },
  {
    title: "groups and biases: each output channel reads its own input channel",
    op: "Conv",
    inputs: [array([2, 2, 1, 1], [1, 2, 3, 4]), array([4, 1, 1, 1], [1, 10, 100, 1000]), array([4], [0.5, 0, 0, -1])],
    attributes: { group: int(2) },
    dims: [2, 4, 1, 1],
    expected: [1.5, 10, 200, 1999, 3.5, 30, 400, 3999],
  },
  {
    title: "one axis of positions",
    op: "Conv",
    inputs: [array([1, 2, 4], [1, 2, 3, 4, 10, 20, 30, 40]), array([1, 2, 3], [1, 0, -1, 1, 1, 1])],
    attributes: { pads: ints(1, 0), strides: ints(2), kernel_shape: ints(3) },
    dims: [1, 1, 2],
    expected: [-2 + 30, 2 - 4 + 90],
  },
];

const POOLS: readonly Worked[] = [
  {
    title: "the largest of each window",
    op: "MaxPool",
    inputs: [SIXTEEN],
    attributes: { kernel_shape: ints(2, 2), strides: ints(2, 2), storage_order: int(0) },
    dims: [1, 1, 2, 2],
    expected: [6, 8, 14, 16],
  },
  {
    title: "padding is no number: all are below 0",
    op: "MaxPool",
    inputs: [array([1, 1, 1, 2], [-3, -2])],
    attributes: { kernel_shape: ints(1, 2), pads: ints(0, 1, 0, 1) },
    dims: [1, 1, 1, 3],
    expected: [-3, -2, -2],
  },
  {
    title: "ceil_mode: the last window hangs over",
    op: "MaxPool",
    inputs: [SIXTEEN],
    attributes: { kernel_shape: ints(3, 3), strides: ints(2, 2), ceil_mode: int(1) },
    dims: [1, 1, 2, 2],
    expected: [11, 12, 15, 16],
  },
  {
    title: "ceil_mode: a window that would begin in the padding is dropped",
    op: "MaxPool",
    opset: 19,
    inputs: [counted(1, 1, 1, 2)],
    attributes: { kernel_shape: ints(1, 1), strides: ints(1, 2), ceil_mode: int(1), pads: ints(0, 0, 0, 0) },
    dims: [1, 1, 1, 1],
    expected: [1],
  },
  {
    title: "dilations",
    op: "MaxPool",
    inputs: [SIXTEEN],
    attributes: { kernel_shape: ints(2, 2), dilations: ints(2, 2) },
    dims: [1, 1, 2, 2],
    expected: [11, 12, 15, 16],
  },
  {
    title: "SAME_LOWER with ceil_mode gives ceil(3 / 2) windows",
    op: "MaxPool",
    inputs: [NINE],
    attributes: { kernel_shape: ints(2, 2), strides: ints(2, 2), auto_pad: text("SAME_LOWER"), ceil_mode: int(1) },
    dims: [1, 1, 2, 2],
    expected: [1, 3, 7, 9],
  },
  {
    title: "one number a window, every second one, in ceil_mode: nothing is added",
    op: "MaxPool",
    opset: 22,
    inputs: [counted(1, 1, 2, 2)],
    attributes: { kernel_shape: ints(1, 1), strides: ints(2, 2), ceil_mode: int(1) },
    dims: [1, 1, 1, 1],
    expected: [1],
  },
  {
    title: "one axis of positions",
    op: "MaxPool",
    inputs: [array([1, 2, 3], [3, 1, 2, 4, 6, 5])],
    attributes: { kernel_shape: ints(2) },
    dims: [1, 2, 2],
    expected: [3, 2, 6, 6],
  },
  {
    title: "the mean leaves padding out",
    op: "AveragePool",
    inputs: [NINE],
    attributes: { kernel_shape: ints(2, 2), pads: ints(1, 1, 0, 0) },
    dims: [1, 1, 3, 3],
    expected: [1, 1.5, 2.5, 2.5, 3, 4, 5.5, 6, 7],
  },
  {
    title: "count_include_pad counts it",
    op: "AveragePool",
    inputs: [NINE],
    attributes: { kernel_shape: ints(2, 2), pads: ints(1, 1, 0, 0), count_include_pad: int(1) },
    dims: [1, 1, 3, 3],
    expected: [0.25, 0.75, 1.25, 1.25, 3, 4, 2.75, 6, 7],
  },
  {
    title: "what hangs over in ceil_mode never counts",
    op: "AveragePool",
    inputs: [counted(1, 1, 1, 4)],
    attributes: { kernel_shape: ints(1, 3), strides: ints(1, 2), ceil_mode: int(1), count_include_pad: int(1) },
    dims: [1, 1, 1, 2],
    expected: [2, 3.5],
  },
  {
    title: "dilations of a mean, opset 19",
    op: "AveragePool",
    opset: 19,
    inputs: [counted(1, 1, 1, 5)],
    attributes: { kernel_shape: ints(1, 2), dilations: ints(1, 3) },
    dims: [1, 1, 1, 2],
    expected: [2.5, 3.5],
  },
];

test("MaxPool: integers, in both axes and in one", () => {
  const attributes = { kernel_shape: ints(2, 2), pads: ints(1, 0, 0, 0) };
  const integers = (dims: number[], values: number[]): OnnxArray => ({ type: "integer", dims, values });
  const image = integers([1, 1, 2, 3], [-1, -2, -3, -6, -5, -4]);
  const found = runNode({ op: "MaxPool", inputs: [image], attributes });
  expectArray(found, integers([1, 1, 2, 2], [-1, -2, -1, -2]));
  const row = {
    op: "MaxPool",
    inputs: [integers([1, 2, 3], [1, 3, 2, 9, 8, 7])],
    attributes: { kernel_shape: ints(2) },
  };
  expectArray(runNode(row), integers([1, 2, 2], [3, 3, 9, 8]));
});

describe("worked by hand", () => {
  test.each([...CONVOLUTIONS, ...POOLS])("$op: $title", ({ title: _, dims, expected, ...node }) => {
    expectArray(runNode(node), array(dims, expected));
  });
});

const size = (max: number, min = 1) => fc.integer({ min, max });
const axis = fc.record({
  input: size(6),
  kernel: size(3),
  stride: size(3),
  dilation: size(2),
  before: size(2, 0),
  after: size(2, 0),
});
type Axis = { input: number; kernel: number; stride: number; dilation: number; before: number; after: number };
const windows = fc
  .record({
    seed: fc.integer(),
    batch: size(3),
    groups: size(2),
    inside: size(3),
    outside: size(3),
    axes: fc.array(axis, { minLength: 1, maxLength: 2 }),
  })
  .filter(({ axes }) => axes.every((one) => windowsAlong(one) > 0));

function windowsAlong({ input, kernel, stride, dilation, before, after }: Axis): number {
  return windowOutput(input, kernel, stride, dilation, before, after);
}

/** Every index within the sizes, row-major. */
function* places(sizes: readonly number[]): Generator<number[]> {
  if (sizes.length === 0) yield [];
  else
    for (let first = 0; first < sizes[0]!; first++) for (const rest of places(sizes.slice(1))) yield [first, ...rest];
}

const at = (sizes: readonly number[], place: readonly number[]) =>
  place.reduce((index, one, i) => index * sizes[i]! + one, 0);

const attributesOf = (axes: readonly Axis[]) => ({
  kernel_shape: ints(...axes.map(({ kernel }) => kernel)),
  strides: ints(...axes.map(({ stride }) => stride)),
  dilations: ints(...axes.map(({ dilation }) => dilation)),
  pads: ints(...axes.map(({ before }) => before), ...axes.map(({ after }) => after)),
});

test("any convolution is its definition", () => {
  fc.assert(
    fc.property(windows, ({ seed, batch, groups, inside, outside, axes }) => {
      const draw = random(seed, "conv");
      const numbers = (...dims: number[]) =>
        array(
          dims,
          Array.from(counted(...dims).values, () => draw.normal()),
        );
      const [inputs, kernel] = [axes.map(({ input }) => input), axes.map((one) => one.kernel)];
      const x = numbers(batch, groups * inside, ...inputs);
      const w = numbers(groups * outside, inside, ...kernel);
      const dims = [batch, groups * outside, ...axes.map(windowsAlong)];
      const expected = [...places(dims)].map(([sample, unit, ...window]) => {
        let sum = 0;
        for (const [channel, ...tap] of places([inside, ...kernel])) {
          const from = tap.map((k, i) => window[i]! * axes[i]!.stride + k * axes[i]!.dilation - axes[i]!.before);
          if (from.some((index, i) => index < 0 || index >= inputs[i]!)) continue;
          const source = Math.floor(unit! / outside) * inside + channel!;
          sum += x.values[at(x.dims, [sample!, source, ...from])]! * w.values[at(w.dims, [unit!, channel!, ...tap])]!;
        }
        return sum;
      });
      const attributes = { ...attributesOf(axes), group: int(groups) };
      expectArray(runNode({ op: "Conv", inputs: [x, w], attributes }), array(dims, expected));
    }),
    { seed: 1337, numRuns: 150 },
  );
});

test("any pooling whose windows touch the input is its definition", () => {
  fc.assert(
    fc.property(
      windows,
      fc.constantFrom("MaxPool", "AveragePool"),
      fc.boolean(),
      ({ seed, batch, inside, axes }, op, counts) => {
        const draw = random(seed, "pool");
        const inputs = axes.map(({ input }) => input);
        const dims = [batch, inside, ...inputs];
        const x = array(
          dims,
          Array.from(counted(...dims).values, () => draw.normal()),
        );
        const expected = [...places([batch, inside, ...axes.map(windowsAlong)])].map(([sample, channel, ...window]) => {
          const found: number[] = [];
          let padded = 0;
          for (const tap of places(axes.map(({ kernel }) => kernel))) {
            const from = tap.map((k, i) => window[i]! * axes[i]!.stride + k * axes[i]!.dilation - axes[i]!.before);
            const isInside = from.every((index, i) => index >= 0 && index < inputs[i]!);
            if (isInside) found.push(x.values[at(dims, [sample!, channel!, ...from])]!);
            else padded++;
          }
          if (op === "MaxPool") return found.length === 0 ? Number.NaN : Math.max(...found);
          return found.reduce((sum, value) => sum + value, 0) / (found.length + (counts ? padded : 0));
        });
        fc.pre(!expected.some(Number.isNaN));
        const own = {
          ...attributesOf(axes),
          ...(op === "AveragePool" ? { count_include_pad: int(Number(counts)) } : {}),
        };
        const wanted = array([batch, inside, ...axes.map(windowsAlong)], expected);
        expectArray(runNode({ op, opset: 19, inputs: [x], attributes: own }), wanted);
      },
    ),
    { seed: 1337, numRuns: 150 },
  );
});

describe("refuses", () => {
  const conv = (
    attributes: Record<string, AttributeValue>,
    inputs = { x: ["n", 2, 3, 3] as (string | number)[] },
    dims = [4, 2, 2, 2],
  ) =>
    nodeFailure({
      inputs,
      node: { op: "Conv", inputs: ["x", "w"], attributes },
      tensors: [floats("w", dims, [...ones(...dims).values])],
    });
  test.each([
    [
      "groups that do not divide",
      conv({ group: int(3) }),
      "bad-model",
      /2 channels in each of 3 groups.*reads 2 channels/,
    ],
    ["weights for other channels", conv({}, undefined, [4, 3, 2, 2]), "bad-model", /reads 2 channels/],
    ["another kernel", conv({ kernel_shape: ints(3, 3) }), "bad-model", /\[3, 3\].*\[4, 2, 2, 2\]/],
    ["a stride of 0", conv({ strides: ints(0, 1) }), "bad-model", /strides \[0, 1\]/],
    ["too few pads", conv({ pads: ints(1, 1) }), "bad-model", /pads \[\]|pads \[1\]/],
    ["three axes of positions", conv({}, { x: ["n", 2, 3, 3, 3] }, [4, 2, 2, 2, 2]), "unsupported", /\[2, 3, 3, 3\]/],
    ["an unknown padding", conv({ auto_pad: text("SAME") }), "unsupported", /auto_pad "SAME"/],
    ["a window larger than its input", conv({ dilations: ints(9, 9) }), "bad-model", /window of 10 x 10/],
  ])("%s", (_, error, code, says) => {
    expect(error).toMatchObject({ name: "LesionError", code, message: expect.stringMatching(says) });
  });
});
