import { describe, expect, test } from "vitest";
import type { Layer, PadLayer } from "../../network/network.ts";
import { evaluateLayer } from "../evaluate-layer.ts";
import type { Tensor } from "../tensor.ts";
import { counting } from "./layer.fixture.ts";

const named = { name: "layer", inputs: ["x"] };
const given = (layer: Layer, inputs: readonly Tensor[], samples = 1) => [...evaluateLayer(layer, inputs, samples)];

test("transpose, sample by sample", () => {
  const layer: Layer = { ...named, kind: "transpose", axes: [2, 0, 1] };
  expect(given(layer, [counting([1, 2, 3], 0, 2)], 2)).toEqual([0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11]);
});

test("slice: steps, also backwards", () => {
  const layer: Layer = { ...named, kind: "slice", starts: [1, 4], steps: [1, -2], sizes: [1, 3] };
  expect(given(layer, [counting([2, 5], 0)])).toEqual([9, 7, 5]);
});

describe("pad", () => {
  const pad = (mode: PadLayer["mode"], before: number[], after: number[]): PadLayer => {
    return { ...named, kind: "pad", mode, before, after, value: -1 };
  };
  test.each([
    ["constant", [2], [1], [-1, -1, 1, 2, 3, -1]],
    ["edge", [2], [1], [1, 1, 1, 2, 3, 3]],
    ["reflect", [2], [1], [3, 2, 1, 2, 3, 2]],
    ["wrap", [2], [3], [2, 3, 1, 2, 3, 1, 2, 3]],
    ["constant", [-1], [1], [2, 3, -1]],
    ["edge", [-1], [-1], [2]],
  ] as const)("%s %j %j", (mode, before, after, expected) => {
    expect(given(pad(mode, [...before], [...after]), [counting([3])])).toEqual(expected);
  });

  test("of two axes, sample by sample", () => {
    const layer = pad("constant", [0, 1], [1, -1]);
    expect(given(layer, [counting([1, 2], 1, 2)], 2)).toEqual([-1, 1, -1, -1, -1, 3, -1, -1]);
  });
});

test("concat along either axis, sample by sample", () => {
  const concat = (axis: number): Layer => ({ kind: "concat", name: "concat", inputs: ["x", "y"], axis });
  const wide = [counting([1, 2], 1, 2), counting([1, 1], 10, 2)];
  expect(given(concat(1), wide, 2)).toEqual([1, 2, 10, 3, 4, 11]);
  const tall = [counting([1, 2], 1, 2), counting([2, 2], 10, 2)];
  expect(given(concat(0), tall, 2)).toEqual([1, 2, 10, 11, 12, 13, 3, 4, 14, 15, 16, 17]);
});

describe("binary", () => {
  const linear = { kind: "linear", alpha: 0 } as const;
  const binary = (operator: "add" | "subtract" | "multiply" | "divide", activation = linear): Layer => {
    return { kind: "binary", name: "binary", inputs: ["x", "y"], operator, activation };
  };
  test.each([
    ["add", [11, 12, 23, 24]],
    ["subtract", [-9, -8, -17, -16]],
    ["multiply", [10, 20, 60, 80]],
    ["divide", [0.1, 0.2, 0.15, 0.2]],
  ] as const)("%s, a shape of one channel on one of two", (operator, expected) => {
    const y = { values: Float64Array.of(10, 20), shape: [2, 1] };
    expect(given(binary(operator), [counting([2, 2]), y])).toEqual(expected);
  });

  test("broadcasts both ways at once and fewer axes, sample by sample", () => {
    const x = counting([2, 1], 1, 2);
    const y = counting([3], 10, 2);
    const expected = [11, 12, 13, 12, 13, 14, 16, 17, 18, 17, 18, 19];
    expect(given(binary("add"), [x, y], 2)).toEqual(expected);
    expect(given(binary("add"), [y, x], 2)).toEqual(expected);
  });

  test("activates", () => {
    const layer = { ...binary("subtract"), activation: { kind: "relu", alpha: 0 } } as Layer;
    const y = { values: Float64Array.of(2, 1), shape: [2] };
    expect(given(layer, [counting([2]), y])).toEqual([0, 1]);
  });
});

test("a constant is the same for every sample", () => {
  const layer: Layer = { kind: "constant", name: "c", inputs: [], shape: [2], values: Float32Array.of(3, 4) };
  expect(given(layer, [], 3)).toEqual([3, 4, 3, 4, 3, 4]);
});

test.each([
  [{ ...named, kind: "flatten" }],
  [{ ...named, kind: "reshape", shape: [2, 1, 3] }],
  [{ ...named, kind: "identity" }],
] as const)("%o keeps the numbers", (layer) => {
  const x = counting([2, 3]);
  expect(given(layer, [x])).toEqual([...x.values]);
  expect(evaluateLayer(layer, [x], 1)).not.toBe(x.values);
});
