import { describe, expect, test } from "vitest";
import { type Layer, LINEAR, RELU } from "../../network/network.ts";
import { evaluateLayer } from "../evaluate-layer.ts";
import { counting } from "./layer.fixture.ts";

const named = { name: "layer", inputs: ["x"] };
const given = (layer: Layer, values: readonly number[], shape: readonly number[], samples = 1) => [
  ...evaluateLayer(layer, [{ values: Float64Array.from(values), shape }], samples),
];

test("batch-norm", () => {
  const [gamma, beta] = [Float32Array.of(2, 1), Float32Array.of(0, 5)];
  const [mean, variance] = [Float32Array.of(1, 3), Float32Array.of(3, 0)];
  const layer: Layer = { ...named, kind: "batch-norm", gamma, beta, mean, variance, epsilon: 1 };
  expect(given(layer, [2, 4, 1, 3], [2, 2])).toEqual([1, 6, 0, 5]);
});

test("scale and bias", () => {
  const scale: Layer = {
    ...named,
    kind: "scale",
    scale: Float32Array.of(2, -1),
    shift: Float32Array.of(1, 2),
    activation: RELU,
  };
  expect(given(scale, [1, 1, -1, 3], [2, 2])).toEqual([3, 1, 0, 0]);
  expect(given({ ...named, kind: "bias", bias: Float32Array.of(10, 20) }, [1, 2, 3, 4], [2], 2)).toEqual([
    11, 22, 13, 24,
  ]);
});

describe("dense", () => {
  const weight = Float32Array.of(1, 2, 3, 4, 5, 6);
  const layer = {
    ...named,
    kind: "dense",
    inFeatures: 2,
    outFeatures: 3,
    weight,
    bias: null,
    activation: LINEAR,
  } as const;
  test("keeps the axes before the last, and applies the bias and activation", () => {
    expect(given(layer, [1, 10, 0, -1], [2, 2])).toEqual([41, 52, 63, -4, -5, -6]);
    const biased = { ...layer, bias: Float32Array.of(-50, 0, 1), activation: RELU };
    expect(given(biased, [1, 10], [2])).toEqual([0, 52, 64]);
  });
  test("expands quantised weights", () => {
    const values = Uint8Array.of(1, 2, 3, 4, 5, 6);
    expect(given({ ...layer, weight: { values, scale: 2, min: -1 } }, [1, 10], [2])).toEqual([71, 93, 115]);
  });
});

describe("lrn", () => {
  const lrn = (size: number): Layer => ({ ...named, kind: "lrn", size, alpha: size, beta: 1, bias: 1 });
  test("sums the squares of the neighbours", () => {
    const expected = [1 / (1 + 5), 2 / (1 + 14), 3 / (1 + 29), 4 / (1 + 25)];
    expect(given(lrn(3), [1, 2, 3, 4], [4])).toEqual(expected);
  });
  test("an even size sees one channel more after than before", () => {
    expect(given(lrn(2), [1, 2, 3], [1, 3])).toEqual([1 / (1 + 5), 2 / (1 + 13), 3 / (1 + 9)]);
  });
  test("raises to beta and stays within its position", () => {
    const layer: Layer = { ...named, kind: "lrn", size: 5, alpha: 5, beta: 0.5, bias: 11 };
    expect(given(layer, [3, 4, 5, 0], [2, 2])).toEqual([0.5, 4 / 6, 5 / 6, 0]);
  });
});

test("softmax over the last axis, and its logarithm", () => {
  const layer = (log: boolean): Layer => ({ ...named, kind: "softmax", log });
  const rows = [0, Math.log(3), 1000, 1000];
  [0.25, 0.75, 0.5, 0.5].forEach((p, i) => {
    expect(given(layer(false), rows, [2, 2])[i]).toBeCloseTo(p, 14);
    expect(given(layer(true), rows, [2, 2])[i]).toBeCloseTo(Math.log(p), 14);
  });
});

test("activation", () => {
  const layer: Layer = { ...named, kind: "activation", activation: { kind: "leaky-relu", alpha: 0.5 } };
  expect(given(layer, [-2, 4], [2])).toEqual([-1, 4]);
});

test("sizes that do not fit are refused by the layer's name", () => {
  const layer: Layer = { ...named, kind: "bias", bias: Float32Array.of(1, 2) };
  expect(() => evaluateLayer(layer, [counting([3])], 1)).toThrowError(/"layer"/);
});
