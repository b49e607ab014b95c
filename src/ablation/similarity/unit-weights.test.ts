import { describe, expect, test } from "vitest";
import { random } from "../../core/random.ts";
import { ablatableLayers } from "../../network/ablatable.ts";
import { act, drawing, globalPool, join, net, pad, plain, pool, window } from "../../network/layers.fixture.ts";
import { type Layer, type Network, RELU } from "../../network/network.ts";
import { simplify } from "../../network/simplify.ts";
import { floatsOf } from "../../network/weight.ts";
import { heldParameters } from "../../reference/held-parameters.ts";
import { outgoingWeightsOf, weightsOf } from "./unit-weights.ts";

const { dense, conv, norm, scale, quantized } = drawing(random(1, "unit weights"));

describe("weightsOf", () => {
  test("a dense layer's columns", () => {
    const layer = { ...dense("a", "x", 3, 2), weight: Float32Array.of(1, 2, 3, 4, 5, 6), bias: Float32Array.of(7, 8) };
    expect(weightsOf(net([layer]), "a")).toEqual({ incoming: Float32Array.of(1, 3, 5, 2, 4, 6), units: 2, length: 3 });
  });

  test("a convolution's filters, of their own group's channels, and weights of 8 bits", () => {
    const layer = conv("a", "x", 4, 6, { kernel: [2, 3], groups: 2, weight: quantized(2 * 3 * 2 * 6) });
    const { incoming, units, length } = weightsOf(net([layer], ["a"], [5, 5, 4]), "a");
    expect([units, length]).toEqual([6, 12]);
    const weight = floatsOf(layer.weight);
    expect([...incoming.subarray(4 * 12, 5 * 12)]).toEqual(Array.from({ length: 12 }, (_, row) => weight[row * 6 + 4]));
  });

  test("are found under the names of ablatable layers, before and after simplifying", () => {
    const layers = [conv("a", "x", 1, 3), norm("n", "a", 3), act("relu", "n", RELU), globalPool("m", "relu")];
    const network = net([...layers, dense("b", "m", 3, 2)], undefined, [4, 4, 1]);
    const [layer] = ablatableLayers(network);
    expect(weightsOf(network, layer!.layer)).toMatchObject({ units: 3, length: 1 });
    const [before, after] = [network, simplify(network)].map((one) => weightsOf(one, layer!.layer).incoming);
    expect(after).not.toEqual(before);
    expect(() => weightsOf(network, "relu")).toThrow(/"relu" with units/);
  });
});

/** By the oracle of held units: the weights of all other layers that stand still with one unit. */
function touched(network: Network, layer: string, unit: number): Float32Array {
  const marks = heldParameters(network, [{ layer, units: [unit], values: [0] }]);
  return Float32Array.from(
    network.layers.flatMap((reader) => {
      if (reader.name === layer || (reader.kind !== "dense" && reader.kind !== "conv2d")) return [];
      const marked = marks.get(reader.name)!.weight!;
      return [...floatsOf(reader.weight)].filter((_, at) => marked[at] === 1);
    }),
  );
}

describe("outgoingWeightsOf", () => {
  test("of a dense layer are the rows of the next", () => {
    const next = { ...dense("b", "relu", 2, 3), weight: Float32Array.of(1, 2, 3, 4, 5, 6) };
    const network = net([dense("a", "x", 3, 2), act("relu", "a", RELU), next]);
    expect(outgoingWeightsOf(network, "a")).toEqual({
      weights: [Float32Array.of(1, 2, 3), Float32Array.of(4, 5, 6)],
    });
  });

  test("of a filter under a dense layer are those of all positions", () => {
    const layers: Layer[] = [conv("a", "x", 1, 2), pool("p", "a", 2, { stride: [2, 2] }), plain("flatten", "f", "p")];
    const next = { ...dense("b", "f", 4, 1), weight: Float32Array.of(1, 2, 3, 4) };
    expect(outgoingWeightsOf(net([...layers, next], undefined, [2, 4, 1]), "a")).toEqual({
      weights: [Float32Array.of(1, 3), Float32Array.of(2, 4)],
    });
  });

  const concat: Layer = { kind: "concat", name: "c", inputs: ["x", "a"], axis: 2 };
  const lower: Layer = { kind: "concat", name: "c", inputs: ["a", "x"], axis: 0 };
  const twice: Layer = { kind: "concat", name: "c", inputs: ["a", "a"], axis: 1 };
  const every: Layer = {
    kind: "slice",
    name: "s",
    inputs: ["a"],
    starts: [0, 0, 3],
    steps: [1, 1, -2],
    sizes: [3, 3, 2],
  };
  const turned: Layer = { kind: "transpose", name: "t", inputs: ["a"], axes: [1, 0, 2] };
  const mixed: Layer = { kind: "transpose", name: "t", inputs: ["a"], axes: [2, 1, 0] };
  const shaped = (shape: readonly number[]): Layer => ({ kind: "reshape", name: "r", inputs: ["a"], shape });

  test.each<[string, readonly Layer[], units: number]>([
    [
      "two readers, norms and scales",
      [norm("n", "a", 2), scale("s", "n", 2), conv("b", "s", 2, 3), conv("d", "a", 2, 1)],
      2,
    ],
    ["a window and groups", [conv("b", "a", 4, 6, { ...window(2), groups: 2 })], 4],
    ["depthwise", [conv("b", "a", 4, 8, { ...window(3), groups: 4 })], 4],
    ["a concatenation of channels", [concat, conv("b", "c", 4, 4, { groups: 2 })], 2],
    ["a concatenation of rows", [lower, conv("b", "c", 2, 4)], 2],
    ["a concatenation with itself", [twice, conv("b", "c", 2, 4)], 2],
    ["padding of channels", [pad("p", "a", [0, 0, 1, 0, 0, 2]), conv("b", "p", 5, 4)], 2],
    ["a slice of channels, backwards", [every, conv("b", "s", 2, 4)], 4],
    ["rows and columns exchanged", [turned, conv("b", "t", 2, 4)], 2],
    ["channels in the place of rows", [mixed, conv("b", "t", 3, 4)], 2],
    ["channels kept in a new shape", [shaped([9, 2]), dense("b", "r", 2, 3)], 2],
    ["channels regrouped", [shaped([3, 12]), dense("b", "r", 12, 3)], 4],
    ["channels across each other", [shaped([6, 3]), dense("b", "r", 3, 3)], 2],
    ["a sum on one of two ways", [join("sum", ["x", "a"]), conv("b", "sum", 2, 2), conv("d", "a", 2, 2)], 2],
    ["a sum on all ways", [join("sum", ["x", "a"]), conv("b", "sum", 2, 2)], 2],
  ])("through %s: those that stand still with the unit", (_, layers, units) => {
    const network = net([conv("a", "x", 2, units), ...layers], [layers.at(-1)!.name], [3, 3, 2]);
    const expected = Array.from({ length: units }, (_, unit) => touched(network, "a", unit));
    const found = outgoingWeightsOf(network, "a");
    if (expected.every(({ length }) => length === 0)) expect(found).toBeNull();
    else expect(found?.weights).toEqual(expected);
  });
});
